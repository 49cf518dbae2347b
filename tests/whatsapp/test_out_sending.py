"""The worker against a peer that enforces Meta's limits: order, outages, back-off, the window."""

import asyncio
import datetime

import aiohttp
import pytest
from graph_peer import PNG, GraphPeer, Refusal
from out_office import NEWS, Office, until

from bot.assessment import results
from bot.assessment.page import Bar, Page
from bot.conversations import log
from bot.conversations.messages import About
from bot.flows.model import Progress
from bot.gateway.whatsapp import sending
from bot.whatsapp import consent, outbox, outcomes
from bot.whatsapp.deliveries import CLAIM_FOR
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.templates import READ
from bot.whatsapp.window import remaining

ONE, TWO = "31600000001", "31600000002"


@pytest.fixture
async def peer():
    peer = await GraphPeer().start()
    peer.templates.add((NEWS, "nl"))
    yield peer
    await peer.stop()


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def office(database):
    return Office(database)


@pytest.fixture
def sender(office, peer, http):
    peer.clock = office.clock.seconds
    return office.sender(peer, http)


async def test_what_the_bot_says_is_sent_in_order_to_each_person(any_database, peer, http):
    office = Office(any_database)
    one, two = office.meet(ONE), office.meet(TWO)
    office.say(one, "Eerst.", "Daarna.")
    office.say(two, "Hallo.", choices=["Ja", "Nee"])
    office.say(one, "Tot slot.")

    await office.sender(peer, http).settle()

    assert peer.texts(ONE) == ["Eerst.", "Daarna.", "Tot slot."]
    assert peer.texts(TWO) == ["Hallo.\nJa\nNee"]
    assert set(office.statuses()) == {"sent"}
    assert peer.most_at_once == 1
    assert peer.refused == []


async def test_who_hides_their_number_gets_it_by_their_business_scoped_id(office, peer, sender):
    conversation = office.meet(None, "NL.13491208655302741918")
    office.say(conversation, "Hallo.")

    await sender.settle()

    assert peer.taken[0]["recipient"] == "NL.13491208655302741918"
    assert "to" not in peer.taken[0]


async def test_details_are_put_back_for_the_person_and_kept_encrypted_only(office, peer, sender):
    conversation = office.meet()
    with office.database.session() as session:
        masked = office.vault.mask(
            session, conversation, "bel 06 12345678 of _jan_@voorbeeld.example"
        )
    office.say(conversation, f"Klopt dit: {masked}?")

    with office.database.session() as session:
        outbox.render_new(session, office.people, office.vault, conversation, office.clock())
    assert "12345678" not in office.rows()[0].body
    await sender.settle()

    assert peer.texts() == ["Klopt dit: bel 06 12345678 of ˍjanˍ@voorbeeld.example?"]
    row = office.rows()[0]
    assert not row.wamid.startswith("wamid")


async def test_an_outage_of_hours_loses_nothing_and_ends_in_order(office, peer, sender):
    one, two = office.meet(ONE), office.meet(TWO)
    await peer.stop()
    for number in range(6):
        office.say(one, f"Bericht {number}.")
        office.say(two, f"Ook {number}.")
        await sender.settle()
        office.clock.forward(minutes=30)
    assert peer.taken == []
    assert set(office.statuses()) == {"waiting"}

    await peer.start()
    for _ in range(3):
        office.clock.forward(minutes=2)
        await sender.settle()

    assert peer.texts(ONE) == [f"Bericht {number}." for number in range(6)]
    assert peer.texts(TWO) == [f"Ook {number}." for number in range(6)]
    assert set(office.statuses()) == {"sent"}


async def test_an_outage_with_errors_is_asked_less_and_less(office, peer, sender):
    peer.always = Refusal(131016, "Service unavailable", 503)
    office.say(office.meet(), "Hallo.")
    for _ in range(600):
        await sender.settle()
        office.clock.forward(seconds=6)
    calls = peer.calls

    peer.always = None
    for _ in range(60):
        office.clock.forward(seconds=6)
        await sender.settle()

    assert 8 <= calls <= 24
    assert peer.texts() == ["Hallo."]


