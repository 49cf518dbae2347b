"""A backup that was put back holds the same, runs, and does not bring back what had to go."""

import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from gateway_citizen import Citizen
from operations_process import ROOT, environment
from served import SECRET
from sqlalchemy.engine import make_url

from bot.conversations import log
from bot.conversations.model import Conversation, StoredMessage
from bot.database import Database, now
from bot.models import METADATA
from bot.operations import postgres_copy
from bot.operations.backup import back_up, restore
from bot.operations.copies import BackupError
from bot.privacy import erasure
from bot.privacy.vault import Vault
from bot.staff import accounts, sessions
from bot.staff.sessions import terms

CONTENT = "ik ben zwanger en blut"


def talk(database, text=CONTENT, days_ago=0):
    """A conversation with two messages; its id."""
    with database.session() as session:
        conversation = log.start(session, channel="web", gemeente="Assen", page=None)
        said = Vault(SECRET, ()).mask(session, conversation.id, f"{text}, bel 06 12345678")
        message = log.take_in(session, conversation.id, said)
        session.get(StoredMessage, message.id).status = "answered"
        log.put_out(session, conversation.id, [log.Reply("Dat is veel.")], 1)
        conversation.last_message_at = now() - timedelta(days=days_ago)
        return conversation.id


def rows(database):
    """Everything in every table but the sessions, in an order that is always the same."""
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in METADATA.sorted_tables
            if table.name not in ("review_cursor", "upkeep")
        }


def ids(database):
    with database.session() as session:
        return set(session.execute(sa.select(Conversation.id)).scalars())


@pytest.fixture
def installation(any_database, tmp_path, make_settings):
    """A database of each kind with its settings, as an administrator finds them."""
    shown = make_url(any_database.url)
    url = shown.render_as_string(hide_password=False)
    return any_database, make_settings(tmp_path, url)


@pytest.fixture
def elsewhere(installation, tmp_path, make_settings, request):
    """Settings of a new machine, with an empty database of the same kind."""
    database, _ = installation
    folder = tmp_path / "elsewhere"
    if database.url.startswith("sqlite"):
        yield make_settings(folder, f"sqlite:///{folder / 'new.sqlite3'}")
        return
    with request.getfixturevalue("new_postgres")(tables=False) as empty:
        yield make_settings(folder, empty.url)


def test_what_is_put_back_elsewhere_is_the_same(installation, elsewhere, tmp_path):
    database, settings = installation
    talk(database)
    file = tmp_path / "backup"

    back_up(settings, file)
    restore(elsewhere, file)

    restored = Database(elsewhere.database_url)
    assert restored.is_current()
    before, after = rows(database), rows(restored)
    for table in before:
        if not table.startswith("review_"):  # brought up to date meanwhile
            assert after[table] == before[table], table
    assert len(after["message"]) == 2
    with restored.session() as session:
        conversation = session.execute(sa.select(Conversation.id)).scalar()
        assert Vault(SECRET, ()).read(session, conversation, "telefoon", 1) is not None
    talk(restored, "en er kan in worden geschreven")
    restored.close()


def test_a_backup_is_for_its_owner_only_and_replaces_nothing(installation, tmp_path):
    _, settings = installation
    file = tmp_path / "backup"
    old_mask = os.umask(0)
    try:
        back_up(settings, file)
    finally:
        os.umask(old_mask)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(BackupError, match="bestaat al"):
        back_up(settings, file)
    assert file.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("backup")) == ["backup"]


def test_a_database_with_something_in_it_is_only_overwritten_with_force(installation, tmp_path):
    database, settings = installation
    kept = talk(database)
    back_up(settings, tmp_path / "backup")
    later = talk(database, "later")
    database.close()

    with pytest.raises(BackupError, match="--force"):
        restore(settings, tmp_path / "backup")
    assert ids(database) == {kept, later}
    database.close()
    restore(settings, tmp_path / "backup", force=True)
    assert ids(database) == {kept}


def test_a_database_in_use_is_only_overwritten_with_force(installation, tmp_path):
    database, settings = installation
    kept = talk(database)
    back_up(settings, tmp_path / "backup")
    talk(database, "later")

    assert ids(database), "this connection stays open, as that of a running process"
    with pytest.raises(BackupError, match="in gebruik"):
        restore(settings, tmp_path / "backup")
    restore(settings, tmp_path / "backup", force=True)
    assert ids(database) == {kept}


def test_what_is_past_its_term_does_not_come_back(installation, elsewhere, tmp_path):
    database, settings = installation
    young, old = talk(database), talk(database, "oud", days_ago=40)
    back_up(settings, tmp_path / "backup")

    removed = restore(elsewhere, tmp_path / "backup")

    restored = Database(elsewhere.database_url)
    assert ids(restored) == {young}
    assert removed["conversations"] == 1
    with restored.session() as session:
        left = session.execute(sa.select(StoredMessage.conversation_id).distinct()).scalars()
        assert set(left) == {young}
    restored.close()
    assert old != young


