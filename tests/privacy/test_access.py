"""Seeing what is kept: all for the person, and without details for who has only a link."""

import json
from datetime import timedelta

import jwt
import pytest
import sqlalchemy as sa
from aiohttp import web
from everything import fill_conversation, fill_referral, mark

from bot.assessment import results
from bot.assessment.page import Page
from bot.conversations import log, ratings
from bot.conversations.log import Reply
from bot.conversations.model import StoredMessage, TrackerEvent
from bot.database import now
from bot.flows.model import Progress
from bot.gateway.access import Access
from bot.gateway.own_data import OwnData
from bot.gateway.problems import problems
from bot.privacy import access, erasure, kept, own_data, preserve
from bot.privacy.keys import derive
from bot.privacy.vault import Vault
from bot.referral.file import Referrals, find
from bot.settings import Settings
from bot.staff.accounts import Person

SECRET = "een-geheim-van-minstens-32-tekens-lang"
PHONE = "06 12345678"
OFFICER = Person(7, "Pim", "pim@voorbeeldstad.example", frozenset({"privacy"}), None)


@pytest.fixture
def settings(tmp_path):
    env = {"VAR_DIR": str(tmp_path), "SECRET_KEY": SECRET, "RASA_TOKEN": SECRET}
    return Settings.from_environment(env)


@pytest.fixture
def talk(any_database):
    """A conversation with a phone number in it, an answer, a rating and a result."""
    with any_database.session() as session:
        conversation = log.start(session, channel="web", gemeente="Assen", page="/starten").id
        said = Vault(SECRET).mask(session, conversation, f"Bel mij op {PHONE}")
        log.take_in(session, conversation, said)
        reply = Reply("Dat is goed.", [{"title": "Nog een vraag", "payload": "/hulp"}], about={})
        log.put_out(session, conversation, [reply], 1)
        ratings.rate(session, conversation, 2, "up")
        ratings.rate(session, conversation, ratings.WHOLE, "yes")
        page = Page("Jouw profiel", "Dit zie ik.", [])
        results.keep(session, conversation, "zelfscan", Progress("run", {"a": "1"}), page)
        for value in ("starten", "groeien"):
            event = {"event": "slot", "name": "fase", "value": value}
            session.add(
                TrackerEvent(sender_id=conversation, type_name="slot", data=json.dumps(event))
            )
            session.flush()
    return any_database, conversation


def overview(talk, settings, vault=None):
    database, conversation = talk
    with database.session() as session:
        return access.of_the_conversation(session, conversation, settings, vault)


def test_the_person_reads_back_all_that_is_kept_with_their_own_details(talk, settings):
    found = overview(talk, settings, Vault(SECRET))

    assert found["gesprek"]["gemeente"] == "Assen"
    assert [m["tekst"] for m in found["berichten"]] == [f"Bel mij op {PHONE}", "Dat is goed."]
    assert found["berichten"][1]["jouw_oordeel"] == "up"
    assert found["oordeel_over_het_gesprek"] == "yes"
    assert found["uitslagen_en_plannen"][0]["antwoorden"] == {"a": "1"}
    assert found["wat_de_bot_onthield"] == {"fase": "groeien"}
    assert found["aantallen"]["berichten"] == 2
    assert json.loads(json.dumps(found)) == found


def test_without_the_token_of_the_session_no_detail_is_in_it(talk, settings):
    text = json.dumps(overview(talk, settings))

    assert "12345678" not in text
    assert "[telefoon" not in text
    assert "Bel mij op (telefoonnummer weggelaten)" in text


def test_what_staff_noted_is_in_it_without_who_they_are(database, settings):
    with database.session() as session:
        fill_conversation(session, "gesprek-1", mark(1), now())
        session.execute(sa.update(StoredMessage).values(choices=[]))
    found = overview((database, "gesprek-1"), settings)

    assert found["werk_van_medewerkers"]["opmerkingen"][0].startswith(mark(1))
    assert found["werk_van_medewerkers"]["trefwoorden"]
    assert found["whatsapp"]["nummer"] == "bewaard, versleuteld"
    assert set(found["aantallen"]) == {*kept.OF_CONVERSATION, kept.WAITING_UPDATES}


