from dataclasses import replace

import pytest
from handover_office import SECRET
from handover_open_klant import ACTOR, TOKEN, OpenKlantPeer, errors

from bot.handover.desk import Progress, Refused, Unavailable
from bot.handover.open_klant import OpenKlant, contents, digital_address, new_contact, new_task
from bot.referral.file import Referrals
from bot.settings import Settings

DESK = {"kind": "open_klant", "actor": ACTOR}
STEPS = ("/maak-klantcontact", "/digitaleadressen", "/internetaken")
COMPONENTS = "#/components/schemas/"


@pytest.fixture
async def peer():
    made = await OpenKlantPeer().start()
    yield made
    await made.stop()


@pytest.fixture
def reference(office):
    office.add_desk("assen", DESK)
    return office.refer("assen")


@pytest.fixture
def message(office, reference):
    return office.message(Referrals(SECRET), f"{reference}.nieuw")


@pytest.fixture
def adapter(environment, peer):
    def made(**settings):
        given = {"OPENKLANT_URL": peer.url, "OPENKLANT_TOKEN": TOKEN, **settings}
        return OpenKlant(Settings.from_environment({**environment, **given}))

    return made


@pytest.fixture
def send(adapter):
    async def sent(message, done=None, address=DESK, **settings):
        progress = Progress(done or {})
        await adapter(**settings).send(address, message, progress)
        return progress.done

    return sent


def test_the_peer_knows_a_wrong_request_from_a_right_one(message):
    right = new_contact(message)
    assert errors(f"{COMPONENTS}MaakKlantcontact", right, request=True) == []

    for wrong in (
        {},
        {"klantcontact": {}},
        right | {"klantcontact": right["klantcontact"] | {"inhoud": "x" * 1001}},
        right | {"klantcontact": right["klantcontact"] | {"onderwerpp": "x"}},
        right | {"betrokkene": {"rol": "baas", "initiator": True}},
    ):
        assert errors(f"{COMPONENTS}MaakKlantcontact", wrong, request=True)


async def test_a_request_becomes_a_contact_an_address_and_a_task(peer, message, send):
    await send(message)

    (contact,), (person,) = peer.all("klantcontacten"), peer.all("betrokkenen")
    (address,), (task,) = peer.all("digitaleadressen"), peer.all("internetaken")
    assert contact["onderwerp"] == "Startwijzer: Ondernemersloket"
    assert contact["vertrouwelijk"] is True
    assert "Kan ik een bakkerij beginnen" in contact["inhoud"]
    assert peer.about[contact["uuid"]]["objectId"] == message.reference
    assert (person["rol"], person["initiator"]) == ("klant", True)
    assert (address["adres"], address["soortDigitaalAdres"]) == ("+31612345678", "telefoonnummer")
    assert address["verstrektDoorBetrokkene"]["uuid"] == person["uuid"]
    assert task["aanleidinggevendKlantcontact"]["uuid"] == contact["uuid"]
    assert [actor["uuid"] for actor in task["toegewezenAanActoren"]] == [ACTOR]
    assert task["status"] == "te_verwerken"
    assert task["gevraagdeHandeling"] == (
        "Neem contact op met de inwoner, uiterlijk woensdag 25 november 2026, 17.00 uur"
    )
    assert "bel na 17 uur" in task["toelichting"]
    assert "Mag dit naar het Ondernemersloket?" in task["toelichting"]
    order = [path for method, path, _, _ in peer.requests if method == "POST"]
    assert order == list(STEPS)


async def test_the_contact_detail_is_in_the_address_and_nowhere_else(peer, message, send):
    await send(message)

    elsewhere = [peer.all(n) for n in ("klantcontacten", "betrokkenen", "internetaken")]
    assert "12345678" not in str(elsewhere)


async def test_an_email_address_is_a_digital_address_too(office, peer, reference, send):
    office.refer("assen", contact="jan@example.nl")
    await send(office.message(Referrals(SECRET), "SW-ACEF-0002.nieuw"))

    (address,) = peer.all("digitaleadressen")
    assert (address["adres"], address["soortDigitaalAdres"]) == ("jan@example.nl", "email")


def counts(peer):
    return [len(peer.all(n)) for n in ("klantcontacten", "digitaleadressen", "internetaken")]


async def test_sending_twice_makes_nothing_twice(peer, message, send):
    done = await send(message)
    await send(message, done)
    await send(message)

    assert counts(peer) == [1, 1, 1]


@pytest.mark.parametrize("path", STEPS)
async def test_a_lost_answer_makes_nothing_twice(peer, message, send, path):
    """The call was done, the answer did not come: the next try finds what is there."""
    peer.lose = [path]
    with pytest.raises(Unavailable):
        await send(message)
    await send(message)

    assert counts(peer) == [1, 1, 1]


@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_a_crash_after_a_step_goes_on_with_the_next(peer, message, adapter, steps):
    class Crash(Exception):
        pass

    kept = []

    def keep(done):
        kept.append(dict(done))
        if len(kept) == steps:
            raise Crash

    with pytest.raises(Crash):
        await adapter().send(DESK, message, Progress({}, keep))
    before = [len(peer.posted(path)) for path in STEPS]
    await adapter().send(DESK, message, Progress(kept[-1]))

    assert before == [1, int(steps > 1), int(steps > 2)]
    assert [len(peer.posted(path)) for path in STEPS] == [1, 1, 1]


async def withdraw(office, reference):
    office.tell(reference, "ingetrokken", status="ingetrokken", contact=b"")
    return office.message(Referrals(SECRET), f"{reference}.ingetrokken")


