"""Databases for the tests of the domain. What drives the running product is in tests/e2e/."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings
from two_pythons import pytest_ignore_collect, pytest_report_collectionfinish

from bot.catalogue.load import load
from bot.database import Database

# Hooks of pytest: a test that this Python cannot run is left out, and that is told.
__all__ = ["pytest_ignore_collect", "pytest_report_collectionfinish"]
settings.register_profile("startwijzer", database=None, deadline=None, derandomize=True)
settings.load_profile("startwijzer")


@pytest.fixture(scope="session")
def new_database(tmp_path_factory):
    """`new_database(folder)`: an empty database with all tables, for who closes it."""
    # The migrations run once; every database is a copy of what they made.
    tables = tmp_path_factory.mktemp("tables") / "tables.sqlite3"
    with contextlib.closing(Database(f"sqlite:///{tables}")) as migrated:
        migrated.upgrade()

    def new(folder, name="startwijzer.sqlite3"):
        shutil.copyfile(tables, folder / name)
        return Database(f"sqlite:///{folder / name}")

    return new


@pytest.fixture
def database(new_database, tmp_path):
    """An empty database with all tables."""
    database = new_database(tmp_path)
    yield database
    database.close()


@pytest.fixture(scope="session")
def catalogue_database(new_database, tmp_path_factory):
    """A database with the real content; shared by all tests, so never write in it."""
    database = new_database(tmp_path_factory.mktemp("catalogue"))
    with database.session() as session:
        load(session)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a PostgreSQL of its own on loopback, with Debian's programs."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert programs, "PostgreSQL is not installed: run scripts/test-tools.sh"
    # It refuses to run as root, and its user cannot enter the folders of pytest.
    folder = Path(tempfile.mkdtemp(prefix="startwijzer-postgres-"))
    run_as = []
    if os.geteuid() == 0:
        run_as = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def run(program, *arguments):
        command = [*run_as, programs[-1] / program, "--pgdata", folder / "data", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
    try:
        run("initdb", "--auth=trust", "--username=startwijzer", "--encoding=UTF8", "--no-sync")
        run("pg_ctl", "--wait", f"--options={options}", f"--log={folder / 'log'}", "start")
        try:
            yield f"postgresql+psycopg2://startwijzer@127.0.0.1:{port}"
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_engine(postgres_server):
    """Makes and drops databases; `tables` is one with all tables."""
    engine = sa.create_engine(
        f"{postgres_server}/postgres", future=True, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE tables"))
    database = Database(f"{postgres_server}/tables")
    database.upgrade()
    database.close()
    yield engine
    engine.dispose()


@pytest.fixture
def postgres(postgres_server, postgres_engine):
    """An empty PostgreSQL database with all tables."""
    name = f"test_{secrets.token_hex(6)}"
    with postgres_engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE tables"))
    database = Database(f"{postgres_server}/{name}")
    yield database
    database.close()
    with postgres_engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request):
    """An empty database of each kind, with all tables."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgres")
