"""Databases for the tests of the domain. What drives the running product is in tests/e2e/."""

import pytest
from hypothesis import settings

from bot.catalogue.load import load
from bot.database import Database

settings.register_profile("startwijzer", database=None, deadline=None, derandomize=True)
settings.load_profile("startwijzer")


@pytest.fixture
def database(tmp_path):
    """An empty database with all tables."""
    database = Database(f"sqlite:///{tmp_path / 'startwijzer.sqlite3'}")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture(scope="session")
def catalogue_database(tmp_path_factory):
    """A database with the real content; shared by all tests, so never write in it."""
    path = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.session() as session:
        load(session)
    yield database
    database.close()
