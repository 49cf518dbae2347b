from datetime import timedelta

import pytest

from bot.assessment import results
from bot.assessment.model import Result
from bot.assessment.page import Page
from bot.catalogue.model import Provider, Service
from bot.conversations import log
from bot.database import now
from bot.flows.model import Progress
from bot.privacy.model import VaultEntry
from bot.privacy.vault import Vault
from bot.referral.file import Referrals, every
from bot.retention import purge
from bot.settings import Settings

SECRET = "een-geheim-van-minstens-32-tekens-lang"
NOTHING = {"vault": 0, "referrals": 0, "results": 0, "conversations": 0}


@pytest.fixture
def settings(tmp_path):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    return Settings.from_environment(env)


def refer(session, conversation):
    provider = Provider(id="loket", name="Loket", kind="ondernemershuis")
    answers = {
        "gemeente": "Assen",
        "vraag": "Hoe begin ik?",
        "toestemming": "ja",
        "contact": Vault(SECRET).mask(session, conversation, "0612345678"),
    }
    service = Service(id="spreekuur", name="Spreekuur", provider=provider)
    return Referrals(SECRET).create(
        session, conversation, Progress("run", answers), service, "Mag dat?"
    )


def make_result(session, conversation, run):
    page = Page("Jouw profiel", "Dit zie ik.", [])
    return results.keep(session, conversation, "zelfscan", Progress(run), page)


def start(session):
    return log.start(session, channel="web", gemeente=None, page=None).id


def test_what_is_within_its_term_stays(settings, database):
    with database.session() as session:
        conversation = start(session)
        refer(session, conversation)
        made = make_result(session, conversation, "run")

    assert purge(settings, database) == NOTHING
    with database.session() as session:
        assert log.get(session, conversation)
        assert len(every(session)) == 1
        assert session.get(Result, made)


def test_everything_goes_at_the_end_of_its_own_term(settings, database):
    with database.session() as session:
        old, recent = start(session), start(session)
        refer(session, old)
        Vault(SECRET).mask(session, recent, "jan@example.nl")
    with database.session() as session:
        log.get(session, old).last_message_at = now() - timedelta(days=31)
        session.query(VaultEntry).filter_by(conversation_id=recent).one().expires_at = now()

    assert purge(settings, database) == {**NOTHING, "vault": 1, "conversations": 1}
    with database.session() as session:
        with pytest.raises(log.UnknownConversation):
            log.get(session, old)
        assert log.get(session, recent)
        assert session.query(VaultEntry).count() == 0
        (referral,) = every(session)
        assert Referrals(SECRET).contact(referral) == "06 12345678"
        referral.created_at = now() - timedelta(days=181)

    assert purge(settings, database) == {**NOTHING, "referrals": 1}
    with database.session() as session:
        assert every(session) == []


def test_a_result_goes_at_the_end_of_its_own_term_or_with_its_conversation(settings, database):
    """Someone who keeps talking does not keep an old profile alive."""
    with database.session() as session:
        talking, silent = start(session), start(session)
        old, recent, with_silent = (
            make_result(session, conversation, run)
            for conversation, run in ((talking, "a"), (talking, "b"), (silent, "c"))
        )
    with database.session() as session:
        session.get(Result, old).created_at = now() - timedelta(days=31)
        session.get(Result, recent).created_at = now() - timedelta(days=29)
        log.get(session, silent).last_message_at = now() - timedelta(days=31)

    assert purge(settings, database) == {**NOTHING, "results": 1, "conversations": 1}
    with database.session() as session:
        assert log.get(session, talking)
        assert session.get(Result, recent)
        for gone in (old, with_silent):
            assert session.get(Result, gone) is None


def test_the_term_of_results_can_be_set(tmp_path, database):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    short = Settings.from_environment({**env, "RETENTION_DAYS_RESULT": "2"})
    with database.session() as session:
        made = make_result(session, start(session), "run")
        session.get(Result, made).created_at = now() - timedelta(days=3)

    assert purge(short, database) == {**NOTHING, "results": 1}
