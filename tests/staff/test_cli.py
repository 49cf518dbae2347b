import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.database import Database
from bot.staff import accounts
from bot.staff.model import AuditEntry

STARTWIJZER = Path(sys.executable).with_name("startwijzer")


@pytest.fixture
def run(tmp_path):
    """Runs the command line with a database of its own."""
    database = Database(f"sqlite:///{tmp_path / 'staff.sqlite3'}")
    database.upgrade()

    def command(*arguments):
        env = {
            "VAR_DIR": str(tmp_path),
            "DATABASE_URL": database.url,
            "SECRET_KEY": "a secret of at least thirty-two characters",
            "PUBLIC_URL": "https://chat.voorbeeldstad.example",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(
            [STARTWIJZER, "staff", *arguments], env=env, capture_output=True, text=True, timeout=120
        )
        return done

    command.database = database
    yield command
    database.close()


def test_the_first_account_its_link_the_list_and_disabling(run):
    arguments = ("roos@x.nl", "--name", "Roos", "--role", "beheerder", "--role", "privacy")
    done = run("add", *arguments, "--gemeente", "Assen")
    assert done.returncode == 0, done.stderr
    link = re.search(r"https://chat\.voorbeeldstad\.example/console/welkom/(\S+)", done.stdout)
    with run.database.session() as session:
        assert accounts.find_enrolment(session, link[1]).name == "Roos"

    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["email"], row["roles"], row["gemeenten"], row["enabled"]) == (
        "roos@x.nl",
        ["privacy", "beheerder"],
        ["Assen"],
        True,
    )
    assert "hash" not in str(row)

    assert "Uitgezet: Roos." in run("disable", "ROOS@x.nl").stdout
    assert "(uit)" in run("list").stdout
    with run.database.session() as session:
        entries = session.query(AuditEntry).order_by(AuditEntry.id).all()
        assert [(entry.action, entry.who) for entry in entries] == [
            ("staff_added", "opdrachtregel"),
            ("staff_disabled", "opdrachtregel"),
        ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "geen-adres", "--name", "R", "--role", "lezer"), "Vul een e-mailadres in"),
        (("add", "a@x.nl", "--name", "R", "--role", "baas"), "Kies een of meer rollen"),
        (("disable", "niemand@x.nl"), "Er is geen account"),
        (("link", "niemand@x.nl"), "Er is geen account"),
    ],
)
def test_a_mistake_is_one_clear_message(run, arguments, says):
    done = run(*arguments)

    assert done.returncode == 1
    assert f"FOUT: {says}" in done.stderr
    assert "Traceback" not in done.stderr
