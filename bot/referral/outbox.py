"""The outbox: what a desk must hear, written with the referral and kept until it has arrived.

The row is made in the transaction of what it tells about, so there is never one without the other
(transactional outbox, https://microservices.io/patterns/data/transactional-outbox.html). Sending
is at least once; the key of the row is how a receiver knows a second delivery.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.catalogue.model import Provider, Service
from bot.database import now
from bot.referral.message import SUBJECTS, WITHDRAWN
from bot.referral.model import Handover, Referral

WAITING, SENT, DEAD = "waiting", "sent", "dead"
# Overtaken: by a withdrawal before the desk heard of it, or closed before a reminder.
DROPPED = "dropped"
# The kind of a desk without an adapter: the request stays with the gemeente's own staff.
QUEUE = "wachtrij"
# Longer than one try can take (bot/handover/worker.py), so that no two workers send the same row.
CLAIM_FOR = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
JITTER = 0.2
# A desk that is down over a long weekend loses nothing.
GIVE_UP_AFTER, LEAST_ATTEMPTS = timedelta(days=4), 12
BEGAN = "began"


@dataclass(frozen=True)
class Claim:
    """A row that this worker alone may send until `until`.

    `address` is where the desk is now (`Provider.handover`); `progress` is what an earlier try did.
    """

    id: int
    key: str
    about: str
    kind: str
    reference: str
    desk: str
    address: Mapping[str, Any]
    attempts: int
    progress: Mapping[str, Any]
    until: datetime


class LostClaim(Exception):
    """The claim expired and somebody else may have it, or the referral is gone."""


def enqueue(session: Session, referral: Referral, about: str) -> Handover:
    """Puts a message for the desk of this referral in the outbox, in the caller's transaction.

    A desk without an adapter needs no message: the row is there, of kind `wachtrij`, as sent. The
    same referral is `nieuw` and `ingetrokken` once; a second call gives the first row.

    Args:
        about: `nieuw`, `ingetrokken`, `gewijzigd` or `herinnering`.

    Raises:
        ValueError: `about` is something else.
    """
    if about not in SUBJECTS:
        raise ValueError(about)
    key = f"{referral.reference}.{about}"
    if about not in ("nieuw", WITHDRAWN):
        key += f".{secrets.token_hex(4)}"
    existing = session.execute(sa.select(Handover).where(Handover.key == key)).scalar()
    if existing is not None:
        return existing
    address = session.execute(
        sa.select(Provider.handover)
        .join(Service, Service.provider_id == Provider.id)
        .where(Service.id == referral.service_id)
    ).scalar()
    moment = now()
    row = Handover(
        reference=referral.reference,
        key=key,
        about=about,
        kind=address["kind"] if address else QUEUE,
        status=WAITING if address else SENT,
        attempts=0,
        next_attempt_at=moment,
        progress={},
        created_at=moment,
        sent_at=None if address else moment,
    )
    session.add(row)
    session.flush()
    return row


def desks_due(session: Session, moment: datetime) -> list[str]:
    """The desks (ids of providers) that have something to send now; "" is a desk that is gone."""
    query = _with_desk(sa.select(sa.func.coalesce(Provider.id, "")).distinct())
    return list(session.execute(query.where(_due(moment))).scalars())


def claim(session: Session, desk: str, moment: datetime) -> Claim | None:
    """The next row for a desk, which nobody else gets until the claim expires; None without one.

    On PostgreSQL the row is locked and others skip it; SQLite has one writer. On both the change is
    made only if the row is still free (compare and set). The attempt counts from here, so that a
    message that brings a worker down is not tried for ever.
    """
    query = (
        _with_desk(sa.select(Handover, Provider.handover))
        .where(_due(moment), sa.func.coalesce(Provider.id, "") == desk)
        .order_by(Handover.next_attempt_at, Handover.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Handover)
        .execution_options(populate_existing=True)
    )
    while found := session.execute(query).first():
        row, address = found
        if _is_overtaken(session, row):
            _change(session, row.id, _free(moment), status=DROPPED)
        elif not address:
            _change(session, row.id, _free(moment), kind=QUEUE, status=SENT, sent_at=moment)
        else:
            taken = _take(session, row, desk, address, moment)
            if taken:
                return taken
    return None


def keep_progress(session: Session, mine: Claim, progress: Mapping[str, Any]) -> None:
    """Remembers all that was done so far for a row with several calls.

    Raises:
        LostClaim: it is not this worker's any more.
    """
    if not _change(session, mine.id, _mine(mine), progress=dict(progress)):
        raise LostClaim(mine.key)


def mark_sent(session: Session, mine: Claim, moment: datetime) -> None:
    """It has arrived: never again, whoever has claimed it in the meantime."""
    waiting = Handover.status.in_((WAITING, DEAD))
    _change(
        session, mine.id, waiting, status=SENT, sent_at=moment, claimed_until=None, last_error=None
    )


def mark_failed(
    session: Session, mine: Claim, moment: datetime, error: str, permanent: bool = False
) -> str:
    """It did not arrive: later again, or never (`dead`) when that is of no use; its state now.

    Args:
        error: what went wrong, in words without content (at most 300 are kept).
        permanent: the desk will never accept this message.
    """
    began = datetime.fromisoformat(mine.progress[BEGAN])
    tried_enough = mine.attempts >= LEAST_ATTEMPTS and moment - began >= GIVE_UP_AFTER
    status = DEAD if permanent or tried_enough else WAITING
    later = moment + wait_after(mine.attempts)
    _change(
        session,
        mine.id,
        _mine(mine),
        status=status,
        claimed_until=None,
        next_attempt_at=later,
        last_error=error[:300],
    )
    return status


def release(session: Session, mine: Claim) -> None:
    """Gives a row back that was not tried to the end: it may be tried again at once."""
    _change(session, mine.id, _mine(mine), claimed_until=None)


def wake(session: Session, desk: str, moment: datetime) -> int:
    """Makes all that waits for a desk due now, because the desk answers again; how many."""
    theirs = _with_desk(sa.select(Handover.id)).where(Provider.id == desk)
    later = (Handover.status == WAITING, Handover.next_attempt_at > moment)
    ids = session.execute(theirs.where(*later)).scalars().all()
    return sum(_change(session, id_, sa.and_(*later), next_attempt_at=moment) for id_ in ids)


def revive(session: Session, reference: str, moment: datetime) -> int:
    """Lets what was given up for a referral be tried anew, after somebody mended the cause."""
    dead = sa.and_(Handover.reference == reference, Handover.status == DEAD)
    rows = session.execute(sa.select(Handover).where(dead)).scalars().all()
    for row in rows:
        row.status, row.next_attempt_at = WAITING, moment
        row.progress = {name: done for name, done in row.progress.items() if name != BEGAN}
    return len(rows)


def unsent(session: Session) -> Sequence[Handover]:
    """What waits or was given up, oldest first."""
    query = sa.select(Handover).where(Handover.status.in_((WAITING, DEAD))).order_by(Handover.id)
    return list(session.execute(query).scalars())


def wait_after(attempts: int) -> timedelta:
    """Exponential back-off with jitter: half a minute, doubled up to half an hour, 20 % either way.

    Jitter keeps what failed together from coming back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
    """
    wait = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    return wait * secrets.SystemRandom().uniform(1 - JITTER, 1 + JITTER)


def _with_desk(query: Any) -> Any:
    return (
        query.select_from(Handover)
        .join(Referral, Referral.reference == Handover.reference)
        .outerjoin(Service, Service.id == Referral.service_id)
        .outerjoin(Provider, Provider.id == Service.provider_id)
    )


def _free(moment: datetime) -> Any:
    return sa.and_(
        Handover.status == WAITING,
        sa.or_(Handover.claimed_until.is_(None), Handover.claimed_until <= moment),
    )


def _mine(claim: Claim) -> Any:
    return sa.and_(Handover.status == WAITING, Handover.claimed_until == claim.until)


def _due(moment: datetime) -> Any:
    """Free, its time has come, and nothing older of the same referral still waits."""
    older = aliased(Handover)
    blocked = sa.exists().where(
        older.reference == Handover.reference, older.id < Handover.id, older.status == WAITING
    )
    return sa.and_(_free(moment), Handover.next_attempt_at <= moment, ~blocked)


def _is_overtaken(session: Session, row: Handover) -> bool:
    """After a withdrawal the desk hears nothing else, and not even that if it never heard more.

    Nor of what lost its contact detail (bot/referral/life.py). What is closed needs no reminder.
    """
    others = sa.select(Handover.id).where(Handover.reference == row.reference)
    if row.about == WITHDRAWN:
        told = others.where(Handover.id < row.id, Handover.attempts > 0)
        return session.execute(told.limit(1)).first() is None
    facts = sa.select(Referral.contact, Referral.closed_at)
    contact, closed = session.execute(facts.where(Referral.reference == row.reference)).one()
    if not contact or (closed and row.about == "herinnering"):
        return True
    withdrawn = others.where(Handover.id > row.id, Handover.about == WITHDRAWN)
    return session.execute(withdrawn).first() is not None


def _take(
    session: Session, row: Handover, desk: str, address: Mapping[str, Any], moment: datetime
) -> Claim | None:
    # Another adapter knows nothing of what the one before has done.
    kept = row.progress if row.kind == address["kind"] else {}
    began = row.progress.get(BEGAN, moment.isoformat())
    mine = Claim(
        id=row.id,
        key=row.key,
        about=row.about,
        kind=address["kind"],
        reference=row.reference,
        desk=desk,
        address=address,
        attempts=row.attempts + 1,
        progress={**kept, BEGAN: began},
        until=moment + CLAIM_FOR,
    )
    won = _change(
        session,
        mine.id,
        _free(moment),
        kind=mine.kind,
        attempts=mine.attempts,
        progress=mine.progress,
        claimed_until=mine.until,
    )
    return mine if won else None


def _change(session: Session, id_: int, condition: Any, **values: Any) -> bool:
    """Changes one row if it still is as expected; whether it was."""
    change = sa.update(Handover).where(Handover.id == id_, condition).values(**values)
    return bool(session.execute(change.execution_options(synchronize_session=False)).rowcount)
