"""A catalogue of its own for tests that store referrals, with people who ask for one."""

import shutil

import pytest

from bot.catalogue.model import Service
from bot.conversations import log
from bot.database import Database
from bot.flows import engine
from bot.flows.model import Progress, Said
from bot.privacy.vault import Vault
from bot.referral.file import Referrals
from bot.referral.intake import begin, facts, read_intake

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
QUESTION = "Past een fietsenwinkel bij mij?"


class InIntake:
    """Someone in the intake, who says things and sees what is asked."""

    def __init__(self, database, known, results=()):
        self.results = list(results)

        def words(answers):
            with database.session() as session:
                return facts(session, answers, self.results, 180)

        self.flow = read_intake(words)
        self.outcome = engine.begin(self.flow, None, known, begin(self.results))
        self.trail = [(self.step, self.outcome.progress)]

    def say(self, *texts, intent=None):
        for text in texts:
            towns = {"gemeente": text} if text in ("Voorbeeldstad", "Utrecht", "Assen") else {}
            self._turn(Said(text, intent, entities=towns))
        return self

    def press(self, *answers):
        for answer in answers:
            self._turn(Said("", "informatie_geven", answer=answer))
        return self

    def until(self, step):
        """Answers every question with its first option, up to this one."""
        open_answers = {"vraag": QUESTION, "contact": "[telefoon:1]", "wens": "na 17 uur"}
        while self.step != step:
            question = self.flow.step(self.step)
            if question.options:
                self.press(f"{question.id}:{question.options[0].value}")
            else:
                self.say(open_answers[question.id])
        return self

    @property
    def steps(self):
        return [step for step, _ in self.trail]

    @property
    def step(self):
        return self.outcome.messages[-1].about.step if self.outcome.messages else None

    @property
    def text(self):
        return "\n\n".join(message.text for message in self.outcome.messages)

    @property
    def answers(self):
        return self.outcome.progress.answers

    def _turn(self, said):
        self.outcome = engine.turn(self.flow, self.outcome.progress, said)
        self.trail.append((self.step, self.outcome.progress))


@pytest.fixture
def in_intake():
    """Someone in the intake: give the database, what is known of them, and their results."""
    return InIntake


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
