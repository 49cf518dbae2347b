"""Erasing on request, its certificate, what may not go yet, and erasing again after a backup."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from everything import fill_conversation, fill_referral, in_files, mark, tables

from bot.conversations import log
from bot.conversations.model import Conversation
from bot.database import now
from bot.privacy import erasure, kept, own_data, preserve, wipe
from bot.privacy.erasure_model import Erasure, Preservation
from bot.referral import outbox
from bot.referral.file import find
from bot.referral.model import Handover, Referral
from bot.retention import purge
from bot.review.candidate import FOLDER, RECORD
from bot.settings import Settings
from bot.staff.accounts import Person
from bot.staff.model import AuditEntry
from bot.whatsapp.model import WhatsAppUpdate

SECRET = "een-geheim-van-minstens-32-tekens-lang"
OFFICER = Person(7, "Pim", "pim@voorbeeldstad.example", frozenset({"privacy"}), None)
REASON = "Klacht 2026-12 bij de ombudsman"
LEDGER = kept.Ledger(SECRET)


@pytest.fixture
def settings(tmp_path):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    return Settings.from_environment(env)


@pytest.fixture
def two(any_database):
    """Two conversations and two requests; the first of each is to go."""
    with any_database.session() as session:
        for number in (1, 2):
            later = now() + timedelta(minutes=30)
            fill_conversation(session, f"gesprek-{number}", mark(number), later)
            values = {"status": "ontvangen"}
            fill_referral(session, f"SW-{number:04d}", mark(number), now(), **values)
    return any_database


def left(database, kinds):
    """How many rows there are in each table."""
    with database.session() as session:
        return {
            table.name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for table in tables(kinds)
        }


def keep(session, kind, subject, days=30):
    return preserve.preserve(
        session,
        OFFICER,
        kind,
        subject,
        ground="klacht",
        reason=REASON,
        days=days,
        gemeente="Assen",
    )


def test_a_conversation_goes_from_every_table_and_the_other_one_stays(two):
    with two.session() as session:
        made = erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)

    assert set(left(two, kept.OF_CONVERSATION).values()) == {1}
    assert set(left(two, kept.OF_REFERRAL).values()) == {2}
    assert set(made.counts) == {*kept.OF_CONVERSATION, kept.WAITING_UPDATES}
    assert made.counts["overzicht voor medewerkers"] == 4
    with two.session() as session:
        bodies = session.execute(
            sa.select(WhatsAppUpdate.body, WhatsAppUpdate.person_key).order_by(WhatsAppUpdate.id)
        ).all()
    assert bodies[0] == (None, "") and bodies[1].body


def test_the_certificate_is_found_by_its_code_and_says_nothing_of_the_content(two):
    with two.session() as session:
        log.get(session, "gesprek-1").gemeente = "Assen"
    with two.session() as session:
        made = erasure.erase_conversation(session, "gesprek-1", by=erasure.STAFF)
    with two.session() as session:
        assert erasure.certificate(session, f" {made.code.lower()} ") == made
        assert erasure.certificate(session, "WB-AAAA-AAAA-AAAA") is None
        row = session.get(Erasure, made.code)
        stored = str({c.name: getattr(row, c.name) for c in Erasure.__table__.columns})
    assert mark(1) not in stored
    assert "gesprek-1" not in stored


def test_a_conversation_that_is_gone_gives_no_second_certificate(two):
    with two.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
    with pytest.raises(log.UnknownConversation), two.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
    with two.session() as session:
        assert len(erasure.every(session)) == 1


def test_what_fails_half_way_erases_nothing(two):
    with pytest.raises(RuntimeError), two.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
        raise RuntimeError
    with two.session() as session:
        assert log.get(session, "gesprek-1")
        assert erasure.every(session) == []


def test_a_candidate_model_that_learned_from_it_goes_too(two, settings):
    with two.session() as session:
        (correction,) = session.execute(
            sa.text("SELECT id FROM correction WHERE conversation_id = 'gesprek-1'")
        ).scalars()
    for name, learned in (("een", correction), ("ander", correction + 999)):
        folder = settings.var / FOLDER / name
        folder.mkdir(parents=True)
        facts = f'{{"id": "{name}", "made_at": "2026-01-01T00:00:00", "corrections": [{learned}]}}'
        (folder / RECORD).write_text(facts)

    with two.session() as session:
        made = erasure.erase_conversation(
            session, "gesprek-1", by=erasure.CITIZEN, var=settings.var
        )

    assert made.counts[erasure.CANDIDATES] == 1
    assert [path.name for path in (settings.var / FOLDER).iterdir()] == ["ander"]


def test_a_request_that_no_desk_knows_is_gone_at_once(two):
    with two.session() as session:
        made = erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.CITIZEN)

    assert not made.told_desk
    assert made.counts == dict.fromkeys(kept.OF_REFERRAL, 1)
    assert set(left(two, kept.OF_REFERRAL).values()) == {1}


def test_a_desk_that_may_have_a_copy_is_told_before_the_last_of_it_goes(two, settings):
    with two.session() as session:
        row = session.execute(sa.select(Handover).where(Handover.reference == "SW-0001")).scalar()
        row.attempts, row.status = 1, outbox.SENT
    with two.session() as session:
        made = erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.CITIZEN)
    assert made.told_desk
    with two.session() as session:
        husk = find(session, "SW-0001")
        assert (husk.question, husk.contact, husk.context, husk.events) == ("", b"", [], [])
        (last,) = [row for row in husk.handovers if row.about == "ingetrokken"]
        last.status = outbox.WAITING

    assert purge(settings, two)["referrals"] == 0  # the message waits
    with two.session() as session:
        session.get(Handover, last.id).status = outbox.SENT
    assert purge(settings, two)["referrals"] == 1
    with two.session() as session:
        assert find(session, "SW-0001") is None
        assert find(session, "SW-0002") is not None


def test_what_is_preserved_is_not_erased_and_the_citizen_hears_why(two):
    with two.session() as session:
        keep(session, kept.CONVERSATION, "gesprek-1")
        keep(session, kept.REFERRAL, "SW-0001")
    why = "omdat er een klacht over loopt"
    with pytest.raises(preserve.Preserved, match=why) as refused, two.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
    assert REASON not in str(refused.value)
    assert "Autoriteit Persoonsgegevens" in str(refused.value)
    with pytest.raises(preserve.Preserved), two.session() as session:
        erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.STAFF)
    assert set(left(two, kept.OF_CONVERSATION).values()) == {2}
    assert set(left(two, kept.OF_REFERRAL).values()) == {2}


def test_the_purge_passes_over_what_is_preserved_and_says_how_many(two, settings):
    long_ago = now() - timedelta(days=400)
    with two.session() as session:
        for number in (1, 2):
            session.get(Conversation, f"gesprek-{number}").last_message_at = long_ago
            find(session, f"SW-{number:04d}").created_at = long_ago
        session.execute(sa.text("UPDATE result SET created_at = '2020-01-01 00:00:00'"))
        session.execute(sa.text("UPDATE whatsapp_person SET last_in_at = '2020-01-01 00:00:00'"))
        keep(session, kept.CONVERSATION, "gesprek-1")
        keep(session, kept.REFERRAL, "SW-0001")

    removed = purge(settings, two)

    assert (removed["conversations"], removed["referrals"], removed["results"]) == (1, 1, 1)
    assert removed["whatsapp_identities"] == 1
    assert removed["preserved"] == 3  # the conversation, its result, and the request
    assert left(two, kept.OF_CONVERSATION)["whatsapp_person"] == 1

    with two.session() as session:
        for row in session.execute(sa.select(Preservation)).scalars():
            row.until = now() - timedelta(seconds=1)
    removed = purge(settings, two)

    assert (removed["preservations"], removed["conversations"], removed["referrals"]) == (2, 1, 1)
    assert removed["preserved"] == 0


def test_preserving_and_releasing_are_on_record_and_releasing_lets_it_go(two):
    with two.session() as session:
        keep(session, kept.CONVERSATION, "gesprek-1", days=10)
        keep(session, kept.CONVERSATION, "gesprek-1", days=20)  # a new decision
        assert preserve.find(session, kept.CONVERSATION, "gesprek-1").until > now() + timedelta(19)
    with two.session() as session:
        assert preserve.release(
            session, OFFICER, kept.CONVERSATION, "gesprek-1", "Klacht is klaar", "Assen"
        )
        assert not preserve.release(
            session, OFFICER, kept.CONVERSATION, "gesprek-1", "Nog eens", "Assen"
        )
    with two.session() as session:
        entries = session.execute(sa.select(AuditEntry).order_by(AuditEntry.id)).scalars().all()
        assert [entry.action for entry in entries] == ["preserved", "preserved", "released"]
        assert REASON in entries[0].reason
        assert {entry.subject for entry in entries} == {"gesprek gesprek-1"}
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)


@pytest.mark.parametrize(
    "wrong", [{"ground": "zomaar"}, {"reason": "kort"}, {"days": 0}, {"days": 366}]
)
def test_preserving_needs_a_ground_a_reason_and_an_end(database, wrong):
    values = {"ground": "klacht", "reason": REASON, "days": 30, "gemeente": None, **wrong}
    with database.session() as session, pytest.raises(preserve.WrongPreservation):
        preserve.preserve(session, OFFICER, kept.REFERRAL, "SW-0001", **values)


def test_what_a_backup_brings_back_is_erased_again(two):
    with two.session() as session:
        erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
        erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.CITIZEN)
    with two.session() as session:
        certificates = erasure.every(session)
    # The backup is of before: what was erased is there, and nothing tells that it was.
    with two.session() as session:
        session.execute(sa.delete(Erasure))
        fill_conversation(session, "gesprek-1", mark(3), now())
        fill_referral(session, "SW-0001", mark(3), now())

    with two.session() as session:
        assert erasure.again(session, LEDGER, certificates) == 2

    assert set(left(two, kept.OF_CONVERSATION).values()) == {1}
    assert set(left(two, kept.OF_REFERRAL).values()) == {1}
    with two.session() as session:
        assert erasure.every(session) == certificates
        assert erasure.again(session, LEDGER, certificates) == 0


def test_who_has_the_certificates_cannot_find_a_request_by_trying_references(two):
    with two.session() as session:
        erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.CITIZEN)
        (certificate,) = erasure.every(session)
    tried = [kept.fingerprint(kept.REFERRAL, "SW-0001"), kept.Ledger("x" * 32).of("SW-0001")]

    assert certificate["subject"] not in tried
    assert certificate["subject"] == LEDGER.of("SW-0001")


@pytest.mark.parametrize("mark_of_then", [LEDGER.of, lambda it: kept.fingerprint("aanvraag", it)])
def test_after_a_change_of_the_key_or_from_before_keys_a_request_is_known_again(two, mark_of_then):
    new = kept.Ledger("een nieuw geheim van ruim 32 tekens lang", [SECRET])
    with two.session() as session:
        erasure.erase_referral(session, find(session, "SW-0001"), LEDGER, by=erasure.CITIZEN)
        session.execute(sa.update(Erasure).values(subject=mark_of_then("SW-0001")))
    with two.session() as session:
        assert find(session, "SW-0001") is None
        fill_referral(session, "SW-0001", mark(3), now())

    with two.session() as session:
        assert erasure.again(session, new) == 1
        assert find(session, "SW-0001") is None
        assert find(session, "SW-0002")


def test_a_certificate_goes_at_the_end_of_its_own_term(two, settings):
    with two.session() as session:
        made = erasure.erase_conversation(session, "gesprek-1", by=erasure.CITIZEN)
        session.get(Erasure, made.code).at = now() - timedelta(days=366)

    assert purge(settings, two)["erasures"] == 1


def start(database, channel="web"):
    with database.session() as session:
        conversation = log.start(session, channel=channel, gemeente=None, page=None).id
        log.take_in(session, conversation, f"{mark(5)} hallo")
        return conversation


def choice(message, title):
    return next(one.answer for one in message.choices if one.title.startswith(title))


def test_in_the_chat_someone_erases_the_conversation_after_a_yes(database, settings):
    conversation = start(database)
    with database.session() as session:
        offered = own_data.offer(session, conversation)
        (question,) = own_data.act(
            session, settings, conversation, choice(offered, "Wis dit gesprek")
        )
        assert log.get(session, conversation)  # asked, not done
        yes = choice(question, "Ja, wis alles")
    code = yes.partition(":")[2]
    assert code in question.text
    with database.session() as session:
        (done,) = own_data.act(session, settings, conversation, yes)
    assert "gewist" in done.text
    with database.session() as session:
        assert erasure.certificate(session, code).by == erasure.CITIZEN
        with pytest.raises(log.UnknownConversation):
            log.get(session, conversation)
        assert own_data.act(session, settings, conversation, yes)  # twice is no error
    assert wipe.rewrite(database)
    assert in_files(database, {mark(5)}) == {}


def test_in_the_chat_a_request_of_this_conversation_is_erased_and_no_other(database, settings):
    conversation = start(database)
    with database.session() as session:
        fill_referral(session, "SW-AAAA-AAAA", mark(1), now(), conversation_id=conversation)
        fill_referral(session, "SW-CCCC-CCCC", mark(2), now())
    with database.session() as session:
        offered = own_data.offer(session, conversation)
        assert "SW-CCCC-CCCC" not in str(offered)
        ask = choice(offered, "Wis aanvraag SW-AAAA-AAAA")
        (question,) = own_data.act(session, settings, conversation, ask)
        (done,) = own_data.act(session, settings, conversation, choice(question, "Ja"))
        assert "WB-" in done.text
        own_data.act(session, settings, conversation, "wissen_aanvraag:SW-CCCC-CCCC")
        rows = session.execute(sa.select(Referral.reference)).scalars().all()
    assert rows == ["SW-CCCC-CCCC"]


def test_in_the_chat_someone_hears_that_it_is_preserved(database, settings):
    conversation = start(database)
    with database.session() as session:
        keep(session, kept.CONVERSATION, conversation)
        for answer in (own_data.ASK, f"{own_data.ERASE}:{erasure.new_code()}"):
            (told,) = own_data.act(session, settings, conversation, answer)
            assert "kan nu niet weg" in told.text
        assert log.get(session, conversation)


def test_on_whatsapp_the_words_that_erase_are_told_instead_of_a_button(database):
    conversation = start(database, channel="whatsapp")
    with database.session() as session:
        offered = own_data.offer(session, conversation)
    assert "wis dit gesprek" in offered.text
    assert list(offered.choices) == [own_data.SEE, own_data.ELSEWHERE]


def test_another_answer_of_the_same_intent_is_left_alone(database, settings):
    conversation = start(database)
    with database.session() as session:
        assert own_data.act(session, settings, conversation, "iets:anders") is None