def test_what_was_erased_since_the_backup_is_erased_again(installation, tmp_path):
    database, settings = installation
    stays, goes = talk(database), talk(database, "weg hiermee")
    back_up(settings, tmp_path / "backup")
    with database.session() as session:
        erasure.erase_conversation(session, goes, by=erasure.CITIZEN)
    database.close()

    removed = restore(settings, tmp_path / "backup", force=True)

    assert ids(database) == {stays}
    assert removed["erased"] == 1
    with database.session() as session:
        assert len(erasure.every(session)) == 1, "the certificate can still be asked for"
    database.close()
    if settings.database_url.startswith("sqlite"):
        files = Path(database.url.removeprefix("sqlite:///")).parent.glob("startwijzer.sqlite3*")
        assert b"weg hiermee" not in b"".join(p.read_bytes() for p in files)


def test_nobody_is_still_logged_in_after_a_backup_was_put_back(installation, elsewhere, tmp_path):
    database, settings = installation
    with database.session() as session:
        someone = accounts.add(session, email="a@assen.nl", name="An", roles=["beheerder"])
        session.flush()
        token = sessions.start(session, someone.id, sessions.FULL)
    back_up(settings, tmp_path / "backup")

    assert restore(elsewhere, tmp_path / "backup")["staff_sessions"] == 1

    restored = Database(elsewhere.database_url)
    with restored.session() as session:
        assert sessions.find(session, token, terms(elsewhere)) is None
        assert accounts.find_own(session, "a@assen.nl") is not None
    restored.close()


def test_a_damaged_backup_changes_nothing(installation, tmp_path):
    database, settings = installation
    talk(database)
    file = tmp_path / "backup"
    back_up(settings, file)
    whole = file.read_bytes()
    present = ids(database)
    database.close()
    half = len(whole) // 2
    noise = b"\xff" * 4096
    for damaged in (whole[:half], whole[:half] + noise + whole[half + 4096 :], whole[:20], b""):
        file.write_bytes(damaged)
        with pytest.raises(BackupError):
            restore(settings, file, force=True)
        assert ids(database) == present
        database.close()


def test_a_backup_of_a_newer_program_is_refused_before_anything_changes(installation, tmp_path):
    database, settings = installation
    present = {talk(database)}
    with database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    back_up(settings, tmp_path / "backup")
    with database.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM message"))
    database.close()

    with pytest.raises(BackupError, match="nieuwere versie"):
        restore(settings, tmp_path / "backup", force=True)
    with database.session() as session:
        assert session.execute(sa.select(sa.func.count(StoredMessage.id))).scalar() == 0
    assert ids(database) == present


def test_something_else_is_no_backup(installation, tmp_path):
    _, settings = installation
    (tmp_path / "letter").write_text("Beste gemeente")
    with pytest.raises(BackupError, match="geen back-up"):
        restore(settings, tmp_path / "letter")
    with pytest.raises(BackupError, match="is er niet"):
        restore(settings, tmp_path / "nothing")


def test_a_copy_of_another_database_is_no_backup(database, tmp_path, make_settings):
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE x (y)")
    other.commit()
    other.close()
    with pytest.raises(BackupError):
        restore(make_settings(tmp_path, database.url), tmp_path / "other", force=True)


def test_a_backup_of_the_other_kind_is_named(database, postgres, tmp_path, make_settings):
    sqlite, server = (make_settings(tmp_path, d.url) for d in (database, postgres))
    back_up(sqlite, tmp_path / "a")
    back_up(server, tmp_path / "b")

    with pytest.raises(BackupError, match=r"back-up van SQLite, maar .* PostgreSQL"):
        restore(server, tmp_path / "a", force=True)
    with pytest.raises(BackupError, match=r"back-up van PostgreSQL, maar .* SQLite"):
        restore(sqlite, tmp_path / "b", force=True)


def test_a_damaged_database_can_be_replaced(database, tmp_path, make_settings):
    settings = make_settings(tmp_path, database.url)
    present = {talk(database)}
    back_up(settings, tmp_path / "backup")
    database.close()
    path = Path(database.url.removeprefix("sqlite:///"))
    path.write_bytes(b"broken" * 1000)

    with pytest.raises(BackupError, match="--force"):
        restore(settings, tmp_path / "backup")
    restore(settings, tmp_path / "backup", force=True)
    assert ids(database) == present


