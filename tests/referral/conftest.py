"""A catalogue of its own for tests that store referrals, with people who ask for one."""

import shutil

import pytest

from bot.conversations import log
from bot.database import Database
from bot.flows.model import Progress
from bot.privacy.vault import Vault
from bot.referral.file import Referrals

SECRET = "een-geheim-van-minstens-32-tekens-lang"
ANSWERS = {
    "gemeente": "Voorbeeldstad",
    "situatie": "loondienst",
    "fase": "orientatie",
    "vraag": "Past ondernemen bij mij?",
    "voorstel": "ja",
    "toestemming": "ja",
}


@pytest.fixture
def office(catalogue_database, tmp_path):
    """A database with the real catalogue that a test may write in."""
    catalogue_database.close()
    path = tmp_path / "office.sqlite3"
    shutil.copy(catalogue_database.url.removeprefix("sqlite:///"), path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def vault():
    return Vault(SECRET)


@pytest.fixture
def referrals():
    return Referrals(SECRET)


@pytest.fixture
def ask(office, vault):
    """Someone goes through the intake: gives the conversation and the progress at its end."""

    def went_through(contact="06-12345678", **answers):
        with office.session() as session:
            conversation = log.start(session, channel="web", gemeente=None, page=None).id
            given = {**ANSWERS, **answers}
            if contact:
                given["contact"] = vault.mask(session, conversation, contact)
        progress = Progress.begin()
        for name, value in given.items():
            if value is not False:
                progress = progress.with_answer(name, value)
        return conversation, progress

    return went_through