async def test_a_withdrawal_removes_what_the_citizen_gave_and_tells_it(
    office, peer, reference, message, send
):
    await send(message)
    await send(await withdraw(office, reference))

    assert peer.all("digitaleadressen") == []
    first, stop = peer.all("internetaken")
    assert first["status"] == "verwerkt"
    assert stop["gevraagdeHandeling"] == "Neem geen contact meer op: de aanvraag is ingetrokken"
    everything = str([peer.all(name) for name in peer.kept])
    for gone in ("12345678", "bakkerij", "Bakkerij", "17 uur", "Mag dit"):
        assert gone not in everything


async def test_a_withdrawal_is_told_once_however_often_it_is_sent(
    office, peer, reference, message, send
):
    await send(message)
    withdrawn = await withdraw(office, reference)
    peer.lose = ["/internetaken"]
    with pytest.raises(Unavailable):
        await send(withdrawn)
    await send(withdrawn)

    assert len(peer.all("internetaken")) == 2
    assert [task["status"] for task in peer.all("internetaken")] == ["verwerkt", "te_verwerken"]


async def test_a_withdrawal_of_what_never_arrived_leaves_nothing(office, peer, reference, send):
    await send(await withdraw(office, reference))

    assert counts(peer) == [0, 0, 0]


async def test_a_change_replaces_the_address_and_the_question(
    office, peer, reference, message, send
):
    await send(message)
    office.tell(
        reference,
        "gewijzigd",
        contact_kind="email",
        contact=Referrals(SECRET).sealed("jan@example.nl"),
        question="Kan ik een slagerij beginnen?",
    )
    key = office.rows()[-1].key
    await send(office.message(Referrals(SECRET), key))

    assert [address["adres"] for address in peer.all("digitaleadressen")] == ["jan@example.nl"]
    (contact,) = peer.all("klantcontacten")
    assert "slagerij" in contact["inhoud"]
    assert "bakkerij" not in contact["inhoud"]
    assert len(peer.all("internetaken")) == 2


async def test_two_requests_do_not_mix(office, peer, reference, message, send):
    await send(message)
    other = office.refer("assen", contact="06 87654321")
    await send(office.message(Referrals(SECRET), f"{other}.nieuw"))
    await send(await withdraw(office, reference))

    assert [address["adres"] for address in peer.all("digitaleadressen")] == ["+31687654321"]
    assert len(peer.all("klantcontacten")) == 2


async def test_another_token_waits_for_who_mends_it(peer, message, send):
    with pytest.raises(Unavailable, match="status 401"):
        await send(message, OPENKLANT_TOKEN="fout")

    assert counts(peer) == [0, 0, 0]


async def test_an_actor_that_does_not_exist_is_refused_by_name(peer, message, send):
    other = {"kind": "open_klant", "actor": "00000000-0000-4000-8000-000000000000"}
    with pytest.raises(Refused, match=r"POST internetaken: status 400 .*does_not_exist"):
        await send(message, address=other)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
async def test_what_can_be_mended_is_tried_again(peer, message, send, status):
    peer.statuses = [status]
    with pytest.raises(Unavailable, match=str(status)):
        await send(message)

    await send(message)
    assert counts(peer) == [1, 1, 1]


async def test_a_server_that_is_away_is_tried_again(peer, message, send):
    await peer.stop()

    with pytest.raises(Unavailable, match="ClientConnectorError"):
        await send(message)


@pytest.mark.parametrize("name", ["OPENKLANT_URL", "OPENKLANT_TOKEN"])
async def test_without_settings_it_waits(peer, message, send, name):
    with pytest.raises(Unavailable, match="is not set"):
        await send(message, **{name: ""})


async def test_the_address_may_be_that_of_the_api_itself(peer, message, send):
    await send(message, OPENKLANT_URL=f"{peer.url}/klantinteracties/api/v1/")

    assert counts(peer) == [1, 1, 1]


@pytest.mark.parametrize("length", [10, 600, 1000, 1500, 4000])
@pytest.mark.parametrize("about", ["nieuw", "gewijzigd", "herinnering", "ingetrokken"])
def test_every_body_fits_however_long_the_question_is(message, length, about):
    long = replace(
        message,
        about=about,
        question="vraag " * (length // 6),
        context=tuple((f"Deel {n}", "tekst " * 60) for n in range(8)),
        service="Dienst " * 40,
        consent_text="toestemming " * 60,
    )
    task = new_task(long, "3f6c8a52-58f4-4a4c-8d0c-3a1c9f0b7d11", ACTOR)

    assert errors(f"{COMPONENTS}MaakKlantcontact", new_contact(long), request=True) == []
    assert errors(f"{COMPONENTS}InterneTaak", task, request=True) == []
    assert task["toelichting"].endswith(f"Kenmerk: {long.key}.")


def test_what_does_not_fit_goes_on_in_the_task(message):
    long = replace(message, question="a" * 900 + "b" * 300)
    first, second = contents(long)

    assert first.count("a") + second.count("a") >= 900
    assert (first + second).count("b" * 50)
    assert len(first) <= 1000 >= len(second)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("06 12345678", "+31612345678"),
        ("0592 123 456", "+31592123456"),
        ("+32 470 12 34 56", "+32470123456"),
    ],
)
def test_a_number_gets_the_spelling_of_open_klant(message, number, expected):
    address = digital_address(replace(message, contact=number), ACTOR)

    assert address["adres"] == expected
