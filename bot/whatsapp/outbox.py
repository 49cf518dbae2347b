"""The outbox: everything that the bot says in the log becomes deliveries, and what came of them.

Who puts something in the log of a conversation (the dialogue, the closing question, a person) need
not know of WhatsApp. Each part of a message is a row that waits until it was sent
(bot/whatsapp/deliveries.py). What was put back for the citizen from the vault is in the encrypted
body, so a body is emptied as soon as it is of no use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import Conversation, StoredMessage
from bot.privacy.detect import TOKEN
from bot.privacy.vault import Vault
from bot.whatsapp import deliveries, outcomes
from bot.whatsapp.consent import may_send
from bot.whatsapp.deliveries import CANCELLED, FAILED, MESSAGE, SENDING, SENT, TEMPLATE, WAITING
from bot.whatsapp.errors import CODES, GraphError, Group
from bot.whatsapp.identity import People
from bot.whatsapp.markup import plain
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.rendering import Outgoing, render
from bot.whatsapp.templates import Template, choose
from bot.whatsapp.window import is_closed

# Later news of an earlier state changes nothing; arrived after all is better than failed.
RANK = {
    name: rank
    for rank, name in enumerate((WAITING, SENDING, SENT, FAILED, "delivered", "read", CANCELLED))
}
ALARMS = [code for code, group in CODES.items() if group is Group.ALARM]
# A second announcement of something unread would be nagging.
TEMPLATE_AGAIN = timedelta(hours=24)


@dataclass(frozen=True)
class Failed:
    """A message that did not arrive; `code` and `error` are Meta's."""

    conversation_id: str
    gemeente: str | None
    seq: int
    at: datetime
    code: int | None
    error: str


@dataclass(frozen=True)
class Health:
    """How sending goes.

    Attributes:
        refused: the code of an error that stops all sending until somebody mends it; None if well.
        waiting: how many parts will be sent by themselves.
        held: how many wait until a person writes again, because the window is closed.
    """

    refused: int | None
    waiting: int
    held: int

    @property
    def ok(self) -> bool:
        """Whether anything can be sent."""
        return self.refused is None


def people_due(session: Session, after: int = 0) -> tuple[list[str], int]:
    """Conversations with words of the bot that are not in the outbox yet.

    Args:
        after: the highest id of the look before; only newer messages are looked at. An id may
            become visible late, so the caller looks at all of them (0) now and then.

    Returns:
        The conversations, and the highest id of a message.
    """
    newest = session.execute(sa.select(sa.func.max(StoredMessage.id))).scalar() or 0
    if newest == after:
        return [], newest
    if newest < after:  # erased, and SQLite gives its numbers to others
        after = 0
    query = (
        sa.select(StoredMessage.conversation_id)
        .join(WhatsAppPerson, WhatsAppPerson.conversation_id == StoredMessage.conversation_id)
        .where(
            StoredMessage.id > after,
            StoredMessage.direction == "out",
            StoredMessage.seq > WhatsAppPerson.rendered_seq,
        )
        .distinct()
    )
    return list(session.execute(query).scalars()), int(newest)


def render_new(
    session: Session,
    people: People,
    vault: Vault,
    conversation_id: str,
    moment: datetime,
    results: str = "",
) -> int:
    """Makes deliveries of what the bot said since the last time; how many.

    Several processes may do this at the same time: one of them gets the messages.

    Args:
        results: how the address of a result page of ours begins (see `rendering.render`).
    """
    person = session.get(WhatsAppPerson, conversation_id)
    if person is None:
        return 0
    query = (
        sa.select(StoredMessage)
        .where(
            StoredMessage.conversation_id == conversation_id,
            StoredMessage.seq > person.rendered_seq,
            StoredMessage.direction == "out",
        )
        .order_by(StoredMessage.seq)
    )
    said = list(session.execute(query).scalars())
    if not said:
        return 0
    claim = (
        sa.update(WhatsAppPerson)
        .where(
            WhatsAppPerson.conversation_id == conversation_id,
            WhatsAppPerson.rendered_seq == person.rendered_seq,
        )
        .values(rendered_seq=said[-1].seq)
        .execution_options(synchronize_session=False)
    )
    if not session.execute(claim).rowcount:
        return 0

    def restore(text: str) -> str:
        return TOKEN.sub(
            lambda token: plain(vault.restore(session, conversation_id, token.group())), text
        )

    made = 0
    for message in said:
        if not may_send(person, message.about):
            continue
        outgoing = Outgoing(message.text, message.choices, message.image)
        for part, body in enumerate(render(outgoing, restore, results)):
            deliveries.add(
                session, people, conversation_id, message.seq, MESSAGE, body, moment, part
            )
            made += 1
    return made


