"""Databases for the tests of the domain. What drives the running product is in tests/e2e/."""

import contextlib
import secrets
import shutil

import pytest
import sqlalchemy as sa
from hypothesis import settings
from two_pythons import pytest_ignore_collect, pytest_report_collectionfinish

from bench.servers import PostgresServer
from bot.catalogue.load import load
from bot.database import Database

# Hooks of pytest: a test that this Python cannot run is left out, and that is told.
__all__ = ["pytest_ignore_collect", "pytest_report_collectionfinish"]
settings.register_profile("startwijzer", database=None, deadline=None, derandomize=True)
settings.load_profile("startwijzer")


def pytest_configure(config):
    """Of pytest: what was skipped is named at the end, with the reason."""
    config.option.reportchars += "s"


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
def new_postgres():
    """`with new_postgres() as database`: a PostgreSQL database with all tables, or without any."""
    with PostgresServer(durable=False) as server:
        engine = sa.create_engine(
            f"{server.url}/postgres", future=True, isolation_level="AUTOCOMMIT"
        )

        def run(statement):
            with engine.connect() as connection:
                connection.execute(sa.text(statement))

        run("CREATE DATABASE tables")
        with contextlib.closing(Database(f"{server.url}/tables")) as migrated:
            migrated.upgrade()

        @contextlib.contextmanager
        def new(tables=True):
            name = f"test_{secrets.token_hex(6)}"
            run(f"CREATE DATABASE {name} TEMPLATE {'tables' if tables else 'template1'}")
            with contextlib.closing(Database(f"{server.url}/{name}")) as database:
                yield database
            run(f"DROP DATABASE {name} WITH (FORCE)")

        yield new
        engine.dispose()


@pytest.fixture
def postgres(new_postgres):
    """An empty PostgreSQL database with all tables."""
    with new_postgres() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request):
    """An empty database of each kind, with all tables."""
    return request.getfixturevalue("database" if request.param == "sqlite" else "postgres")
