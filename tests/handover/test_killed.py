"""Workers in processes of their own, and kill -9 at the worst moments.

After a kill, the next worker is one in this process whose clock is past the end of the claim.
"""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from handover_mailbox import PASSWORD, USER
from handover_office import until
from handover_open_klant import ACTOR, TOKEN, OpenKlantPeer
from handover_webhook import Receiver

from bot.referral import outbox
from bot.settings import ROOT

TO = {"kind": "email", "to": "loket@voorbeeld.example"}
KEY = "SW-ACEF-0001.nieuw"
WRITER = """
import os, signal, sys
sys.path[:0] = ["tests/handover", "tests/shared"]
from handover_office import Office
from bot.database import Database
import bot.referral.outbox as outbox

office = Office(Database(os.environ["DATABASE_URL"]))
if sys.argv[1] == "before":
    enqueue = outbox.enqueue
    def enqueue_and_die(*arguments):
        enqueue(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
    outbox.enqueue = enqueue_and_die
office.refer("assen")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def settings(environment, mailbox, authority):
    return {
        "SMTP_URL": f"smtp://{USER}:{quote(PASSWORD, safe='')}@localhost:{mailbox.port}"
        "?starttls=required",
        "SMTP_FROM": "Startwijzer <startwijzer@voorbeeld.example>",
        "SMTP_CA_FILE": str(authority / "ca.pem"),
        "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
        "OPENKLANT_TOKEN": TOKEN,
    }


@asynccontextmanager
async def process(environment, settings, *command):
    found = await asyncio.create_subprocess_exec(
        *map(str, command or (sys.executable, "-m", "bot.cli", "referrals", "work")),
        cwd=ROOT,
        env={**os.environ, **environment, **settings},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield found
    finally:
        if found.returncode is None:
            found.kill()
        await found.communicate()


async def after_the_claim(worker, clock):
    clock.forward(seconds=outbox.CLAIM_FOR.total_seconds())
    await worker.round()
    await worker.settle()


@pytest.mark.parametrize(("moment", "expected"), [("before", 0), ("after", 1)])
async def test_killed_while_writing_there_is_both_or_neither(
    office, environment, settings, worker, mailbox, clock, moment, expected
):
    """Before the commit: no referral and no message. After it: both, and another sends it."""
    office.add_desk("assen", TO)
    async with process(environment, settings, sys.executable, "-c", WRITER, moment) as writer:
        assert await writer.wait() == -signal.SIGKILL

    clock.forward(minutes=5)
    await after_the_claim(worker(clock, **settings), clock)

    assert len(office.rows()) == len(mailbox.mails) == expected


async def test_killed_between_claim_and_send_it_is_sent_once(
    office, environment, settings, worker, mailbox, clock
):
    """The server takes the connection and says nothing; the worker is killed while it waits."""
    mailbox.stop()
    connected = asyncio.Event()

    async def silent(reader, writer):
        connected.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", mailbox.port)
    office.add_desk("assen", TO)
    office.refer("assen")
    async with process(environment, settings) as first:
        await asyncio.wait_for(connected.wait(), 60)
        first.kill()
        await first.wait()
    server.close()
    await server.wait_closed()
    assert (office.row(KEY).status, office.row(KEY).attempts) == ("waiting", 1)
    mailbox.start()
    second = worker(clock, **settings)

    await second.round()
    await second.settle()
    assert mailbox.mails == []  # the claim of the dead still holds
    await after_the_claim(second, clock)
    await after_the_claim(second, clock)

    assert [mail["mail"]["Message-ID"] for mail in mailbox.mails] == [f"<{KEY}@voorbeeld.example>"]
    assert office.row(KEY).status == "sent"


async def test_killed_between_send_and_mark_the_second_mail_has_the_same_message_id(
    office, environment, settings, worker, mailbox, clock
):
    """SMTP has no way to ask; so at most one duplicate, and both sides can tell that it is one."""
    office.add_desk("assen", TO)
    office.refer("assen")
    async with process(environment, settings) as first:

        def kill():
            mailbox.after_data = None
            os.kill(first.pid, signal.SIGKILL)

        mailbox.after_data = kill
        assert await asyncio.wait_for(first.wait(), 60) == -signal.SIGKILL
    assert office.row(KEY).status == "waiting"

    second = worker(clock, **settings)
    for _ in range(3):
        await after_the_claim(second, clock)

    ids = [mail["mail"]["Message-ID"] for mail in mailbox.mails]
    assert ids == [f"<{KEY}@voorbeeld.example>"] * 2
    assert office.row(KEY).status == "sent"


async def test_killed_between_send_and_mark_a_webhook_takes_it_once(
    office, environment, settings, worker, clock
):
    receiver = await Receiver().start()
    office.add_desk("assen", {"kind": "webhook", "url": receiver.url})
    office.refer("assen")
    async with process(environment, settings) as first:
        receiver.before_answer = lambda: os.kill(first.pid, signal.SIGKILL)
        assert await asyncio.wait_for(first.wait(), 60) == -signal.SIGKILL
    receiver.before_answer = None
    assert office.row(KEY).status == "waiting"

    await after_the_claim(worker(clock, **settings), clock)
    await receiver.stop()

    assert len(receiver.requests) == 2
    assert list(receiver.taken) == [KEY]
    assert office.row(KEY).status == "sent"


@pytest.mark.parametrize("path", ["/maak-klantcontact", "/digitaleadressen", "/internetaken"])
async def test_killed_in_the_middle_of_open_klant_nothing_is_made_twice(
    office, environment, settings, worker, clock, path
):
    """Killed after Open Klant did what was asked and before the answer arrived."""
    peer = await OpenKlantPeer().start()
    settings["OPENKLANT_URL"] = peer.url
    office.add_desk("assen", {"kind": "open_klant", "actor": ACTOR})
    office.refer("assen")
    async with process(environment, settings) as first:
        peer.before_answer = {path: lambda: os.kill(first.pid, signal.SIGKILL)}
        assert await asyncio.wait_for(first.wait(), 60) == -signal.SIGKILL
    assert office.row(KEY).status == "waiting"

    await after_the_claim(worker(clock, **settings), clock)
    await peer.stop()

    assert [len(peer.all(name)) for name in peer.kept] == [1, 1, 1, 1]
    assert office.row(KEY).status == "sent"


async def test_two_processes_at_once_send_nothing_twice(office, environment, settings, mailbox):
    for name in ("assen", "emmen", "hoogeveen"):
        office.add_desk(name, TO)
    for _ in range(8):
        for name in ("assen", "emmen", "hoogeveen"):
            office.refer(name)
    async with process(environment, settings) as one, process(environment, settings) as two:
        await until(lambda: len(mailbox.mails) >= 24, seconds=90)
        await asyncio.sleep(2)
        for worker in (one, two):
            worker.terminate()
        assert await one.wait() == await two.wait() == 0

    ids = [mail["mail"]["Message-ID"] for mail in mailbox.mails]
    assert len(ids) == len(set(ids)) == 24
    assert {row.status for row in office.rows()} == {"sent"}


async def test_told_to_stop_it_stops_and_its_log_holds_no_content(
    office, environment, settings, mailbox
):
    office.add_desk("assen", TO)
    office.refer("assen")
    async with process(environment, settings) as worker:
        await until(lambda: office.row(KEY).status == "sent", seconds=60)
        worker.terminate()
        _, log = await worker.communicate()

    assert worker.returncode == 0
    assert f"handover {KEY}: sent by email, try 1" in log.decode()
    for secret in ("12345678", "bakkerij", "Bakkerij", "17 uur", "Assen", PASSWORD):
        assert secret not in log.decode()
