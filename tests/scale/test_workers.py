"""The work behind the conversations by two processes at once, on PostgreSQL: all of it once.

Each kind of work has tests of its own for a kill at its worst moment (test_killed.py of handover,
test_out_killed.py of whatsapp, test_projection_killed.py of review); these are about two.
"""

import asyncio
import contextlib
import datetime
import os
import sys
from collections import Counter

import handover_office
import pytest
import requests
import sqlalchemy as sa
from graph_peer import NUMBER, TOKEN, GraphPeer
from handover_office import SECRET
from handover_webhook import Receiver
from out_office import Office as WhatsAppOffice

from bench.ports import free_port
from bot.conversations import log
from bot.conversations.model import Conversation, StoredMessage
from bot.database import now
from bot.referral.model import Handover, Referral
from bot.review.model import ReviewConversation, ReviewDue
from bot.settings import ROOT

DESKS = ("assen", "emmen", "hoogeveen")
EACH = 8
FINISHED = [f"SW-KLRR-{number:04}" for number in range(6)]
OLD = 120


class Office:
    """An installation with work of every kind waiting."""

    def __init__(self, database):
        self.database = database
        self.desks = handover_office.Office(database)
        self.whatsapp = WhatsAppOffice(database)
        self.said = Counter()

    def fill(self, receiver):
        with self.database.session() as session:
            for number in range(OLD):
                made = log.start(session, channel="web", gemeente=None, page=None)
                log.put_out(session, made.id, [log.Reply(f"Dag {number}.")])
                if number < OLD // 2:
                    made.last_message_at = now() - datetime.timedelta(days=100)
        for desk in DESKS:
            self.desks.add_desk(desk, {"kind": "webhook", "url": receiver.url})
            for _ in range(EACH):
                self.desks.refer(desk, created_at=now(), due_at=now() + datetime.timedelta(days=9))
        for number in range(10):
            person = self.whatsapp.meet(wa_id=f"3160000{number:04}")
            texts = [f"Bericht {part} aan {number}." for part in range(3)]
            self.whatsapp.say(person, *texts)
            self.said.update(texts)
        self._finish_some()

    def _finish_some(self):
        """Requests that were finished, so that somebody can be asked whether it helped."""
        with self.database.session() as session:
            for reference in FINISHED:
                talk = log.start(session, channel="web", gemeente=None, page=None)
                values = {
                    "status": "afgerond",
                    "closed_at": now(),
                    "run": reference,
                    "contact": b"",
                }
                values |= {"created_at": now(), "due_at": now() + datetime.timedelta(days=9)}
                like = session.query(Referral).first()
                for name in ("situation", "phase", "question", "context", "wish", "service_id"):
                    values[name] = getattr(like, name)
                for name in ("gemeente", "contact_kind", "consent_text", "consent_at"):
                    values[name] = getattr(like, name)
                session.add(Referral(reference=reference, conversation_id=talk.id, **values))

    def number(self, query):
        with self.database.session() as session:
            return session.execute(query).scalar_one()

    def asked(self):
        """How often each closing question was put."""
        with self.database.session() as session:
            texts = session.execute(sa.select(StoredMessage.text)).scalars().all()
        return Counter(ref for text in texts for ref in FINISHED if ref in text)

    def is_done(self):
        waiting = sa.select(sa.func.count()).select_from(Handover)
        behind = sa.select(sa.func.count()).select_from(ReviewDue)
        return (
            self.number(waiting.where(Handover.status == "waiting")) == 0
            and self.number(behind) == 0
            and self.number(sa.select(sa.func.count()).select_from(Conversation)) == self.left
            and len(self.asked()) == len(FINISHED)
        )

    @property
    def left(self):
        """Conversations that are not past their term."""
        return OLD // 2 + 10 + len(FINISHED)

    def end_claims(self):
        """What a dead process had claimed comes free, as if its time had passed."""
        past = now() - datetime.timedelta(seconds=1)
        with self.database.session() as session:
            session.execute(sa.text("UPDATE review_cursor SET holder = NULL"))
            change = sa.update(Handover).where(Handover.claimed_until.is_not(None))
            session.execute(change.values(claimed_until=past))


