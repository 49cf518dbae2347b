"""The worker with real receivers; time moves only when a test moves it."""

import asyncio
import logging
from datetime import timedelta
from urllib.parse import quote

import pytest
from handover_mailbox import PASSWORD, USER
from handover_office import SECRET, until
from handover_open_klant import ACTOR, TOKEN, OpenKlantPeer
from handover_webhook import Receiver

from bench.ports import free_port
from bot.handover.desk import Refused, Unavailable
from bot.handover.worker import Worker
from bot.referral import outbox
from bot.referral.file import Referrals
from bot.referral.model import Referral
from bot.settings import Settings, SettingsError
from bot.web import application

TO = {"kind": "email", "to": "loket@voorbeeld.example"}


@pytest.fixture
def mail_settings(mailbox, authority):
    return {
        "SMTP_URL": f"smtp://{USER}:{quote(PASSWORD, safe='')}@localhost:{mailbox.port}"
        "?starttls=required",
        "SMTP_FROM": "Startwijzer <startwijzer@voorbeeld.example>",
        "SMTP_CA_FILE": str(authority / "ca.pem"),
    }


async def once(worker):
    await worker.round()
    await worker.settle()


def states(office):
    return {row.key: row.status for row in office.rows()}


class Fake:
    """A desk that does what a test says."""

    def __init__(self, *outcomes, seconds=0.0):
        self.outcomes = list(outcomes)
        self.seconds = seconds
        self.began = []
        self.got = []

    async def send(self, address, message, progress):
        self.began.append(message.key)
        await asyncio.sleep(self.seconds)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome
        self.got.append(message.key)


@pytest.fixture
def faked(database, clock):
    """A worker with adapters of the test."""

    def made(**adapters):
        return Worker(database, Referrals(SECRET), adapters, clock)

    return made


async def test_what_waits_is_sent_once(office, worker, mailbox, mail_settings):
    office.add_desk("assen", TO)
    references = [office.refer("assen") for _ in range(3)]
    sender = worker(**mail_settings)

    await once(sender)
    await once(sender)

    assert [mail["mail"]["Message-ID"] for mail in mailbox.mails] == [
        f"<{reference}.nieuw@voorbeeld.example>" for reference in references
    ]
    assert set(states(office).values()) == {"sent"}


async def test_a_password_that_is_mended_lets_the_mail_go(
    office, worker, mailbox, mail_settings, clock
):
    office.add_desk("assen", TO)
    office.refer("assen")
    wrong = {**mail_settings, "SMTP_URL": mail_settings["SMTP_URL"].replace("wacht", "fout")}

    await once(worker(clock, **wrong))
    assert office.rows()[0].last_error == "SMTPAuthenticationError 535"
    clock.forward(minutes=1)
    await once(worker(clock, **mail_settings))

    assert len(mailbox.mails) == 1
    assert set(states(office).values()) == {"sent"}


async def test_temporary_is_later_and_permanent_is_never(
    office, worker, mailbox, mail_settings, clock
):
    office.add_desk("assen", TO)
    office.refer("assen")
    mailbox.rcpt_answers = ["450 busy", "550 no such user"]
    sender = worker(clock, **mail_settings)

    await once(sender)
    assert states(office) == {"SW-ACEF-0001.nieuw": "waiting"}
    clock.forward(minutes=1)
    await once(sender)
    assert states(office) == {"SW-ACEF-0001.nieuw": "dead"}
    clock.forward(days=30)
    await once(sender)

    assert mailbox.mails == []
    assert office.rows()[0].last_error == "SMTPRecipientRefused 550"


