"""The rows of the outbox: made, and claimed in order (what comes of them: outcomes.py).

Sending is at least once. A process may be killed, or a line may break, between the moment that Meta
takes a message and the moment that we know: then the row is tried again, because a message that is
told twice is a nuisance and one that is lost may be the way to help. Before that we wait a while
(`CLAIM_FOR`, `outcomes.GRACE`) for Meta's own news about it, in which the row is named by its key.
Only when that does not come either does somebody get a message twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.pacing import Pace
from bot.whatsapp.window import is_closed

WAITING, SENDING, SENT, FAILED, CANCELLED = "waiting", "sending", "sent", "failed", "cancelled"
MESSAGE, TEMPLATE = "message", "template"
NO_KEY = "no key for this message, see SECRET_KEY_OLD"
# Longer than one try can take (bot/gateway/whatsapp/client.py).
CLAIM_FOR = timedelta(seconds=90)


@dataclass(frozen=True)
class Claim:
    """A part that this worker alone may send until `until`.

    `body` is what the Graph API wants, without the recipient (`address`). `key` comes back in the
    statuses of the message.
    """

    id: int
    conversation_id: str
    kind: str
    body: dict[str, Any]
    address: Address
    attempts: int
    key: str
    until: datetime


def add(
    session: Session,
    people: People,
    conversation_id: str,
    seq: int,
    kind: str,
    body: dict[str, Any],
    moment: datetime,
    part: int = 0,
) -> None:
    """Puts one part in the outbox, in the caller's transaction."""
    session.add(
        WhatsAppDelivery(
            conversation_id=conversation_id,
            seq=seq,
            part=part,
            kind=kind,
            body=people.seal(body),
            status=WAITING,
            attempts=0,
            next_attempt_at=moment,
            created_at=moment,
        )
    )
    session.flush()


def add_once(
    session: Session,
    people: People,
    conversation_id: str,
    seq: int,
    kind: str,
    body: dict[str, Any],
    moment: datetime,
) -> None:
    """As `add`, where another process may do the same at the same moment."""
    try:
        with session.begin_nested():
            add(session, people, conversation_id, seq, kind, body, moment)
    except IntegrityError:
        return


def claim(session: Session, people: People, moment: datetime, pace: Pace) -> Claim | None:
    """The next part that may go, which nobody else gets until the claim expires; None without one.

    Per person the parts go in order, one at a time, and not faster than `pace`; a message only
    while the window is open, a template only while it is closed. On PostgreSQL the row is locked
    and others skip it; SQLite has one writer; on both the change is compare and set.
    """
    query = (
        sa.select(WhatsAppDelivery, WhatsAppPerson)
        .join(WhatsAppPerson, WhatsAppPerson.conversation_id == WhatsAppDelivery.conversation_id)
        .where(_due(moment))
        .order_by(WhatsAppDelivery.next_attempt_at, WhatsAppDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=WhatsAppDelivery)
        .execution_options(populate_existing=True)
    )
    while found := session.execute(query).first():
        row, person = found
        allowed = pace.allowed_at(_sent(session, row.conversation_id, moment - pace.memory))
        if allowed is not None and allowed > moment:
            _change(session, row.id, _free(moment), next_attempt_at=allowed)
            continue
        try:
            body, address = people.unseal(row.body), people.address(person)
        except (InvalidToken, ValueError):
            _change(session, row.id, _free(moment), status=FAILED, error=NO_KEY, body="")
            continue
        until = moment + CLAIM_FOR
        attempts = row.attempts + 1
        values = {"status": SENDING, "attempts": attempts, "claimed_until": until, "wamid": None}
        if _change(session, row.id, _free(moment), **values):
            session.refresh(row)
            key = key_of(row)
            return Claim(row.id, row.conversation_id, row.kind, body, address, attempts, key, until)
    return None


def key_of(row: WhatsAppDelivery) -> str:
    """What names this try of this row in the statuses; says nothing about anyone.

    The moment is in it because a database may give the id of an erased row to another one.
    """
    return f"{row.id}.{row.created_at.timestamp():.6f}.{row.attempts}"


def find(
    session: Session, fingerprints: Sequence[str], key: str | None = None
) -> WhatsAppDelivery | None:
    """The row with this wamid or key, locked for a change."""
    row = locked(session, WhatsAppDelivery.wamid.in_(fingerprints))
    number = (key or "").partition(".")[0]
    if row is not None or not (number.isascii() and number.isdigit() and len(number) <= 18):
        return row
    row = locked(session, WhatsAppDelivery.id == int(number))
    same = row is not None and key_of(row).rpartition(".")[0] == str(key).rpartition(".")[0]
    return row if same else None


def _sent(session: Session, conversation_id: str, since: datetime) -> list[datetime]:
    query = sa.select(WhatsAppDelivery.sent_at).where(
        WhatsAppDelivery.conversation_id == conversation_id, WhatsAppDelivery.sent_at > since
    )
    return list(session.execute(query).scalars())


def _free(moment: datetime) -> Any:
    """Nobody is sending it: it waits, or who was sending it has been gone for too long."""
    return sa.or_(
        WhatsAppDelivery.status == WAITING,
        sa.and_(WhatsAppDelivery.status == SENDING, WhatsAppDelivery.claimed_until <= moment),
    )


def _due(moment: datetime) -> Any:
    """Free, its time has come, allowed, and nothing of the same person comes before it."""
    other = aliased(WhatsAppDelivery)
    under_way = sa.and_(other.status == SENDING, other.claimed_until > moment)
    earlier = sa.and_(
        WhatsAppDelivery.kind == MESSAGE,
        other.kind == MESSAGE,
        other.status.in_((WAITING, SENDING)),
        sa.or_(
            other.seq < WhatsAppDelivery.seq,
            sa.and_(other.seq == WhatsAppDelivery.seq, other.part < WhatsAppDelivery.part),
        ),
    )
    blocked = sa.exists().where(
        other.conversation_id == WhatsAppDelivery.conversation_id,
        other.id != WhatsAppDelivery.id,
        sa.or_(under_way, earlier),
    )
    return sa.and_(
        _free(moment),
        WhatsAppDelivery.next_attempt_at <= moment,
        sa.or_(
            WhatsAppPerson.opted_out_at.is_(None),
            WhatsAppPerson.opted_out_at <= WhatsAppDelivery.created_at,
        ),
        sa.case((is_closed(moment), TEMPLATE), else_=MESSAGE) == WhatsAppDelivery.kind,
        ~blocked,
    )


def locked(session: Session, *conditions: Any) -> WhatsAppDelivery | None:
    """The row for which this holds, as it is now, and nobody else changes it before us.

    By a change that changes nothing, because SQLite has no other lock than that of its writer.
    """
    touch = sa.update(WhatsAppDelivery).where(*conditions)
    touch = touch.values(attempts=WhatsAppDelivery.attempts)
    session.execute(touch.execution_options(synchronize_session=False))
    query = sa.select(WhatsAppDelivery).where(*conditions)
    return session.execute(query.execution_options(populate_existing=True)).scalar()


def _change(session: Session, id_: int, condition: Any, **values: Any) -> bool:
    """Changes one row if it still is as expected; whether it was."""
    change = sa.update(WhatsAppDelivery).where(WhatsAppDelivery.id == id_, condition)
    done = session.execute(change.values(**values).execution_options(synchronize_session=False))
    return bool(done.rowcount)