@pytest.fixture
async def receiver():
    found = await Receiver().start()
    yield found
    await found.stop()


@pytest.fixture
async def meta():
    found = await GraphPeer().start()
    yield found
    await found.stop()


@pytest.fixture
def environment(postgres, meta, tmp_path):
    return {
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": postgres.url,
        "SECRET_KEY": SECRET,
        "RASA_TOKEN": SECRET,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
        "WHATSAPP_VERIFY_TOKEN": "a-token-of-ours",
        "WHATSAPP_APP_SECRET": "a-secret-of-the-app",
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_API_URL": meta.url,
    }


@contextlib.asynccontextmanager
async def worker(environment):
    """`startwijzer worker` as a process; its address is in `url`."""
    port = str(free_port())
    found = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", "worker"),
        cwd=ROOT,
        env={**os.environ, **environment, "PORT_WORKER": port},
        stderr=asyncio.subprocess.PIPE,
    )
    found.url = f"http://127.0.0.1:{port}"
    try:
        yield found
    finally:
        if found.returncode is None:
            found.kill()
        found.log = (await found.communicate())[1].decode()


async def until(condition, seconds=60):
    for _ in range(int(seconds / 0.05)):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


def texts_taken(meta):
    return Counter(body["text"]["body"] for body in meta.taken if "text" in body)


async def test_two_processes_do_all_of_it_once(postgres, environment, receiver, meta):
    office = Office(postgres)
    office.fill(receiver)
    async with worker(environment) as one, worker(environment) as two:
        await until(lambda: office.is_done() and len(meta.taken) >= sum(office.said.values()))
        for process in (one, two):
            process.terminate()
        assert [await process.wait() for process in (one, two)] == [0, 0]

    assert len(receiver.requests) == len(receiver.taken) == len(DESKS) * EACH
    assert texts_taken(meta) == office.said
    assert set(office.asked().values()) == {1}
    made = office.number(sa.select(sa.func.count()).select_from(ReviewConversation))
    assert made == office.left
    for process in (one, two):
        assert "error" not in process.log.lower()


async def test_what_one_had_in_hand_when_it_was_killed_is_done_by_the_other(
    postgres, environment, receiver, meta
):
    office = Office(postgres)
    office.fill(receiver)
    async with worker(environment) as one, worker(environment) as two:
        await until(lambda: len(receiver.taken) >= 3)
        one.kill()
        await one.wait()
        await asyncio.to_thread(office.end_claims)
        await until(office.is_done)
        two.terminate()
        assert await two.wait() == 0

    assert len(receiver.taken) == len(DESKS) * EACH
    # A desk sees by its key that it knows the message that was under way already.
    assert len(receiver.requests) <= len(DESKS) * EACH + len(DESKS)
    assert set(office.asked().values()) == {1}
    made = office.number(sa.select(sa.func.count()).select_from(ReviewConversation))
    assert made == office.left


async def test_it_says_how_it_is(postgres, environment):
    async with worker(environment) as one:

        def answers(path, status):
            with contextlib.suppress(requests.ConnectionError):
                return requests.get(f"{one.url}{path}", timeout=10).status_code == status

        await until(lambda: answers("/health/live", 200))
        assert answers("/health/ready", 200)
        figures = await asyncio.to_thread(requests.get, f"{one.url}/metrics", timeout=10)
        assert "startwijzer_waiting" in figures.text
        assert answers("/api/v1/openapi.json", 404), "no citizen comes here"
        server, _, name = postgres.url.rpartition("/")
        admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(sa.text(cut), {"name": name})
            await until(lambda: answers("/health/ready", 503))
            assert answers("/health/live", 200)
            connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        await until(lambda: answers("/health/ready", 200))
        admin.dispose()