async def test_desks_that_are_down_for_a_day_lose_nothing_and_get_nothing_twice(
    office, worker, mailbox, mail_settings, clock, caplog
):
    """E-mail, webhook and Open Klant are away for 24 hours, while requests keep coming in."""
    caplog.set_level(logging.INFO, "bot.handover")
    ports = free_port(), free_port()
    settings = {
        **mail_settings,
        "OPENKLANT_URL": f"http://127.0.0.1:{ports[0]}",
        "OPENKLANT_TOKEN": TOKEN,
        "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
    }
    office.add_desk("email", TO)
    office.add_desk("klant", {"kind": "open_klant", "actor": ACTOR})
    office.add_desk("webhook", {"kind": "webhook", "url": f"http://127.0.0.1:{ports[1]}/aanvragen"})
    mailbox.stop()
    sender = worker(clock, **settings)
    references = {name: [] for name in ("email", "klant", "webhook")}
    for step in range(96):
        if step % 24 == 0:
            for name, found in references.items():
                found.append(office.refer(name))
                _due_now(office, found[-1], clock)
        await once(sender)
        clock.forward(minutes=15)
    assert set(states(office).values()) == {"waiting"}
    attempts = [row.attempts for row in office.rows()]

    mailbox.start()
    peer, receiver = OpenKlantPeer(), Receiver()
    await peer.start(ports[0])
    await receiver.start(ports[1])
    for _ in range(12):
        clock.forward(minutes=15)
        await once(sender)
    await peer.stop()
    await receiver.stop()

    assert set(states(office).values()) == {"sent"}
    assert sorted(mail["mail"]["Message-ID"] for mail in mailbox.mails) == sorted(
        f"<{reference}.nieuw@voorbeeld.example>" for reference in references["email"]
    )
    assert sorted(about["objectId"] for about in peer.about.values()) == references["klant"]
    assert len(peer.all("internetaken")) == len(peer.all("digitaleadressen")) == 4
    assert sorted(receiver.taken) == [f"{reference}.nieuw" for reference in references["webhook"]]
    assert len(receiver.requests) == 4
    # Back-off: every quarter of an hour for a day would be 96 tries.
    assert max(attempts) < 60
    for secret in ("12345678", "bakkerij", "Bakkerij", "17 uur", "Assen", PASSWORD, TOKEN):
        assert secret not in caplog.text


def _due_now(office, reference, clock):
    """The row was made by the real clock."""
    with office.database.session() as session:
        for row in session.get(Referral, reference).handovers:
            row.next_attempt_at = clock()


