from datetime import timedelta

import pytest
import sqlalchemy as sa
from meta import wamid
from scripted_rasa import said

from bot.content import ContentError
from bot.conversations.model import Conversation, StoredMessage, TrackerEvent
from bot.database import now
from bot.privacy.model import VaultEntry
from bot.whatsapp import consent
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.texts import INBOUND, texts

SAYS = texts().consent
QUESTION = said("Hoeveel uur per week?", flow="zelfscan", step="uren")
LEFT = said("Goed, we stoppen.", flow="zelfscan")


def person_of(service):
    with service.database.session() as session:
        return session.execute(sa.select(WhatsAppPerson)).scalar()


@pytest.mark.parametrize(
    ("text", "outside", "inside"),
    [
        ("stop", "stop", None),
        ("STOP!", "stop", None),
        (" Stop. ", "stop", None),
        ("'stop'", "stop", None),
        ("stop berichten", "stop", "stop"),
        ("Afmelden", "stop", "stop"),
        ("geen  berichten\nmeer", "stop", "stop"),
        ("start", "start", "start"),
        ("Wis dit gesprek", "erase", "erase"),
        ("ik wil stoppen met mijn bedrijf", None, None),
        ("stoppen", None, None),
        ("hoe start ik", None, None),
        ("stop ermee ja", None, None),
        ("", None, None),
    ],
)
def test_only_a_whole_message_says_what_somebody_wants(text, outside, inside):
    assert consent.wish(texts(), text, in_flow=False) == outside
    assert consent.wish(texts(), text, in_flow=True) == inside


def test_who_says_stop_gets_a_confirmation_and_no_more(service):
    phone = service.phone()
    phone.send("hallo")
    service.settle()
    phone.send("STOP")
    service.settle()

    assert service.said()[-1] == SAYS["stopped"]
    assert service.turns() == []
    assert person_of(service).opted_out_at is not None
    assert consent.may_send(person_of(service), service.last().about)
    assert not consent.may_send(person_of(service), {"flow": None, "step": None})
    assert not consent.may_send(person_of(service), None)


def test_what_somebody_says_after_stop_is_not_read_and_not_kept(service):
    phone = service.phone()
    phone.send("hallo", "stop")
    service.settle()
    phone.send("ik heb toch een vraag", phone.message("image", {"id": "9"}))
    service.settle()

    assert service.turns() == []
    assert service.said().count(SAYS["still_stopped"]) == 1
    assert "ik heb toch een vraag" not in str(service.log())
    assert consent.may_send(person_of(service), service.last().about)


def test_who_stopped_and_writes_again_hears_once_a_day_that_nobody_reads_it(service):
    phone = service.phone()
    phone.send("hallo", "stop")
    phone.send("een")
    service.settle()
    with service.database.session() as session:
        for message in session.execute(sa.select(StoredMessage)).scalars():
            message.at -= timedelta(hours=25)
    phone.send("twee dingen")
    phone.send("drie dingen")
    service.settle()

    assert service.said().count(SAYS["still_stopped"]) == 2
    assert "112" in SAYS["still_stopped"]
    assert "113" in SAYS["still_stopped"]


def test_start_opens_the_conversation_again(service):
    phone = service.phone()
    phone.send("hallo", "stop")
    phone.send("Start")
    service.settle()
    phone.send("een vraag")
    service.settle()

    assert SAYS["started"] in service.said()
    assert service.turns() == ["een vraag"]
    assert person_of(service).opted_out_at is None


def test_start_is_an_ordinary_word_for_who_did_not_stop(service):
    service.phone().send("hallo", "start")
    service.settle()

    assert service.turns() == ["start"]


def test_stop_in_the_middle_of_a_flow_ends_only_the_flow(service):
    service.rasa.answers |= {"zelfscan": QUESTION, "stop": LEFT}
    phone = service.phone()
    phone.send("zelfscan")
    service.settle()
    phone.send("stop")
    service.settle()

    assert service.turns() == ["zelfscan", "stop"]
    assert person_of(service).opted_out_at is None
    assert service.said()[-1] == SAYS["left_flow"], "after the answer"
    phone.send("stop")
    service.settle()
    assert person_of(service).opted_out_at is not None