@pytest.mark.parametrize(
    ("code", "status", "others_wait"),
    [
        *[(code, 400, True) for code in (130429, 131048, 80007, 4, 368)],
        *[(code, 500, False) for code in (1, 2, 131000, 131016)],
        (131056, 400, False),
        (None, 502, False),
        (None, 429, True),
    ],
)
async def test_an_error_that_passes_is_tried_again_later(
    office, peer, sender, code, status, others_wait
):
    one, two = office.meet(ONE), office.meet(TWO)
    office.say(one, "Eerst.", "Daarna.")
    peer.script.append(Refusal(code, "later", status))
    await sender.settle()
    office.say(two, "Hallo.")
    await sender.settle()
    assert peer.texts(TWO) == ([] if others_wait else ["Hallo."])
    if code is not None:
        assert office.rows(one)[0].error_code == code

    for _ in range(4):
        office.clock.forward(minutes=1)
        await sender.settle()

    assert peer.texts(ONE) == ["Eerst.", "Daarna."]
    assert peer.texts(TWO) == ["Hallo."]
    assert office.rows(one)[0].error_code is None


@pytest.mark.parametrize("code", [131026, 131050, 470, 130472, 131049, 100, 131009, 999999])
async def test_an_error_that_stays_is_given_up_and_the_console_shows_it(
    office, peer, sender, code, caplog
):
    one = office.meet(ONE)
    office.say(one, "Geheim verhaal.", "Daarna.")
    peer.script.append(Refusal(code, "not to +31 6 12345678 ever"))
    await sender.settle()

    with office.database.session() as session:
        (failed,) = outbox.failed(session, ["Voorbeeldstad"], 10)
        assert outbox.failed(session, ["Elders"], 10) == []
    assert (failed.conversation_id, failed.code, failed.seq) == (one, code, 1)
    assert "12345678" not in failed.error
    assert office.statuses(one) == ["failed", "sent"]
    assert office.rows(one)[0].body == ""
    for secret in ("Geheim", "12345678", ONE):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("code", "status"), [(190, 401), (0, 401), (10, 403), (200, 403), (None, 401)]
)
async def test_a_refused_token_stops_sending_until_it_is_mended(
    office, peer, sender, code, status, caplog
):
    for number in range(20):
        office.say(office.meet(f"316000000{number:02}"), "Hallo.")
    peer.always = Refusal(code, "Error validating access token", status)
    for _ in range(12):
        await sender.settle()
        office.clock.forward(seconds=5)
    assert peer.calls <= sending.MOST_AT_ONCE
    with office.database.session() as session:
        assert not outbox.health(session, office.clock()).ok
    assert not sending.is_sending(office.database)
    assert [record.levelname for record in caplog.records].count("ERROR") >= 1

    peer.always = None
    for _ in range(3):
        office.clock.forward(minutes=1)
        await sender.settle()

    assert len(peer.taken) == 20
    assert sending.is_sending(office.database)


async def test_after_the_window_a_template_goes_and_the_message_when_the_person_answers(
    any_database, peer, http
):
    office = Office(any_database)
    sender = office.sender(peer, http)
    conversation = office.meet(ONE)
    office.clock.forward(hours=25)
    peer.closed.add(ONE)
    office.say(conversation, "Er is nieuws over je aanvraag.", "Ben je geholpen?")
    await sender.settle()
    office.clock.forward(hours=2)
    await sender.settle()

    assert peer.texts() == [f"template {NEWS}"]
    payload = peer.taken[0]["template"]["components"][0]["parameters"][0]["payload"]
    assert payload == READ
    with office.database.session() as session:
        health = outbox.health(session, office.clock())
        assert (health.held, health.waiting) == (2, 0)
        person = session.get(WhatsAppPerson, conversation)
        assert remaining(person, office.clock()) == datetime.timedelta(0)

    peer.closed.clear()
    office.writes(conversation)
    office.say(conversation, "Antwoord.")
    await sender.settle()

    assert peer.texts()[1:] == [
        "Er is nieuws over je aanvraag.",
        "Ben je geholpen?",
        "Antwoord.",
    ]
    assert peer.refused == []
    with office.database.session() as session:
        person = session.get(WhatsAppPerson, conversation)
        assert remaining(person, office.clock()) == datetime.timedelta(hours=24)