async def test_a_desk_that_hangs_delays_no_other(
    office, worker, mailbox, mail_settings, monkeypatch
):
    async def hang(reader, writer):
        await asyncio.sleep(30)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    office.add_desk("hangt", {"kind": "webhook", "url": f"http://127.0.0.1:{port}/"})
    office.add_desk("assen", TO)
    for _ in range(3):
        office.refer("hangt")
        office.refer("assen")
    sender = worker(WEBHOOK_PRIVATE_NETWORKS="127.0.0.0/8", **mail_settings)
    task = asyncio.create_task(sender.run(every=0.1))
    # The desk that hangs is given 20 seconds for each message.
    await until(lambda: len(mailbox.mails) == 3, seconds=15)
    monkeypatch.setattr("bot.handover.worker.STOP_WITHIN_SECONDS", 0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    server.close()

    waiting = [row for row in office.rows() if row.status == "waiting"]
    assert len(waiting) == 3
    assert [row.attempts for row in waiting].count(0) == 2
    assert all(row.claimed_until is None for row in waiting)


async def test_a_desk_that_is_down_is_asked_once_and_not_for_every_message(office, faked, clock):
    office.add_desk("assen", TO)
    for _ in range(5):
        office.refer("assen")
    desk = Fake(Unavailable("weg"))
    worker = faked(email=desk)

    await once(worker)
    await once(worker)
    assert len(desk.began) == 1

    clock.forward(seconds=20)
    await once(worker)
    await once(worker)
    assert len(desk.got) == 5


async def test_a_message_that_a_desk_refuses_does_not_stop_the_next(office, faked, clock):
    office.add_desk("assen", TO)
    references = [office.refer("assen") for _ in range(3)]
    desk = Fake(None, Refused("550"))

    await once(faked(email=desk))

    assert desk.got == [f"{references[0]}.nieuw", f"{references[2]}.nieuw"]
    assert list(states(office).values()) == ["sent", "dead", "sent"]


async def test_a_mistake_of_ours_is_tried_again_and_does_not_stop_the_next(office, faked, clock):
    office.add_desk("assen", TO)
    for _ in range(2):
        office.refer("assen")
    desk = Fake(KeyError("06 12345678"))
    worker = faked(email=desk)

    await once(worker)
    assert list(states(office).values()) == ["waiting", "sent"]
    assert office.rows()[0].last_error == "KeyError in email"
    clock.forward(minutes=1)
    await once(worker)
    assert list(states(office).values()) == ["sent", "sent"]


async def test_after_enough_tries_over_days_it_is_dead_and_that_is_an_error(
    office, faked, clock, caplog
):
    office.add_desk("assen", TO)
    office.refer("assen")
    desk = Fake(*[Unavailable("status 503")] * 500)
    worker = faked(email=desk)
    begin = clock()
    while states(office) == {"SW-ACEF-0001.nieuw": "waiting"}:
        clock.forward(hours=1)
        await once(worker)

    assert clock() - begin >= outbox.GIVE_UP_AFTER
    assert len(desk.began) >= outbox.LEAST_ATTEMPTS
    (error,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "SW-ACEF-0001.nieuw: dead" in error.getMessage()


async def test_two_workers_at_once_send_nothing_twice(office, worker, mailbox, mail_settings):
    office.add_desk("assen", TO)
    office.add_desk("emmen", TO)
    for _ in range(10):
        office.refer("assen")
        office.refer("emmen")
    workers = [worker(**mail_settings) for _ in range(3)]

    while set(states(office).values()) != {"sent"}:
        await asyncio.gather(*(one.round() for one in workers))
        await asyncio.gather(*(one.settle() for one in workers))

    ids = [mail["mail"]["Message-ID"] for mail in mailbox.mails]
    assert len(ids) == len(set(ids)) == 20


async def test_stopping_lets_what_is_being_sent_arrive(office, faked, clock):
    office.add_desk("assen", TO)
    for _ in range(2):
        office.refer("assen")
    desk = Fake(seconds=0.5)
    worker = faked(email=desk)
    task = asyncio.create_task(worker.run(every=0.05))
    await until(lambda: desk.began)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert len(desk.got) == len(desk.began) == 1
    assert list(states(office).values()) == ["sent", "waiting"]


async def test_stopping_does_not_wait_for_ever_and_gives_the_row_back(
    office, faked, clock, monkeypatch
):
    monkeypatch.setattr("bot.handover.worker.STOP_WITHIN_SECONDS", 0.1)
    office.add_desk("assen", TO)
    office.refer("assen")
    desk = Fake(seconds=60)
    task = asyncio.create_task(faked(email=desk).run(every=0.05))
    await until(lambda: desk.began)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    (row,) = office.rows()
    assert (row.status, row.claimed_until, row.attempts) == ("waiting", None, 1)


async def test_one_try_takes_less_than_its_claim(office, faked, clock, monkeypatch):
    from bot.handover import worker as module

    assert timedelta(seconds=module.SEND_WITHIN_SECONDS) < outbox.CLAIM_FOR
    monkeypatch.setattr(module, "SEND_WITHIN_SECONDS", 0.1)
    office.add_desk("assen", TO)
    office.refer("assen")

    await once(faked(email=Fake(seconds=60)))

    assert (office.rows()[0].status, office.rows()[0].last_error) == ("waiting", "late")


async def test_withdrawn_between_claim_and_send_sends_nothing(office, faked, clock, monkeypatch):
    office.add_desk("assen", TO)
    reference = office.refer("assen")
    desk = Fake()
    worker = faked(email=desk)
    claim = worker._claim

    def claim_and_withdraw(name):
        taken = claim(name)
        if taken and taken.about == "nieuw":
            office.tell(reference, "ingetrokken", status="ingetrokken", contact=b"")
        return taken

    monkeypatch.setattr(worker, "_claim", claim_and_withdraw)
    await once(worker)
    clock.forward(minutes=1)
    await once(worker)

    assert desk.began == [f"{reference}.ingetrokken"]
    assert [row.status for row in office.rows()] == ["dropped", "sent"]


async def test_a_referral_that_is_erased_meanwhile_sends_nothing(office, faked, clock, monkeypatch):
    office.add_desk("assen", TO)
    reference = office.refer("assen")
    desk = Fake()
    worker = faked(email=desk)
    claim = worker._claim

    def claim_and_erase(name):
        taken = claim(name)
        if taken:
            with office.database.session() as session:
                session.delete(session.get(Referral, reference))
        return taken

    monkeypatch.setattr(worker, "_claim", claim_and_erase)
    await once(worker)

    assert desk.began == []
    assert office.rows() == []


async def test_without_the_key_it_waits_and_with_the_old_key_it_goes(
    office, worker, mailbox, mail_settings, clock, caplog
):
    office.add_desk("assen", TO)
    office.refer("assen")
    new = {**mail_settings, "SECRET_KEY": "een-nieuw-geheim-van-minstens-32-tekens"}

    await once(worker(clock, **new))
    assert "SECRET_KEY_OLD" in caplog.text
    assert states(office) == {"SW-ACEF-0001.nieuw": "waiting"}
    clock.forward(minutes=1)
    await once(worker(clock, **new, SECRET_KEY_OLD=SECRET))

    assert "06 12345678" in mailbox.mails[0]["mail"].get_body(("plain",)).get_content()


async def test_the_web_process_does_it_too(office, environment, database, mailbox, mail_settings):
    from aiohttp import web

    office.add_desk("assen", TO)
    office.refer("assen")
    settings = Settings.from_environment({**environment, **mail_settings})
    runner = web.AppRunner(await application(settings, database))
    await runner.setup()
    await until(lambda: mailbox.mails)
    await runner.cleanup()

    assert len(mailbox.mails) == 1
    assert states(office) == {"SW-ACEF-0001.nieuw": "sent"}


def test_a_setting_that_cannot_be_is_told_before_anything_starts(worker):
    with pytest.raises(SettingsError, match="starttls"):
        worker(SMTP_URL="smtp://mail.example.nl?starttls=soms")