def test_stop_in_a_flow_is_still_that_after_a_reply_of_our_own(service):
    service.rasa.answers |= {"zelfscan": QUESTION, "stop": LEFT}
    phone = service.phone()
    phone.send("zelfscan")
    service.settle()
    phone.send(phone.message("audio", {"id": "1", "voice": True}), "stop")
    service.settle()

    assert service.turns() == ["zelfscan", "stop"]
    assert person_of(service).opted_out_at is None


def test_stop_messages_in_the_middle_of_a_flow_ends_the_messages(service):
    service.rasa.answers["zelfscan"] = QUESTION
    phone = service.phone()
    phone.send("zelfscan")
    service.settle()
    phone.send("stop berichten")
    service.settle()

    assert service.turns() == ["zelfscan"]
    assert person_of(service).opted_out_at is not None


def test_a_button_of_the_bot_named_stop_is_a_choice(service):
    service.rasa.answers["menu"] = said("Kies.", [("Stop", "/stoppen")])
    phone = service.phone()
    phone.send("menu")
    service.settle()
    phone.send(phone.tap(service.last().choices[0]["id"], "Stop"))
    service.settle()

    assert service.turns()[-1] == "/stoppen"
    assert person_of(service).opted_out_at is None


def test_a_button_of_a_template_that_says_stop_stops_the_messages(service):
    phone = service.phone()
    phone.send("hallo")
    service.settle()
    phone.send(phone.message("button", {"payload": "x", "text": "Afmelden"}))
    service.settle()

    assert person_of(service).opted_out_at is not None


def test_what_waited_to_be_sent_is_not_sent_after_stop(any_database, people):
    with any_database.session() as session:
        moment = now()
        session.add(
            Conversation(id="c", channel="whatsapp", created_at=moment, last_message_at=moment)
        )
        session.add(
            WhatsAppPerson(
                conversation_id="c", key="k", address="", rendered_seq=0, created_at=moment
            )
        )
        session.flush()
        for seq, status in enumerate(("sent", "waiting", "waiting"), start=1):
            session.add(
                WhatsAppDelivery(
                    conversation_id="c",
                    seq=seq,
                    part=0,
                    kind="message",
                    body="",
                    status=status,
                    attempts=0,
                    next_attempt_at=moment,
                    created_at=moment,
                )
            )
        session.flush()
        consent.opt_out(session, session.get(WhatsAppPerson, "c"))

    with any_database.session() as session:
        query = sa.select(WhatsAppDelivery.status).order_by(WhatsAppDelivery.seq)
        assert list(session.execute(query).scalars()) == ["sent", "cancelled", "cancelled"]


def test_who_asks_for_it_has_everything_erased(service):
    phone = service.phone()
    phone.send("mijn nummer is 06 12345678")
    service.settle()
    (before,) = service.conversations()
    phone.send("Wis dit gesprek")
    service.settle()

    (after,) = service.conversations()
    assert after != before
    assert service.log() == [("out", SAYS["erased"])]
    with service.database.session() as session:
        for table in (VaultEntry, TrackerEvent):
            assert session.execute(sa.select(sa.func.count(table.id))).scalar() == 0
    phone.send("een nieuwe vraag")
    service.settle()
    assert service.conversations() == [after]
    assert service.turns()[-1] == "een nieuwe vraag"


def test_who_stopped_can_have_everything_erased_and_stays_stopped(service):
    phone = service.phone()
    phone.send("hallo", "stop", "wis alles")
    service.settle()

    assert service.log() == [("out", SAYS["erased"])]
    person = person_of(service)
    assert person.opted_out_at is not None
    assert consent.may_send(person, service.last().about)
    assert person.last_in_at is not None


def test_the_same_stop_twice_is_one_stop(service):
    phone = service.phone()
    phone.send("hallo")
    stop = phone.text("stop", id=wamid())
    phone.send(stop)
    service.settle()
    phone.send("start")
    service.settle()
    phone.send(stop)
    service.settle()

    assert person_of(service).opted_out_at is None


def test_a_mistake_in_the_texts_is_named_in_dutch(tmp_path):
    path = tmp_path / "inbound.yml"
    whole = INBOUND.read_text()
    path.write_text(whole.replace("  voice:", "  stem:"))
    with pytest.raises(ContentError, match="onbekend veld: stem"):
        texts(path)

    path = tmp_path / "twice.yml"
    path.write_text(whole.replace("start: [start,", "start: [stop, start,"))
    with pytest.raises(ContentError, match="'stop' staat ook bij"):
        texts(path)