def announce(
    session: Session, people: People, templates: Mapping[str, Template], moment: datetime
) -> int:
    """Makes a template for each person whose window closed before they got a message.

    One for what is new, and not a second one within a day.

    Returns:
        How many people wait for whom no template is set.
    """
    query = (
        sa.select(WhatsAppDelivery.conversation_id, sa.func.max(WhatsAppDelivery.seq))
        .join(WhatsAppPerson, WhatsAppPerson.conversation_id == WhatsAppDelivery.conversation_id)
        .where(
            WhatsAppDelivery.status == WAITING,
            WhatsAppDelivery.kind == MESSAGE,
            WhatsAppPerson.opted_out_at.is_(None),
            is_closed(moment),
        )
        .group_by(WhatsAppDelivery.conversation_id)
    )
    missing = 0
    for conversation_id, seq in session.execute(query).all():
        if not _is_news(session, conversation_id, seq, moment):
            continue
        about = session.execute(
            sa.select(StoredMessage.about).where(
                StoredMessage.conversation_id == conversation_id, StoredMessage.seq == seq
            )
        ).scalar()
        template = choose(templates, about)
        if template is None:
            missing += 1
            continue
        deliveries.add_once(
            session, people, conversation_id, seq, TEMPLATE, template.body(), moment
        )
    return missing


def record_status(
    session: Session,
    people: People,
    wamid: str,
    status: str,
    at: datetime,
    errors: Sequence[Mapping[str, Any]] = (),
    key: str | None = None,
) -> bool:
    """Notes what Meta says became of a message of ours; whether it is one of ours.

    News may come in any order, twice, and before the answer to the call that sent the message: then
    `key` tells which one it is about.

    Args:
        status: `sent`, `delivered`, `read` or `failed`; others are passed over.
        key: `biz_opaque_callback_data` of the status; what we sent along with the message.
    """
    row = deliveries.find(session, people.fingerprints(wamid), key)
    if row is None:
        return False
    if status not in ("sent", "delivered", "read", "failed") or row.status == CANCELLED:
        return True
    ours = row.wamid in people.fingerprints(wamid) or (
        row.wamid is None and key == deliveries.key_of(row)
    )
    # An earlier try, or one that is known to have failed, says nothing about the next.
    past = not ours or (row.status == WAITING and row.error_code is not None)
    if RANK[status] <= RANK[row.status] or (status in ("sent", "failed") and past):
        return True
    row.claimed_until = None
    row.sent_at = row.sent_at or at
    if ours:
        row.wamid = people.fingerprint(wamid)
    if status == "failed":
        error = GraphError.read(errors[0] if errors else {})
        outcomes.refuse(session, people, row, error, at)
    else:
        row.status, row.error_code, row.error = status, None, None
        if status != "sent":
            row.body = ""
    session.flush()
    return True


def failed(
    session: Session, gemeenten: Sequence[str] | None = None, limit: int = 100
) -> list[Failed]:
    """For the console: what did not arrive, the newest first.

    Args:
        gemeenten: only conversations of these; None for all.
    """
    query = (
        sa.select(WhatsAppDelivery, Conversation.gemeente)
        .join(Conversation, Conversation.id == WhatsAppDelivery.conversation_id)
        .where(WhatsAppDelivery.status == FAILED)
        .order_by(WhatsAppDelivery.id.desc())
        .limit(limit)
    )
    if gemeenten is not None:
        query = query.where(Conversation.gemeente.in_(gemeenten))
    return [
        Failed(
            row.conversation_id,
            gemeente,
            row.seq,
            row.sent_at or row.created_at,
            row.error_code,
            row.error or "",
        )
        for row, gemeente in session.execute(query)
    ]


def health(session: Session, moment: datetime) -> Health:
    """Whether sending goes, from the rows themselves: so every process says the same."""
    waiting = WhatsAppDelivery.status.in_((WAITING, SENDING))
    refused = session.execute(
        sa.select(WhatsAppDelivery.error_code)
        .where(waiting, WhatsAppDelivery.error_code.in_(ALARMS))
        .order_by(WhatsAppDelivery.id.desc())
        .limit(1)
    ).scalar()
    held = sa.case((is_closed(moment), 1), else_=0).label("held")
    counted = session.execute(
        sa.select(held, sa.func.count(WhatsAppDelivery.id))
        .join(WhatsAppPerson, WhatsAppPerson.conversation_id == WhatsAppDelivery.conversation_id)
        .where(waiting, WhatsAppDelivery.kind == MESSAGE)
        .group_by("held")
    )
    numbers = {int(row[0]): int(row[1]) for row in counted}
    return Health(refused, numbers.get(0, 0), numbers.get(1, 0))


def _is_news(session: Session, conversation_id: str, seq: int, moment: datetime) -> bool:
    """Whether no template announced this, and none went to the person within a day."""
    last = session.execute(
        sa.select(WhatsAppDelivery)
        .where(
            WhatsAppDelivery.conversation_id == conversation_id, WhatsAppDelivery.kind == TEMPLATE
        )
        .order_by(WhatsAppDelivery.seq.desc())
        .limit(1)
    ).scalar()
    return last is None or (last.seq < seq and last.created_at <= moment - TEMPLATE_AGAIN)
