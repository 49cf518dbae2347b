"""Cut off between any two steps of handling a message, and begun again: said once, done once."""

import asyncio

import pytest
import sqlalchemy as sa
from meta import wamid
from served import SECRET

from bot.conversations import log
from bot.conversations.model import StoredMessage
from bot.database import now
from bot.gateway.inbox import Inbox
from bot.gateway.whatsapp.receiving import CLAIM_FOR, Receiver
from bot.privacy.vault import Vault
from bot.retention import purge
from bot.whatsapp.intake import RETENTION, store
from bot.whatsapp.model import WhatsAppPerson, WhatsAppUpdate
from bot.whatsapp.reading import Incoming
from bot.whatsapp.texts import texts


class Cut(BaseException):
    """The process ends here."""


class CutInbox(Inbox):
    """An inbox after or before whose first call the process ends."""

    before = after = False

    async def take(self, *arguments, **named):
        if self.before:
            raise Cut
        taken = await super().take(*arguments, **named)
        if self.after:
            raise Cut
        return taken


@pytest.fixture
def inbox(any_database):
    return CutInbox(any_database, None, Vault(SECRET))


@pytest.fixture
def receive(any_database, people, handler, inbox):
    """Stores messages and handles what is due, as if so much time had passed."""

    def run(*messages, later=0):
        with any_database.session() as session:
            store(session, people, list(messages))
        moment = now() + later * CLAIM_FOR
        receiver = Receiver(any_database, inbox, handler, clock=lambda: moment)
        return asyncio.run(receiver.round())

    return run


def text(words, wa_id="31600000001", **more):
    return Incoming(wamid(), "text", wa_id, text=words, **more)


def said(database):
    with database.session() as session:
        query = sa.select(StoredMessage).order_by(StoredMessage.seq)
        return [(m.direction, m.text) for m in session.execute(query).scalars() if m.text]


def statuses(database):
    with database.session() as session:
        query = sa.select(WhatsAppUpdate.status).order_by(WhatsAppUpdate.id)
        return list(session.execute(query).scalars())


@pytest.mark.parametrize("where", ["before", "after"])
def test_cut_off_around_the_first_turn_it_begins_again(any_database, inbox, receive, where):
    setattr(inbox, where, True)
    with pytest.raises(Cut):
        receive(text("een vraag"))
    setattr(inbox, where, False)

    assert receive() == 0  # still claimed by who was cut off
    assert receive(later=2) == 1
    assert [m for m in said(any_database) if m[0] == "in"] == [("in", "een vraag")]
    assert sum("computer" in words for _, words in said(any_database)) == 1
    assert statuses(any_database) == ["handled"]


def test_cut_off_before_it_was_written_down_as_handled_it_is_not_said_twice(
    any_database, inbox, receive, monkeypatch
):
    def cut(*_):
        raise Cut

    receive(text("hallo"))
    with monkeypatch.context() as patch:
        patch.setattr(Receiver, "_again", cut)
        with pytest.raises(Cut):
            receive(text("is dit goed", shown="photo"))
    receive(later=5)  # nothing answers here, and it does not wait for ever

    assert [m for m in said(any_database) if m[0] == "in"] == [
        ("in", "hallo"),
        ("in", "is dit goed"),
    ]
    assert said(any_database)[-1] == ("out", texts().only_words)
    assert statuses(any_database) == ["handled", "handled"]


def test_a_stop_that_ended_a_flow_does_not_also_stop_the_messages_afterwards(
    any_database, inbox, receive, monkeypatch
):
    """The dialogue may have left the flow by the time that the message is handled again."""
    receive(text("hallo"))
    with any_database.session() as session:
        here = session.execute(sa.select(WhatsAppPerson.conversation_id)).scalar()
        about = {"flow": "zelfscan", "step": "uren"}
        log.put_out(session, here, [log.Reply("Hoeveel uur?", about=about)])

    def cut(*_):
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(Receiver, "_again", cut)
        with pytest.raises(Cut):
            receive(text("stop"))
    with any_database.session() as session:
        log.put_out(session, here, [log.Reply("We stoppen.", about={"flow": "zelfscan"})])
    receive(later=5)

    with any_database.session() as session:
        assert session.get(WhatsAppPerson, here).opted_out_at is None
    assert said(any_database)[-1] == ("out", texts().consent["left_flow"])


def test_who_waits_for_their_first_message_does_not_hold_up_another(any_database, inbox, receive):
    inbox.before = True
    with pytest.raises(Cut):
        receive(text("een", "31600000001"), text("later", "31600000001"))
    inbox.before = False

    assert receive(text("anders", "31600000002")) == 1
    assert ("in", "anders") in said(any_database)
    assert ("in", "later") not in said(any_database)
    assert receive(later=2) == 2


def test_two_workers_never_have_the_same_message(any_database, people, handler, inbox):
    with any_database.session() as session:
        store(session, people, [text(f"vraag {n}!", f"3160000000{n}") for n in range(8)])
    workers = [Receiver(any_database, inbox, handler) for _ in range(2)]

    async def work():
        while any(status == "received" for status in statuses(any_database)):
            await asyncio.gather(*(worker.round() for worker in workers))

    asyncio.run(asyncio.wait_for(work(), 60))

    heard = sorted(words for way, words in said(any_database) if way == "in")
    assert heard == [f"vraag {n}!" for n in range(8)]


def test_a_message_is_kept_once_in_either_database(any_database, people):
    message = text("hoi")
    with any_database.session() as session:
        assert store(session, people, [message, message, text("dag")]) == 2
        assert store(session, people, [message]) == 0


def test_what_meta_will_not_send_again_is_forgotten(database, people, tmp_path):
    from whatsapp_service import settings_in

    with database.session() as session:
        store(session, people, [text("oud"), text("nieuw")])
        old = session.query(WhatsAppUpdate).order_by(WhatsAppUpdate.id).first()
        old.received_at = now() - RETENTION
    purge(settings_in(tmp_path, database), database)

    assert len(statuses(database)) == 1
