"""What a load balancer, a container and a person hear when they ask how we are."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
import sqlalchemy as sa
from desk_rows import referral
from scripted_rasa import ScriptedRasa

from bot.conversations import log
from bot.database import Database, now
from bot.referral.model import Handover
from bot.review.model import ReviewDue
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson

EXPIRED_TOKEN = 190  # https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
WHATSAPP = {
    "WHATSAPP_VERIFY_TOKEN": "v" * 32,
    "WHATSAPP_APP_SECRET": "a" * 32,
    "WHATSAPP_ACCESS_TOKEN": "t" * 32,
    "WHATSAPP_PHONE_NUMBER_ID": "1234567890",
    "WHATSAPP_API_URL": "http://127.0.0.1:9",
}


@pytest.fixture
def actions():
    """The port of something that says it is well, as the action server does."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield str(server.server_port)
    server.shutdown()
    thread.join()
    server.server_close()


@contextlib.contextmanager
def well(serve, database, tmp_path, actions, **more):
    with ScriptedRasa() as rasa:
        ports = {"PORT_RASA": str(rasa.port), "PORT_ACTIONS": actions}
        with serve(database, tmp_path, **ports, **more) as url:
            yield url


def ask(url, path=""):
    answer = requests.get(f"{url}/health{path}", timeout=20)
    return answer.status_code, answer.json()


def test_all_is_well_when_every_part_answers(serve, database, tmp_path, actions):
    with well(serve, database, tmp_path, actions) as url:
        status, body = ask(url)
        assert status == 200
        assert body == {
            "status": "ok",
            "parts": {"database": "ok", "rasa": "ok", "actions": "ok", "whatsapp": "ok"},
            "warnings": {},
        }
        needed = {"database": "ok", "rasa": "ok", "actions": "ok"}
        assert ask(url, "/ready") == (200, {"status": "ok", "parts": needed})
        assert ask(url, "/live") == (200, {"status": "ok"})


def test_the_part_that_is_away_is_named_and_this_process_still_lives(url):
    parts = {"database": "ok", "rasa": "ok", "actions": "weg"}

    status, body = ask(url)
    assert (status, body["status"]) == (503, "storing")
    assert body["parts"].items() >= parts.items()
    assert ask(url, "/ready") == (503, {"status": "storing", "parts": parts})
    assert ask(url, "/live") == (200, {"status": "ok"})


def replace_by_a_folder(path):
    """Until no worker makes the file anew in between."""
    for _ in range(1_000):
        for name in ("", "-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            return path.mkdir()
    raise AssertionError("the file keeps coming back")


def test_a_database_that_is_away_is_named_without_waiting(serve, tmp_path, actions):
    path = tmp_path / "startwijzer.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with well(serve, database, tmp_path, actions, CONSOLE="off") as url:
        database.close()
        replace_by_a_folder(path)
        status, body = ask(url, "/ready")
    database.close()

    assert status == 503
    assert body["parts"]["database"] == "weg"


def test_a_message_that_no_desk_got_and_a_late_projection_are_warnings(
    serve, database, tmp_path, actions
):
    with database.session() as session:
        request = referral(status="nieuw")
        session.add(request)
        session.flush()
        session.add(
            Handover(
                reference=request.reference,
                key="k",
                about="nieuw",
                kind="email",
                status="dead",
                attempts=12,
                next_attempt_at=now(),
                progress={},
                created_at=now(),
            )
        )
        session.execute(
            sa.update(ReviewDue).values(at=now() - timedelta(hours=1))
        )  # triggers may have noted the referral
        session.add(ReviewDue(conversation_id="c", message=True, at=now() - timedelta(minutes=10)))
        # Another process has the lease and hangs.
        session.execute(
            sa.text(
                "UPDATE review_cursor SET holder = 'other', leased_until = '2999-01-01 00:00:00'"
            )
        )
    with well(serve, database, tmp_path, actions) as url:
        status, body = ask(url)

    assert status == 200
    assert body["status"] == "ok"
    assert body["warnings"] == {"handover": "niet aangekomen", "projection": "loopt achter"}


def test_messages_that_meta_refuses_are_no_reason_to_send_nobody_here(
    serve, database, tmp_path, actions
):
    with database.session() as session:
        conversation = log.start(session, channel="whatsapp", gemeente=None, page=None).id
        session.add(
            WhatsAppPerson(conversation_id=conversation, key="k", address="", created_at=now())
        )
        session.flush()
        session.add(
            WhatsAppDelivery(
                conversation_id=conversation,
                seq=1,
                part=0,
                kind="message",
                body="",
                status="waiting",
                next_attempt_at=now() + timedelta(hours=1),
                error_code=EXPIRED_TOKEN,
                created_at=now(),
            )
        )
    with well(serve, database, tmp_path, actions, **WHATSAPP) as url:
        status, body = ask(url)
        ready = ask(url, "/ready")

    assert (status, body["parts"]["whatsapp"]) == (503, "weg")
    assert (ready[0], "whatsapp" in ready[1]["parts"]) == (200, False)


class CountingRasa(ScriptedRasa):
    """Counts how often it is asked how it is, and takes its time to say so."""

    asked = 0

    async def _status(self, request):
        self.asked += 1
        await asyncio.sleep(0.5)
        return await super()._status(request)


def test_asking_many_times_at_once_asks_the_parts_once(serve, database, tmp_path, actions):
    with (
        CountingRasa() as rasa,
        serve(database, tmp_path, PORT_RASA=str(rasa.port), PORT_ACTIONS=actions) as url,
        ThreadPoolExecutor(20) as pool,
    ):
        answers = list(pool.map(lambda _: ask(url), range(20)))

    assert {status for status, _ in answers} == {200}
    assert 1 <= rasa.asked < 20
