"""Who writes sees at once that it was read, whatever else goes wrong."""

import logging

import aiohttp
import pytest
from graph_peer import NUMBER, TOKEN, GraphPeer
from out_office import Office, until

from bot.gateway.changes import Changes
from bot.gateway.whatsapp.attention import Attention
from bot.gateway.whatsapp.client import GraphClient


@pytest.fixture
async def peer():
    peer = await GraphPeer().start()
    yield peer
    await peer.stop()


@pytest.fixture
def office(database):
    return Office(database)


@pytest.fixture
def changes(database):
    return Changes(database)


@pytest.fixture
def woken():
    return []


@pytest.fixture
async def attention(office, peer, changes, woken):
    async with aiohttp.ClientSession() as http:
        client = GraphClient(http, peer.url, NUMBER, TOKEN)
        attention = Attention(
            office.database, client, office.people, changes, lambda: woken.append(1)
        )
        yield attention
        await attention.close()


async def test_the_newest_message_is_marked_as_read_and_somebody_types(office, peer, attention):
    conversation = office.meet(wamid="wamid.HBgL")

    attention.mark_read(conversation)
    await until(lambda: peer.reads)

    assert peer.reads == [
        {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": "wamid.HBgL",
            "typing_indicator": {"type": "text"},
        }
    ]


async def test_the_sender_is_woken_by_what_the_bot_says_then(
    office, peer, attention, changes, woken
):
    conversation = office.meet()
    attention.mark_read(conversation)
    attention.mark_read(conversation)
    await until(lambda: len(peer.reads) == 2)
    assert woken == []

    changes.tell(conversation)
    await until(lambda: woken)

    assert woken == [1]


async def test_it_never_fails_and_logs_no_id(office, peer, attention, caplog):
    conversation = office.meet(wamid="wamid.HBgL")
    await peer.stop()
    with caplog.at_level(logging.WARNING):
        attention.mark_read("gone")
        attention.mark_read(conversation)
        await until(lambda: "not marked as read" in caplog.text)

    assert "HBgL" not in caplog.text
