"""A copy of a PostgreSQL database with PostgreSQL's own programs, and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.database import make_engine
from bot.operations.copies import BackupError, check_version, new_file

MAGIC = b"PGDMP"
LOCK_TIMEOUT = "10s"
WITHOUT_ROLES = ("--no-owner", "--no-privileges")
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def back_up(url: str, target: Path) -> None:
    """Writes a dump in PostgreSQL's own form, of one moment; others go on meanwhile.

    Raises:
        BackupError: the programs are missing or of another version, or they fail.
    """
    with new_file(target) as part:
        _run(url, "pg_dump", "--format=custom", *WITHOUT_ROLES, f"--file={part}", _address(url))
        _read_whole(url, part)


def check(url: str, source: Path) -> None:
    """Whether a dump is whole and of a version that we know.

    Raises:
        BackupError: it is not.
    """
    _read_whole(url, source)
    table = _run(
        url, "pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(source)
    )
    found = re.search(r"^COPY \S+ \(version_num\) FROM stdin;\n(\S+)\n", table, re.MULTILINE)
    check_version(found[1] if found else None)


def is_empty(url: str) -> bool:
    """Whether there are no tables to overwrite."""
    return _ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def is_in_use(url: str) -> bool:
    """Whether anyone else is connected to the database."""
    return (
        _ask(
            url,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )
        > 0
    )


def restore(url: str, source: Path) -> None:
    """Puts a dump in the place of all tables, in one transaction: it happens whole or not at all.

    Raises:
        BackupError: the programs are missing or fail, or somebody keeps using the tables.
    """
    major = _major(url)
    reading = [_program("pg_restore", major), *WITHOUT_ROLES, "--file=-", str(source)]
    writing = [_program("psql", major), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    writing += ["--single-transaction", f"--command={EMPTY}", "--file=-", _address(url)]
    with (
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dump,
        subprocess.Popen(
            writing,
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as database,
    ):
        assert dump.stdout and database.stdin and database.stderr
        try:
            shutil.copyfileobj(dump.stdout, database.stdin)
            database.stdin.flush()
        except BrokenPipeError:  # it says why below
            dump.kill()
        else:
            if dump.wait() != 0:
                # psql would keep what it has at the end of its input.
                database.kill()
                raise BackupError("De back-up is niet te lezen. De database is niet veranderd.")
        with suppress(BrokenPipeError):
            database.stdin.close()
        said = database.stderr.read().decode(errors="replace")
    if database.returncode != 0:
        raise BackupError(f"De database is niet veranderd. psql zegt: {_first(said)}")


def _read_whole(url: str, source: Path) -> None:
    _run(url, "pg_restore", f"--file={os.devnull}", str(source))


def _run(url: str, name: str, *arguments: str) -> str:
    """What the program writes."""
    command = [_program(name, _major(url)), *arguments]
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupError(f"{name} is mislukt: {_first(done.stderr)}")
    return done.stdout


def _program(name: str, major: int) -> str:
    """Where the program of this version is; Debian keeps versions side by side."""
    debian = Path(f"/usr/lib/postgresql/{major}/bin/{name}")
    found = str(debian) if debian.exists() else shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} ontbreekt op deze machine. Installeer de programma's van PostgreSQL {major} "
            f"(op Debian: postgresql-client-{major}), of maak de back-up waar PostgreSQL draait."
        )
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)(?:\.\d+)*", said)
    if version is None or int(version[1]) != major:
        raise BackupError(
            f"{name} is versie {version[1] if version else 'onbekend'}, maar de database is "
            f"PostgreSQL {major}. Installeer de programma's van dezelfde versie."
        )
    return found


def _major(url: str) -> int:
    """The major version of the server."""
    return _ask(url, "SELECT current_setting('server_version_num')::int") // 10_000


def _ask(url: str, question: str) -> int:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return int(connection.execute(sa.text(question)).scalar_one())
    finally:
        engine.dispose()


def _address(url: str) -> str:
    """As PostgreSQL's programs read it, without the password: everyone sees their arguments."""
    parts = make_url(url)
    bare = sa.engine.URL.create(
        "postgresql", parts.username, None, parts.host, parts.port, parts.database, parts.query
    )
    return str(bare)


def _environment(url: str) -> dict[str, str]:
    password = make_url(url).password
    timeout = {"PGOPTIONS": f"-c lock_timeout={LOCK_TIMEOUT}"}
    return {**os.environ, **timeout, **({"PGPASSWORD": str(password)} if password else {})}


def _first(said: str) -> str:
    return next((line for line in said.splitlines() if line.strip()), "niets")
