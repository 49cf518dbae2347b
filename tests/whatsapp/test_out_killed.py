"""The worker in a process of its own, and kill -9 in the middle.

After a kill, the next worker is one in this process whose clock is past the end of the claim.
"""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager

import aiohttp
import pytest
from graph_peer import NUMBER, TOKEN, GraphPeer
from out_office import SECRET, Office, until

from bot.settings import ROOT
from bot.whatsapp.deliveries import CLAIM_FOR

# Who starts the tests in the background may have it ignore SIGINT, and children inherit that.
PROCESS = """
import asyncio
import signal
import aiohttp
from bot.database import Database
from bot.gateway.whatsapp.sending import make_client, make_sender
from bot.settings import Settings

async def main():
    settings = Settings.from_environment()
    async with aiohttp.ClientSession() as http:
        client = make_client(settings, http)
        await make_sender(settings, Database(settings.database_url), client).run(every=0.1)

signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
"""


@pytest.fixture
async def peer():
    peer = await GraphPeer().start()
    yield peer
    await peer.stop()


@asynccontextmanager
async def worker(office, peer, folder):
    environment = {
        **os.environ,
        "VAR_DIR": str(folder),
        "DATABASE_URL": office.database.engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": SECRET,
        "WHATSAPP_VERIFY_TOKEN": "a-token-of-ours",
        "WHATSAPP_APP_SECRET": "a-secret-of-the-app",
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_API_URL": peer.url,
    }
    found = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROCESS, cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield found
    finally:
        if found.returncode is None:
            found.kill()
        await found.communicate()


async def finish(office, peer):
    """Another worker, after the claims of the dead have ended."""
    async with aiohttp.ClientSession() as http:
        sender = office.sender(peer, http)
        await sender.settle()
        before = len(peer.taken)
        office.clock.forward(seconds=CLAIM_FOR.total_seconds() + 10)
        await sender.settle()
        office.clock.forward(minutes=5)
        await sender.settle()
    return before


def fill(office):
    for number in range(4):
        conversation = office.meet(f"3160000000{number}")
        office.say(conversation, *(f"Deel {part}." for part in range(5)))


@pytest.mark.parametrize("at", [1, 7, 13])
async def test_killed_while_meta_takes_a_message_nothing_is_lost(any_database, peer, tmp_path, at):
    """What Meta took and nobody wrote down may come twice: the documented case, and only that."""
    office = Office(any_database)
    fill(office)
    async with worker(office, peer, tmp_path) as process:

        def kill(_):
            if len(peer.taken) >= at and process.returncode is None:
                os.kill(process.pid, signal.SIGKILL)

        peer.always = kill
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
        peer.always = None
        under_way = office.statuses().count("sending")
    await finish(office, peer)

    twice = 0
    for number in range(4):
        said = peer.texts(f"3160000000{number}")
        assert list(dict.fromkeys(said)) == [f"Deel {part}." for part in range(5)]
        twice += len(said) - 5
    assert twice <= under_way
    assert set(office.statuses()) == {"sent"}
    assert peer.refused == []


async def test_killed_before_meta_has_it_it_is_sent_once(database, peer, tmp_path):
    office = Office(database)
    office.say(office.meet(), "Hallo.", "Daarna.")
    peer.script.append("hang")
    async with worker(office, peer, tmp_path) as process:
        await until(lambda: peer.calls == 1, 60)
        process.kill()
        await process.wait()
    assert office.statuses() == ["sending", "waiting"]

    assert await finish(office, peer) == 0  # the claim of the dead still holds

    assert peer.texts() == ["Hallo.", "Daarna."]


async def test_told_to_stop_it_lets_the_message_arrive_and_logs_no_content(
    database, peer, tmp_path
):
    office = Office(database)
    async with worker(office, peer, tmp_path) as process:
        office.say(office.meet("31612345678"), "Een geheim verhaal.")
        await until(lambda: office.statuses() == ["sent"], 60)
        process.send_signal(signal.SIGINT)
        _, log = await process.communicate()

    assert office.statuses() == ["sent"]
    for secret in ("geheim verhaal", "31612345678", TOKEN):
        assert secret not in log.decode()
