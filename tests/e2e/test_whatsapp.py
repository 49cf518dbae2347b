"""Conversations over WhatsApp with the running product, from the first word to the last status.

The person taps buttons and rows that arrived, and types. Meta is a server on loopback that refuses
every message that is over a limit; our own pace (20 messages at once, then one in 6 seconds) holds.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from product import Product
from whatsapp_person import NEWS, QUESTION, Body, Person, WhatsApp

from bot.database import now
from bot.referral import life
from bot.referral.model import Handover, Referral
from bot.settings import ROOT
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppPerson
from bot.whatsapp.texts import texts

STATEMENTS = 18
ARTEFACT = ROOT / "results" / "whatsapp-gesprek.json"
A_DAY = datetime.timedelta(hours=25)
SAYS = texts().consent
numbers = itertools.count(31600000101)
Meet = Callable[[], Person]


@pytest.fixture(scope="module")
def whatsapp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhatsApp]:
    """A product of our own with WhatsApp around it."""
    around = WhatsApp()
    product = Product(tmp_path_factory.mktemp("whatsapp"), **around.environment)
    around.join(product)
    try:
        product.start("actions", "rasa")
        product.start("web")
        yield around
    finally:
        product.stop()
        around.close()


@pytest.fixture
def meet(whatsapp: WhatsApp) -> Iterator[Meet]:
    """Makes somebody new; afterwards Meta has refused nothing, and never had two at once."""

    def new() -> Person:
        return Person(whatsapp, str(next(numbers)))

    yield new
    over_a_limit = [(body, code) for body, code in whatsapp.peer.refused if code != 131047]
    assert over_a_limit == []
    assert whatsapp.peer.most_at_once == 1


def short_scan(person: Person) -> str:
    """Starts the short zelfscan; the first statement is asked."""
    person.say("ik wil de zelfscan doen")
    return person.press("Kort")


def asked(person: Person) -> list[int]:
    """The numbers of the statements that came, in the order in which they came."""
    words = " ".join(json.dumps(body) for body in person.received)
    return [int(number) for number in re.findall(rf"\*Vraag (\d+) van {STATEMENTS}\.", words)]


def request_contact(person: Person, number: str = "0612345679") -> str:
    """Asks for an adviser, agrees, and gives a phone number; the reference of the request."""
    person.say("ik wil graag met iemand praten")
    person.press("Ik heb bijstand")
    person.press("Mijn inkomen of uitkering")
    person.press("geen haast")
    assert "Werk en Inkomen" in person.say("Mag ik parttime beginnen als schoonmaker?")
    person.press("Ja, dat is goed")
    consent = person.press("Ja, voor mezelf")
    assert "180 dagen" in consent
    assert "schoonmaker" in consent, "what goes along is read before it is approved"
    assert "telefoonnummer" in person.press("Ja, ik geef toestemming")
    assert "06 12345679" in person.say(number), "who gave the number reads it back"
    person.press("Ja, dat klopt")
    found = re.search(r"SW-\w{4}-\w{4}", person.say("na 17 uur"))
    assert found
    return found.group()


def conversation_of(whatsapp: WhatsApp, person: Person) -> str:
    settings = whatsapp.product.settings
    people = People(settings.secret_key, (), settings.whatsapp_phone_number_id)
    with whatsapp.database.session() as session:
        found = people.find(session, Address(person.wa_id))
        assert found is not None
        return str(found.conversation_id)


def restart(product: Product, number: int = signal.SIGTERM) -> None:
    product.signal("web", number)
    product.start("web")


def test_a_whole_zelfscan_ends_with_the_profile_as_a_picture(
    whatsapp: WhatsApp, meet: Meet
) -> None:
    person = meet()
    greeting = person.say("hoi")
    assert "geen mens" in greeting
    assert "stop berichten" in greeting
    person.press("Zelfscan")
    person.press("Kort")
    ways: Iterator[Callable[[], str]] = itertools.cycle(
        [
            lambda: person.press("Helemaal mee eens"),
            lambda: person.say("2"),
            lambda: person.say("twee"),
            lambda: person.press("Soms wel"),
            lambda: person.say("mee eens"),
        ]
    )
    for number in range(2, STATEMENTS + 1):
        assert f"Vraag {number} van {STATEMENTS}" in next(ways)()
    result = person.press("Mee eens")

    assert asked(person) == list(range(1, STATEMENTS + 1))
    picture, *said = person.news
    assert picture["type"] == "image"
    assert whatsapp.peer.media[picture["image"]["id"]].startswith(b"\x89PNG")
    assert "Wat je drijft: " in picture["image"]["caption"]
    assert "Dank je, je bent klaar." in result
    assert "geen oordeel" in result
    assert "/pdf" in result
    assert said[-1]["type"] == "interactive"
    assert person.press("Nog niet")
    reads = [one["call"] for one in person.log if one.get("call", {}).get("status") == "read"]
    assert len(reads) >= STATEMENTS, "each message is marked as read, and somebody types"
    keep(person.log)


def keep(log: list[Body]) -> None:
    """Leaves the conversation where who checks the product can read it."""
    ARTEFACT.parent.mkdir(exist_ok=True)
    ARTEFACT.write_text(json.dumps(log, ensure_ascii=False, indent=1) + "\n")


def test_a_referral_with_consent_reaches_the_desk_and_nothing_can_be_read(
    whatsapp: WhatsApp, meet: Meet
) -> None:
    product, person = whatsapp.product, meet()
    reference = request_contact(person)

    stored = json.loads(product.cli("referrals", "list", "--json"))
    (mine,) = [one for one in stored if one["reference"] == reference]
    assert (mine["situation"], mine["gemeente"]) == ("bijstand", "Voorbeeldstad")
    with whatsapp.database.session() as session:
        query = sa.select(Handover.about).where(Handover.reference == reference)
        assert list(session.execute(query).scalars()) == ["nieuw"]
    status = person.say("hoe staat het met mijn aanvraag?")
    assert reference in status
    assert "ontvangen" in status
    person.press("Nee, klaar")
    kept = product.database_bytes() + product.logs().encode()
    for secret in (person.wa_id, "612345679", "12345679", "wamid."):
        assert secret.encode() not in kept
    shown = product.cli("conversations", "show", conversation_of(whatsapp, person))
    assert "12345679" not in shown
    assert person.wa_id not in shown


def test_a_voice_note_and_a_photo_get_a_kind_answer_and_the_scan_goes_on(meet: Meet) -> None:
    person = meet()
    short_scan(person)
    person.press("Mee eens")
    voice = {"id": "900", "mime_type": "audio/ogg; codecs=opus", "sha256": "x", "voice": True}
    assert "kan ik niet beluisteren" in person.do(person.message("audio", voice))
    photo = {"id": "901", "mime_type": "image/jpeg", "sha256": "y"}
    assert "kan ik niet bekijken" in person.do(person.message("image", photo))
    assert "Vraag 3 van" in person.press("Niet mee eens"), "the choices came along again"

    with_words = person.do(person.message("image", {**photo, "caption": "mee eens"}))
    assert with_words.index("Vraag 4 van") < with_words.index(texts().only_words)
    assert asked(person) == [1, 2, 3, 4]


def test_several_messages_in_one_webhook_are_answered_in_their_order(meet: Meet) -> None:
    person = meet()
    short_scan(person)
    person.do(*(person.text(said) for said in ("5", "1", "eens")))

    assert asked(person) == [1, 2, 3, 4]


def test_stop_ends_the_scan_then_the_messages_and_start_brings_them_back(
    whatsapp: WhatsApp, meet: Meet
) -> None:
    person = meet()
    short_scan(person)
    person.press("Mee eens")
    left = person.say("stop")
    assert left.index("bewaard") < left.index(SAYS["left_flow"])
    assert person.say("Stop!") == SAYS["stopped"]
    reminder = person.say("mag ik nog een vraag stellen over mijn kaarsenwinkel?")
    assert "112" in reminder
    assert "113" in reminder
    assert person.say("en over de markt?") == "", "one reminder a day"
    shown = whatsapp.product.cli("conversations", "show", conversation_of(whatsapp, person))
    assert "kaarsenwinkel" not in shown

    assert person.say("start") == SAYS["started"]
    assert "verder" in person.say("ik wil verder met de zelfscan")
    assert asked(person) == [1, 2, 2]
    old = conversation_of(whatsapp, person)
    assert person.say("wis dit gesprek") == SAYS["erased"]
    assert old not in whatsapp.product.cli("conversations", "list", "--json")


def test_kill_9_in_the_middle_of_the_scan_loses_nothing_and_doubles_nothing(
    whatsapp: WhatsApp, meet: Meet
) -> None:
    person = meet()
    short_scan(person)
    person.press("Mee eens")

    person.post(person.text("eens"))  # acknowledged: it must survive
    restart(whatsapp.product, signal.SIGKILL)
    whatsapp.settle()
    assert asked(person) == [1, 2, 3]

    killed = threading.Event()

    def kill(_: Body) -> None:
        """The worst moment: Meta has the message, and we do not know."""
        whatsapp.product.signal("web", signal.SIGKILL)
        killed.set()

    whatsapp.peer.script.append(kill)
    person.post(person.pressed("Helemaal mee eens"))
    assert killed.wait(60)
    whatsapp.product.start("web")
    whatsapp.settle()
    person.press("Soms wel")

    assert asked(person) == [1, 2, 3, 4, 5]


def test_news_of_a_request_comes_by_itself(whatsapp: WhatsApp, meet: Meet) -> None:
    person = meet()
    reference = request_contact(person)
    before = len(person.received)
    whatsapp.product.cli("referrals", "set", reference, life.IN_HAND, "--by", "Test")
    whatsapp.until(lambda: len(person.received) > before)

    newest = person.received[-1]["interactive"]
    assert reference in newest["body"]["text"] and "in behandeling" in newest["body"]["text"]
    assert "Bekijk mijn aanvraag" in json.dumps(newest)


def test_the_closing_question_comes_at_once_or_behind_a_template(
    whatsapp: WhatsApp, meet: Meet
) -> None:
    recent, by_our_clock, by_metas_clock = people = [meet() for _ in range(3)]
    references = [request_contact(person) for person in people]
    with whatsapp.database.session() as session:
        away = session.get(WhatsAppPerson, conversation_of(whatsapp, by_our_clock))
        away.last_in_at = now() - A_DAY
    whatsapp.peer.closed |= {by_our_clock.wa_id, by_metas_clock.wa_id}
    with whatsapp.database.session() as session:
        for reference in references:  # without the news of it, that would come first
            life.change(session, session.get(Referral, reference), life.IN_HAND, "Test")
    for reference in references:
        whatsapp.product.cli("referrals", "set", reference, life.DONE, "--by", "Test")
    before = {person.wa_id: len(person.received) for person in people}
    restart(whatsapp.product)  # it puts what is due when it starts, and every minute
    whatsapp.until(lambda: all(len(one.received) > before[one.wa_id] for one in people))
    whatsapp.settle()

    for person in people:
        person.look()
    assert "Ben je geholpen?" in recent.received[-1]["interactive"]["body"]["text"]
    assert "Wat fijn" in recent.press("Ja")
    for person, reference in ((by_our_clock, references[1]), (by_metas_clock, references[2])):
        newest = person.received[-1]
        assert newest["template"]["name"] == QUESTION
        assert reference not in json.dumps(newest)
        whatsapp.peer.closed.discard(person.wa_id)
        question = person.press("Lees het bericht")
        assert reference in question
        assert "Ben je geholpen?" in question
        person.press("Een beetje")
    with whatsapp.database.session() as session:
        found = [session.get(Referral, reference).helped for reference in references]
    assert found == ["ja", "deels", "deels"]
    templates = [body for body in whatsapp.peer.taken if body["type"] == "template"]
    assert len(templates) == 2
    assert NEWS not in json.dumps(templates), "the closing question has its own"
