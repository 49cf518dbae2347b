from datetime import timedelta

import pytest

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


def start(session):
    return log.start(session, channel="web", gemeente=None, page=None).id


def test_what_is_within_its_term_stays(settings, database):
    with database.session() as session:
        conversation = start(session)
        refer(session, conversation)

    assert purge(settings, database) == {"vault": 0, "referrals": 0, "conversations": 0}
    with database.session() as session:
        assert log.get(session, conversation)
        assert len(every(session)) == 1


def test_everything_goes_at_the_end_of_its_own_term(settings, database):
    with database.session() as session:
        old, recent = start(session), start(session)
        refer(session, old)
        Vault(SECRET).mask(session, recent, "jan@example.nl")
    with database.session() as session:
        log.get(session, old).last_message_at = now() - timedelta(days=31)
        session.query(VaultEntry).filter_by(conversation_id=recent).one().expires_at = now()

    assert purge(settings, database) == {"vault": 1, "referrals": 0, "conversations": 1}
    with database.session() as session:
        with pytest.raises(log.UnknownConversation):
            log.get(session, old)
        assert log.get(session, recent)
        assert session.query(VaultEntry).count() == 0
        (referral,) = every(session)
        assert Referrals(SECRET).contact(referral) == "06 12345678"
        referral.created_at = now() - timedelta(days=181)

    assert purge(settings, database) == {"vault": 0, "referrals": 1, "conversations": 0}
    with database.session() as session:
        assert every(session) == []