async def test_news_of_a_referral_has_a_template_of_its_own_and_nobody_gets_two_a_day(
    office, peer, http
):
    peer.templates |= {("nieuws", "nl"), ("vraag", "nl")}
    settings = ("referral_news=nieuws:nl", "closing_question=vraag:nl")
    sender = office.sender(peer, http, templates=settings)
    conversation = office.meet(ONE)
    other = office.meet(TWO)
    office.clock.forward(days=2)
    office.say(conversation, "Nieuws.", about=About("doorverwijzing_status", flow="status"))
    office.say(other, "Iets anders.")
    await sender.settle()
    question = About("doorverwijzing_status", flow="status", step="geholpen")
    office.say(conversation, "Ben je geholpen?", about=question)
    await sender.settle()
    assert peer.texts() == ["template nieuws"]

    office.clock.forward(days=1)
    await sender.settle()

    assert peer.texts() == ["template nieuws", "template vraag"]
    assert office.statuses(other) == ["waiting"]


async def test_a_template_that_is_not_known_at_meta_is_shown_and_the_message_stays(
    office, peer, sender
):
    peer.templates.clear()
    conversation = office.meet(ONE)
    office.clock.forward(days=2)
    office.say(conversation, "Nieuws.")
    await sender.settle()

    with office.database.session() as session:
        (failed,) = outbox.failed(session)
    assert failed.code == 132001
    office.writes(conversation)
    await sender.settle()
    assert peer.texts() == ["Nieuws."]


async def test_a_template_that_waited_is_not_sent_to_who_wrote_in_the_meantime(
    office, peer, sender
):
    conversation = office.meet(ONE)
    office.clock.forward(days=2)
    office.say(conversation, "Nieuws.")
    await peer.stop()
    await sender.settle()
    office.clock.forward(minutes=5)
    office.writes(conversation)
    await peer.start()
    await sender.settle()
    office.clock.forward(days=3)
    await sender.settle()

    assert peer.texts() == ["Nieuws."]
    assert "cancelled" in office.statuses()


async def test_where_our_clock_is_wrong_about_the_window_meta_is_right(office, peer, sender):
    conversation = office.meet(ONE)
    peer.closed.add(ONE)
    office.say(conversation, "Nieuws.")
    await sender.settle()

    assert peer.texts() == [f"template {NEWS}"]
    assert office.person(conversation).last_in_at <= office.clock() - datetime.timedelta(hours=24)
    peer.closed.clear()
    office.writes(conversation)
    office.clock.forward(seconds=10)
    await sender.settle()
    assert peer.texts() == [f"template {NEWS}", "Nieuws."]


async def test_who_stopped_gets_the_confirmation_and_nothing_else(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, "Wacht op je.")
    await peer.stop()
    await sender.settle()
    with office.database.session() as session:
        consent.opt_out(session, session.get(WhatsAppPerson, conversation))
        log.put_out(session, conversation, [consent.notice("Je krijgt niets meer.", "afgemeld")])
    office.say(conversation, "Nog een vraag?")
    await peer.start()
    office.clock.forward(minutes=5)
    await sender.settle()
    office.clock.forward(days=2)
    office.say(conversation, "Nieuws.")
    await sender.settle()

    assert peer.texts() == ["Je krijgt niets meer."]
    assert office.statuses() == ["cancelled", "sent"]


async def test_what_was_being_tried_when_somebody_stopped_is_not_tried_again(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, "Hallo.")

    def stop(_):
        with office.database.session() as session:
            office.clock.forward(seconds=1)
            session.get(WhatsAppPerson, conversation).opted_out_at = office.clock()
        return Refusal(131016, "later", 503)

    peer.script.append(stop)
    await sender.settle()
    office.clock.forward(minutes=10)
    await sender.settle()

    assert peer.taken == []
    assert office.statuses() == ["cancelled"]
    assert office.rows()[0].body == ""