def test_a_backup_made_while_others_write_is_of_one_moment(database, tmp_path, make_settings):
    settings = make_settings(tmp_path, database.url)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            talk(database)  # its two messages in one transaction

    thread = threading.Thread(target=write)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while len(ids(database)) < 20:
            assert time.monotonic() < deadline
        for number in range(3):
            back_up(settings, tmp_path / f"backup{number}")
    finally:
        stop.set()
        thread.join(20)

    for number in range(3):
        copy = sqlite3.connect(tmp_path / f"backup{number}")
        counted = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM conversation)"
        messages, conversations = copy.execute(counted).fetchone()
        copy.close()
        assert messages == 2 * conversations >= 40


def test_contact_details_in_a_backup_stay_encrypted(database, tmp_path, make_settings):
    talk(database)
    back_up(make_settings(tmp_path, database.url), tmp_path / "backup")

    assert b"12345678" not in (tmp_path / "backup").read_bytes()


def test_programs_of_another_version_are_refused_by_name(postgres, tmp_path, make_settings):
    with pytest.raises(BackupError, match=r"pg_dump ontbreekt.*postgresql-client-97"):
        postgres_copy._program("pg_dump", 97) if not shutil.which("pg_dump") else _absent()
    with pytest.raises(BackupError, match="dezelfde versie"):
        postgres_copy._program("psql", 97)


def _absent():
    path = os.environ["PATH"]
    os.environ["PATH"] = "/nowhere"
    try:
        postgres_copy._program("pg_dump", 97)
    finally:
        os.environ["PATH"] = path


def test_the_password_of_the_database_is_no_argument():
    url = "postgresql+psycopg2://bot:geheim@db.example/startwijzer?sslmode=require"

    assert postgres_copy._address(url) == "postgresql://bot@db.example/startwijzer?sslmode=require"
    assert postgres_copy._environment(url)["PGPASSWORD"] == "geheim"


def run(settings, *arguments):
    env = environment(
        DATABASE_URL=settings.database_url,
        VAR_DIR=str(settings.var),
        SECRET_KEY=SECRET,
        RASA_TOKEN=SECRET,
        PORT_RASA="9",
        PORT_ACTIONS="9",
    )
    command = [sys.executable, "-m", "bot.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def test_a_citizen_goes_on_where_they_were_on_a_product_that_was_put_back(
    serve, rasa, installation, elsewhere, tmp_path
):
    database, settings = installation
    with serve(database, tmp_path, PORT_RASA=str(rasa.port)) as url:
        citizen = Citizen(url, gemeente="Assen")
        citizen.say(CONTENT)
        made = run(settings, "backup", str(tmp_path / "backup"))
        assert made.returncode == 0, made.stderr
        history = citizen.history()
    database.close()

    put_back = run(elsewhere, "restore", str(tmp_path / "backup"))
    assert put_back.returncode == 0, put_back.stderr
    assert "teruggezet" in put_back.stdout

    restored = Database(elsewhere.database_url)
    rasa._database = restored
    with serve(restored, elsewhere.var, PORT_RASA=str(rasa.port)) as url:
        assert requests.get(f"{url}/health", timeout=20).json()["parts"]["database"] == "ok"
        citizen.url = url
        assert citizen.history() == history
        assert citizen.say("en verder")[0]["text"] == "Antwoord op: en verder"
    restored.close()


def test_a_mistake_at_the_command_line_is_one_clear_message(database, tmp_path, make_settings):
    settings = make_settings(tmp_path, database.url)
    (tmp_path / "letter").write_text("Beste gemeente")
    (tmp_path / "erased").write_text(json.dumps([{"code": "x"}]))
    for arguments in (
        ["restore", str(tmp_path / "letter")],
        ["restore", str(tmp_path / "letter"), "--erased", str(tmp_path / "erased")],
        ["backup", str(tmp_path / "no" / "folder")],
        ["backup", str(tmp_path / "letter")],
    ):
        done = run(settings, *arguments)
        assert done.returncode == 1
        assert "FOUT: " in done.stderr
        assert "Traceback" not in done.stderr


def test_erasures_can_come_from_a_file_where_the_database_is_lost(
    installation, elsewhere, tmp_path
):
    database, settings = installation
    stays, goes = talk(database), talk(database, "weg hiermee")
    back_up(settings, tmp_path / "backup")
    with database.session() as session:
        erasure.erase_conversation(session, goes, by=erasure.CITIZEN)
        (tmp_path / "erased").write_text(json.dumps(erasure.every(session)))
    done = run(elsewhere, "restore", str(tmp_path / "backup"), "--erased", str(tmp_path / "erased"))

    assert done.returncode == 0, done.stderr
    restored = Database(elsewhere.database_url)
    assert ids(restored) == {stays}
    restored.close()
