"""A catalogue of its own for tests that store referrals, with people who ask for one."""

import shutil

import pytest

from bot.catalogue.model import Service
from bot.conversations import log
from bot.database import Database
from bot.flows.model import Progress
from bot.privacy.vault import Vault
from bot.referral.file import Referrals

SECRET = "een-geheim-van-minstens-32-tekens-lang"
ANSWERS = {
    "gemeente": "Voorbeeldstad",
    "situatie": "loondienst",
    "onderwerp": "beginnen",
    "fase": "orientatie",
    "vraag": "Past ondernemen bij mij?",
    "voorstel": "ja",
    "zelf": "ja",
    "toestemming": "ja",
    "herhaal": "ja",
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


@pytest.fixture
def apply(office, referrals, ask):
    """Someone did a request: gives the conversation and the reference."""

    def applied(contact="06-12345678", **answers):
        conversation, progress = ask(contact, **answers)
        with office.session() as session:
            service = session.get(Service, "voorbeeldstad-ondernemersloket")
            consent = "Vind je het goed dat dit naar het loket gaat?"
            reference = referrals.create(session, conversation, progress, service, consent)
        return conversation, reference

    return applied


@pytest.fixture
def told():
    """What the desk was told: pass it as `tell`, then look at `told.messages`."""

    class Told:
        def __init__(self):
            self.messages = []

        def __call__(self, session, referral, about):
            self.messages.append((str(referral.reference), about))

    return Told()