async def test_an_erased_conversation_leaves_nothing_behind(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, "Een.", "Twee.")

    def erase(_):
        with office.database.session() as session:
            log.erase(session, conversation)

    peer.script.append(erase)
    await sender.settle()

    assert peer.texts() == ["Een."]
    assert office.rows() == []


async def test_a_flood_keeps_to_the_pair_rate_and_arrives_whole_and_in_order(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, *(f"Deel {number}." for number in range(70)))
    at = []
    taken = 0
    while len(peer.taken) < 70:
        await sender.settle()
        at += [office.clock.seconds()] * (len(peer.taken) - taken)
        taken = len(peer.taken)
        office.clock.forward(seconds=1)

    assert peer.texts() == [f"Deel {number}." for number in range(70)]
    assert peer.refused == []
    assert all(later - sooner >= 50 * 6 - 1 for sooner, later in zip(at, at[70:], strict=False))
    assert at[-1] - at[0] >= 50 * 6 - 6


async def test_an_ordinary_conversation_is_never_slowed_down(office, peer, sender):
    conversation = office.meet(ONE)
    for number in range(34):  # the zelfscan, by somebody who answers every 4 seconds
        office.say(conversation, f"Vraag {number}.")
        await sender.settle()
        assert len(peer.taken) == number + 1
        office.clock.forward(seconds=4)


async def test_meta_saying_too_fast_slows_only_that_person(office, peer, sender):
    one, two = office.meet(ONE), office.meet(TWO)
    peer._paid[ONE] = office.clock.seconds() + 45 * 6 + 30
    office.say(one, "Een.")
    office.say(two, "Twee.")
    await sender.settle()
    assert peer.texts() == ["Twee."]
    for _ in range(60):
        office.clock.forward(seconds=10)
        await sender.settle()

    assert peer.texts() == ["Twee.", "Een."]
    assert len(peer.refused) <= 5


async def test_the_picture_of_a_real_zelfscan_is_uploaded_and_sent_by_its_id(office, peer, sender):
    conversation = office.meet(ONE)
    page = Page("Jouw profiel", "Dit zeiden je antwoorden.", [], [Bar("Motieven", "carries", 0.8)])
    with office.database.session() as session:
        made = results.keep(session, conversation, "zelfscan", Progress(run="r1"), page)
    image = {"url": office.links.address(made, "png"), "alt": page.alt()}
    office.say(conversation, "Dit is je profiel.", choices=["Verder"], image=image)

    await sender.settle()

    ((name, picture),) = peer.media.items()
    assert picture.startswith(PNG)
    assert peer.taken[0]["image"] == {"id": name, "caption": page.alt()}
    assert peer.texts()[1:] == ["Dit is je profiel.\nVerder"]


async def test_a_picture_that_is_gone_is_said_in_words(office, peer, sender):
    conversation = office.meet(ONE)
    image = {"url": office.links.address("weg", "png"), "alt": "Je profiel: motieven sterk."}
    office.say(conversation, "Kijk.", image=image)

    await sender.settle()

    assert peer.texts() == ["Je profiel: motieven sterk.", "Kijk."]


@pytest.mark.parametrize("code", [131052, 131053])
async def test_a_picture_that_meta_cannot_take_is_said_in_words(office, peer, sender, code):
    conversation = office.meet(ONE)
    image = {"url": "https://elders.example/p.png", "alt": "Een kaart van de stad."}
    office.say(conversation, "Kijk.", image=image)
    peer.script.append(Refusal(code, "Media upload error"))

    await sender.settle()

    assert [body["type"] for body in peer.taken] == ["text", "text"]
    assert peer.texts() == ["Een kaart van de stad.", "Kijk."]


async def test_no_answer_and_no_news_makes_it_go_again_at_most_once_more(office, peer, http):
    """At least once: the documented case in which somebody may read the same thing twice."""
    sender = office.sender(peer, http)
    conversation = office.meet(ONE)
    office.say(conversation, "Hallo.", "Daarna.")
    peer.script.append("drop")
    await sender.settle()
    assert peer.texts() == ["Hallo."]
    assert office.statuses() == ["waiting", "waiting"]
    office.clock.forward(seconds=outcomes.GRACE.total_seconds() - 1)
    await sender.settle()
    assert len(peer.taken) == 1

    office.clock.forward(seconds=2)
    await sender.settle()

    assert peer.texts() == ["Hallo.", "Hallo.", "Daarna."]


