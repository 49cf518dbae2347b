import asyncio
import json
import socket
from datetime import datetime, timezone

import pytest
from aiohttp import ClientTimeout
from handover_office import SECRET
from handover_webhook import Receiver

from bench.ports import free_port
from bot.database import now
from bot.handover.desk import Progress, Refused, Unavailable
from bot.handover.webhook import Guard, NotAllowed, Webhook, judge, signature
from bot.referral.file import Referrals
from bot.settings import Settings

LOOPBACK = "127.0.0.0/8"


@pytest.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest.fixture
def message(office):
    office.add_desk("assen", {"kind": "webhook", "url": "https://loket.example"})
    reference = office.refer("assen")
    return office.message(Referrals(SECRET), f"{reference}.nieuw")


@pytest.fixture
def adapter(environment):
    def made(**settings):
        return Webhook(
            Settings.from_environment(
                {**environment, "WEBHOOK_PRIVATE_NETWORKS": LOOPBACK, **settings}
            )
        )

    return made


async def send(adapter, url, message):
    await adapter.send({"kind": "webhook", "url": url}, message, Progress({}))


async def test_a_signed_message_arrives(adapter, receiver, message):
    await send(adapter(), receiver.url, message)

    body = receiver.taken["SW-ACEF-0001.nieuw"]
    assert body == {
        "version": 1,
        "key": "SW-ACEF-0001.nieuw",
        "about": "nieuw",
        "reference": "SW-ACEF-0001",
        "createdAt": "2026-11-22T09:12:00+00:00",
        "desk": "Loket Assen",
        "service": {"id": "dienst-assen", "name": "Ondernemersloket"},
        "contact": {"kind": "telefoon", "value": "06 12345678"},
        "request": {
            "gemeente": "Assen",
            "situation": {
                "id": "bijstand",
                "label": "Met een bijstandsuitkering (Participatiewet)",
            },
            "phase": {"id": "idee_en_plan", "label": "Ontwikkelen idee en ondernemingsplan"},
            "need": None,
            "urgency": None,
            "question": "Kan ik een bakkerij beginnen naast mijn uitkering?",
            "context": [{"label": "Plan", "text": "Bakkerij in het centrum, start in maart"}],
            "wish": "bel na 17 uur",
            "dueAt": "2026-11-25T16:00:00+00:00",
            "consent": {
                "text": "Mag dit naar het Ondernemersloket?",
                "at": "2026-11-22T09:12:00+00:00",
            },
        },
    }


async def test_another_secret_is_refused_by_the_receiver(adapter, receiver, message):
    with pytest.raises(Refused, match="status 401"):
        await send(adapter(WEBHOOK_SECRET="x" * 32), receiver.url, message)

    assert receiver.taken == {}


async def test_the_signature_covers_the_body_and_the_time():
    moment = now()
    headers = signature(SECRET, b"{}", moment)

    assert headers["X-Startwijzer-Timestamp"] == str(int(moment.timestamp()))
    assert signature(SECRET, b"{} ", moment) != headers
    assert signature("x", b"{}", moment) != headers
    # Computed with: printf '1700000000.{}' | openssl dgst -sha256 -hmac geheim
    fixed = signature("geheim", b"{}", datetime.fromtimestamp(1700000000, timezone.utc))
    assert fixed["X-Startwijzer-Signature"] == (
        "sha256=75e8aa01e776401a6bfda6664664c1271ca25506052e3b8c43308bdf92f3c8d5"
    )


async def test_a_second_delivery_has_the_same_key_and_is_taken_once(adapter, receiver, message):
    receiver.lose_answers = 1
    with pytest.raises(Unavailable):
        await send(adapter(), receiver.url, message)
    await send(adapter(), receiver.url, message)

    assert len(receiver.requests) == 2
    assert list(receiver.taken) == ["SW-ACEF-0001.nieuw"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_has_arrived(status):
    judge(status)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_4xx_is_never(status):
    with pytest.raises(Refused, match=str(status)):
        judge(status)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504])
def test_busy_broken_or_elsewhere_is_later(status):
    with pytest.raises(Unavailable, match=str(status)):
        judge(status)


async def test_a_redirect_is_not_followed(adapter, receiver, message):
    receiver.statuses = [307]
    with pytest.raises(Unavailable, match="status 307"):
        await send(adapter(), receiver.url, message)

    assert len(receiver.requests) == 1


async def test_a_receiver_that_is_down_is_later(adapter, message):
    with pytest.raises(Unavailable, match="ClientConnectorError"):
        await send(adapter(), f"http://127.0.0.1:{free_port()}/", message)


async def test_a_receiver_that_hangs_is_later(adapter, message, monkeypatch):
    monkeypatch.setattr("bot.handover.webhook.TIMEOUT", ClientTimeout(total=0.3))

    async def hang(reader, writer):
        await asyncio.sleep(5)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match="Timeout"):
        await send(adapter(), f"http://127.0.0.1:{port}/", message)
    server.close()


async def test_without_a_secret_it_waits(environment, message):
    production = {**environment, "ENVIRONMENT": "production", "WEBHOOK_SECRET": ""}

    with pytest.raises(Unavailable, match="WEBHOOK_SECRET is not set"):
        await send(Webhook(Settings.from_environment(production)), "https://x.example", message)


INSIDE = (
    "127.0.0.1",
    "10.0.0.8",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "ff02::1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_of_the_internet_is_refused(address):
    with pytest.raises(NotAllowed):
        Guard().check(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is_fine(address):
    Guard().check(address)


def test_only_the_private_network_that_is_allowed_is_fine():
    guard = Guard(["10.1.2.0/24", "fd00::/8"])

    guard.check("10.1.2.9")
    guard.check("fd00::5")
    with pytest.raises(NotAllowed):
        guard.check("10.1.3.9")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1"],
)
async def test_nothing_inside_is_called_however_it_is_spelled(environment, receiver, message, host):
    closed = Webhook(Settings.from_environment(environment))
    port = receiver.url.split(":")[2]

    with pytest.raises(Refused):
        await send(closed, f"http://{host}:{port}", message)
    assert receiver.requests == []


async def test_a_name_that_leads_inside_gets_nothing(environment, receiver, message, monkeypatch):
    """Checked at the lookup whose answer is connected to, so a second lookup cannot differ."""
    port = int(receiver.url.split(":")[2].split("/")[0])

    async def lookup(_, host, *__):
        inside = {"hostname": host, "host": "127.0.0.1", "port": port}
        return [{**inside, "family": socket.AF_INET, "proto": 6, "flags": 0}]

    # Not socket.getaddrinfo: an event loop may look names up without it (uvloop does).
    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", lookup)
    closed = Webhook(Settings.from_environment(environment))
    with pytest.raises(Refused, match="address is not public"):
        await send(closed, f"http://loket.example:{port}/aanvragen", message)
    assert receiver.requests == []


async def test_outside_the_own_network_https_is_needed(adapter, message):
    with pytest.raises(Refused, match="https"):
        await send(adapter(), "http://8.8.8.8/", message)


@pytest.mark.parametrize("url", ["http://", "https://[::1", "https:///aanvragen", "loket"])
async def test_an_address_that_is_none_is_refused(adapter, message, url):
    with pytest.raises(Refused):
        await send(adapter(), url, message)


async def test_the_body_is_json_in_utf8(adapter, receiver, message):
    await send(adapter(), receiver.url, message)
    headers, body = receiver.requests[0]

    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(body.decode())["reference"] == headers["Idempotency-Key"].split(".")[0]
