import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot import cli
from bot.assessment import results
from bot.assessment.model import Result
from bot.assessment.page import Page
from bot.catalogue.model import Provider, Service
from bot.conversations import log
from bot.conversations.model import TrackerEvent
from bot.database import now
from bot.flows.model import Progress
from bot.privacy.model import VaultEntry
from bot.privacy.vault import Vault
from bot.referral.file import Referrals, every
from bot.retention import AT_ONCE, purge
from bot.review.candidate import FOLDER, RECORD
from bot.review.model import ReviewDue
from bot.settings import Settings
from bot.staff import accounts, sessions
from bot.staff.model import AuditEntry, LoginFailures, StaffSession
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson

SECRET = "een-geheim-van-minstens-32-tekens-lang"
KINDS = (
    "preservations vault referrals results whatsapp_identities whatsapp_messages remains "
    "staff_sessions login_failures audit erasures conversations candidates preserved"
)
NOTHING = dict.fromkeys(KINDS.split(), 0)


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


def test_who_someone_on_whatsapp_is_goes_before_their_conversation(tmp_path, database):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    short = Settings.from_environment({**env, "RETENTION_DAYS_WHATSAPP": "2"})
    people = People(SECRET, (), "1")
    with database.session() as session:
        silent, talking = start(session), start(session)
        for conversation, phone in ((silent, "31612345678"), (talking, "31687654321")):
            people.add(session, conversation, Address(phone, ""))
            session.add(delivery(conversation))
        session.get(WhatsAppPerson, silent).last_in_at = now() - timedelta(days=3)
        session.get(WhatsAppPerson, talking).last_in_at = now() - timedelta(days=1)

    assert purge(short, database) == {**NOTHING, "whatsapp_identities": 1}
    with database.session() as session:
        assert log.get(session, silent)
        assert people.find(session, Address("31612345678", "")) is None
        assert people.find(session, Address("31687654321", "")).conversation_id == talking
        left = session.execute(sa.select(WhatsAppDelivery.conversation_id)).scalars().all()
        assert left == [talking]


def delivery(conversation):
    return WhatsAppDelivery(
        conversation_id=conversation,
        seq=1,
        part=1,
        kind="message",
        body="x",
        status="waiting",
        next_attempt_at=now(),
        created_at=now(),
    )


def test_what_staff_leave_behind_goes_at_its_own_term(settings, database):
    long_ago = now() - timedelta(days=731)
    with database.session() as session:
        person = accounts.add(
            session, email="a@b.example", name="A", roles=["lezer"], gemeenten=None
        )
        sessions.start(session, person.id, sessions.FULL, "Firefox")
        session.execute(sa.update(StaffSession).values(last_seen_at=long_ago))
        session.add(LoginFailures(key="k", failures=1, blocked_until=long_ago, last_at=long_ago))
        session.add(AuditEntry(at=long_ago, who="A", action="login", subject="A"))
        session.add(AuditEntry(at=now(), who="A", action="login", subject="A"))

    assert purge(settings, database) == {
        **NOTHING,
        "staff_sessions": 1,
        "login_failures": 1,
        "audit": 1,
    }


def test_what_is_written_after_a_conversation_went_goes_within_a_day(settings, database):
    with database.session() as session:
        gone, there = "weg", start(session)
        for conversation in (gone, there):
            for age in (timedelta(hours=25), timedelta(hours=23)):
                moment = now() - age
                event = {"sender_id": conversation, "type_name": "user", "data": "{}"}
                session.add(TrackerEvent(timestamp=moment.timestamp(), **event))
                session.add(ReviewDue(conversation_id=conversation, message=False, at=moment))

    assert purge(settings, database) == {**NOTHING, "remains": 2}


def test_folders_of_candidate_models_go_with_the_term_of_conversations(settings, database):
    for name, age in (("oud", 31), ("nieuw", 29)):
        folder = settings.var / FOLDER / name
        folder.mkdir(parents=True)
        made_at = (now() - timedelta(days=age)).isoformat()
        facts = {"id": name, "made_at": made_at, "corrections": []}
        (folder / RECORD).write_text(json.dumps(facts))

    assert purge(settings, database) == {**NOTHING, "candidates": 1}
    assert [path.name for path in (settings.var / FOLDER).iterdir()] == ["nieuw"]


def test_more_conversations_than_go_at_once_all_go(settings, database):
    with database.session() as session:
        for _ in range(AT_ONCE + 3):
            log.get(session, start(session)).last_message_at = now() - timedelta(days=31)

    assert purge(settings, database) == {**NOTHING, "conversations": AT_ONCE + 3}


@pytest.fixture
def command(settings, database, monkeypatch):
    """Runs the command line on this database."""
    monkeypatch.setattr(cli, "settings", lambda: settings)
    monkeypatch.setattr(cli, "database", lambda: database)

    def run(*arguments, **options):
        return CliRunner().invoke(cli.cli, ["conversations", *arguments], **options)

    return run


def test_the_command_counts_each_kind_and_wipes_the_files(command, database):
    with database.session() as session:
        log.get(session, start(session)).last_message_at = now() - timedelta(days=31)

    found = json.loads(command("purge", "--json").output)

    assert found == {"removed": {**NOTHING, "conversations": 1}, "wiped": True}
    assert "conversations: 0" in command("purge", "--no-wipe").output


def test_the_command_erases_with_a_certificate_and_again_after_a_backup(command, database):
    with database.session() as session:
        conversation = start(session)
    code = command("erase", conversation).output.split()[-1].rstrip(".")
    certificates = command("erasures").output
    assert code in certificates
    with database.session() as session:
        log.ensure(session, conversation)

    assert "Opnieuw gewist: 1." in command("erase-again", input=certificates).output
    assert command("erase-again", input="geen lijst").exit_code == 1
    assert command("erase-again", input="[{}]").exit_code == 1