async def test_no_answer_but_news_of_it_sends_nothing_twice(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, "Hallo.", "Daarna.")
    peer.script.append("drop")
    await sender.settle()
    status = peer.status(0, "sent")
    with office.database.session() as session:
        assert outbox.record_status(
            session,
            office.people,
            status["id"],
            status["status"],
            office.clock(),
            (),
            status["biz_opaque_callback_data"],
        )
    for _ in range(3):
        office.clock.forward(minutes=1)
        await sender.settle()

    assert peer.texts() == ["Hallo.", "Daarna."]


async def test_a_call_that_hangs_keeps_nobody_else_waiting_for_ever(office, peer, http):
    sender = office.sender(peer, http, timeout=0.3)
    one, two = office.meet(ONE), office.meet(TWO)
    peer.script.append("hang")
    office.say(one, "Hallo.")
    await sender.settle()
    office.say(two, "Jij ook.")
    for _ in range(2):
        office.clock.forward(minutes=1)
        await sender.settle()

    assert sorted(peer.texts()) == ["Hallo.", "Jij ook."]


async def test_two_workers_at_once_send_nothing_twice(any_database, peer, http):
    office = Office(any_database)
    people = [office.meet(f"3160000000{number}") for number in range(6)]
    for conversation in people:
        office.say(conversation, *(f"Deel {number}." for number in range(5)))

    one, two = office.sender(peer, http), office.sender(peer, http)
    await asyncio.gather(one.settle(), two.settle())
    for sender in (one, two):
        await sender.settle()

    assert len(peer.taken) == 30
    assert peer.most_at_once == 1
    for number in range(6):
        assert peer.texts(f"3160000000{number}") == [f"Deel {part}." for part in range(5)]


async def test_run_is_woken_and_stops_when_told(office, peer, sender):
    task = asyncio.create_task(sender.run(every=60))
    await asyncio.sleep(0)
    office.say(office.meet(ONE), "Hallo.", "Nog iets.")
    await until(lambda: sender._tidied)
    sender.wake()
    await until(lambda: len(peer.taken) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert office.statuses() == ["sent", "sent"]


async def test_who_was_sending_and_died_is_followed_up_after_the_claim(office, peer, sender):
    conversation = office.meet(ONE)
    office.say(conversation, "Hallo.")
    with office.database.session() as session:
        outbox.render_new(session, office.people, office.vault, conversation, office.clock())
    with office.database.session() as session:
        row = session.query(WhatsAppDelivery).one()
        row.status, row.claimed_until = "sending", office.clock() + CLAIM_FOR
    await sender.settle()
    assert peer.taken == []

    office.clock.forward(seconds=CLAIM_FOR.total_seconds())
    await sender.settle()

    assert peer.texts() == ["Hallo."]


async def test_a_message_under_a_key_that_is_gone_fails_alone(office, peer, sender):
    office.say(office.meet(ONE), "Oud.")
    with office.database.session() as session:
        conversation = session.query(WhatsAppPerson).one().conversation_id
        outbox.render_new(session, office.people, office.vault, conversation, office.clock())
        session.query(WhatsAppDelivery).one().body = "gAAAAAB"
    office.say(office.meet(TWO), "Nieuw.")

    await sender.settle()

    assert peer.texts() == ["Nieuw."]
    with office.database.session() as session:
        assert "SECRET_KEY_OLD" in outbox.failed(session)[0].error


async def test_words_under_a_number_that_was_free_again_are_seen(office, peer, sender):
    """SQLite gives the number of an erased message to the next one."""
    erased = office.meet(TWO)
    conversation = office.meet(ONE)
    office.say(conversation, "Eerst.")
    office.say(erased, *("Weg." for _ in range(4)))
    await sender.settle()
    with office.database.session() as session:
        log.erase(session, erased)
    office.say(conversation, "Daarna.")
    await sender.settle()

    assert peer.texts(ONE) == ["Eerst.", "Daarna."]