def test_someone_reads_that_it_is_kept_longer_and_why(talk, settings):
    database, conversation = talk
    with database.session() as session:
        preserve.preserve(
            session,
            OFFICER,
            kept.CONVERSATION,
            conversation,
            ground="juridisch",
            reason="Bezwaar 12, dossier van Jansen",
            days=30,
            gemeente="Assen",
        )
    found = overview(talk, settings)

    assert "rechtszaak of een bezwaar" in found["langer_bewaard"]
    assert "Jansen" not in json.dumps(found)


def test_a_request_shows_its_contact_detail_only_to_who_proved_to_be_the_person(database, settings):
    referrals = Referrals(SECRET)
    with database.session() as session:
        fill_referral(session, "SW-AAAA-AAAA", mark(1), now())
        referral = find(session, "SW-AAAA-AAAA")
        referral.contact = referrals.sealed(PHONE)
        referral.context = [{"label": "Plan", "text": "Bakkerij"}]
        proven = access.of_the_referral(referrals, referral, settings, with_contact=True)
        other = access.of_the_referral(referrals, referral, settings, with_contact=False)

    assert proven["contact"]["gegeven"] == PHONE
    assert proven["gedeeld"] == [{"wat": "Plan", "tekst": "Bakkerij"}]
    assert PHONE not in json.dumps(other)
    assert json.dumps(proven)


def test_in_the_chat_the_kinds_are_counted_and_a_link_leads_to_all_of_it(talk, settings):
    database, conversation = talk
    with database.session() as session:
        (message,) = own_data.act(session, settings, conversation, own_data.SHOW)

    assert "- berichten: 2" in message.text
    token = message.text.split("/own-data/")[1].split(")")[0]
    assert access.Links(SECRET, "").read(token) == conversation


def test_a_link_holds_for_an_hour_and_for_nothing_else(settings):
    links = access.Links(SECRET, "https://bot.example")
    token = links.address("abc").rpartition("/")[2]
    old = {"sub": "abc", "exp": now() - timedelta(seconds=1)}
    key = derive(SECRET, "access link")

    assert links.read(token) == "abc"
    for wrong in (
        "x",
        token[:-2] + "AA",
        jwt.encode(old, key, algorithm="HS256"),
        jwt.encode({"sub": "abc"}, key, algorithm="HS256"),
        access.Links("een ander geheim van ruim 32 tekens lang", "").address("abc").split("/")[-1],
        results.Links(SECRET, "").address("abc", "pdf").split("/")[-2],
    ):
        with pytest.raises(access.InvalidLink):
            links.read(wrong)


@pytest.fixture
async def client(aiohttp_client, database, settings):
    app = web.Application(middlewares=[problems])
    app.add_routes(OwnData(settings, database, Access(settings), Vault(SECRET)).routes())
    return await aiohttp_client(app)


async def test_the_link_gives_a_file_that_nobody_keeps_on_the_way(client, database, settings):
    with database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
    path = access.Links(SECRET, "").address(conversation)

    response = await client.get(f"{path}/json")

    assert response.status == 200
    assert (await response.json())["gesprek"]["nummer"] == conversation
    assert response.headers["Content-Disposition"] == 'attachment; filename="mijn-gegevens.json"'
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_a_link_to_what_was_erased_says_that_it_is_gone(client, database, settings):
    with database.session() as session:
        conversation = log.start(session, channel="web", gemeente=None, page=None).id
    path = access.Links(SECRET, "").address(conversation)
    with database.session() as session:
        made = erasure.erase_conversation(session, conversation, by=erasure.CITIZEN)

    assert (await client.get(path)).status == 404
    assert (await client.get("/api/v1/own-data/onzin")).status == 404
    assert (await client.get("/api/v1/erasures/WB-AAAA-AAAA-AAAA")).status == 404
    response = await client.get(f"/api/v1/erasures/{made.code.lower()}")
    assert (await response.json())["removed"] == {"gesprek": 1}
