"""What comes of a delivery: sent, tried again, said in another way, or given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.whatsapp.deliveries import (
    CANCELLED,
    FAILED,
    MESSAGE,
    SENDING,
    SENT,
    TEMPLATE,
    WAITING,
    Claim,
    locked,
)
from bot.whatsapp.errors import CODES, GraphError, Group, wait_after
from bot.whatsapp.identity import People
from bot.whatsapp.model import WhatsAppDelivery, WhatsAppPerson
from bot.whatsapp.window import WINDOW

# How long Meta's news about a message may take that we got no answer about; mostly a second.
GRACE = timedelta(seconds=30)
# Until somebody has mended the token, one message a minute finds out whether they did.
ALARM_WAIT = timedelta(minutes=1)
# The code of a refused token, for an answer 401 that names none.
REFUSED = 190
# The reason of a row that waits for news about a try without an answer.
UNCERTAIN = "no answer"
GIVE_UP_AFTER, LEAST_ATTEMPTS = timedelta(days=4), 12
# A picture that was taken by Meta may still be refused afterwards; a day later it never is.
KEEP_SENT = timedelta(days=1)
# Errors that say something about the moment, not about the message.
PASSING = [code for code, group in CODES.items() if group in (Group.LATER, Group.ALARM)]


def sent(session: Session, people: People, mine: Claim, wamid: str, moment: datetime) -> None:
    """Notes that Meta took it; its status may have been told to us before this."""
    row = locked(session, WhatsAppDelivery.id == mine.id)
    if row is None or row.status not in (WAITING, SENDING):
        return
    row.status, row.claimed_until = SENT, None
    row.wamid, row.sent_at = people.fingerprint(wamid), moment
    row.error_code, row.error = None, None
    if row.kind == TEMPLATE:
        row.body = ""
    session.flush()


def failed(
    session: Session, people: People, mine: Claim, error: GraphError, moment: datetime
) -> str:
    """Notes that Meta refused it, and does what belongs to that error; the new status."""
    row = locked(session, *_mine(mine))
    if row is None:
        return CANCELLED
    refuse(session, people, row, error, moment)
    session.flush()
    return str(row.status)


def postpone(session: Session, mine: Claim, until: datetime, why: str) -> None:
    """Lets it be tried again from then on; nobody knows of a refusal."""
    row = locked(session, *_mine(mine))
    if row is not None:
        _later(row, until, None, why)
        session.flush()


def release(session: Session, mine: Claim) -> None:
    """Gives a part back that was not sent."""
    row = locked(session, *_mine(mine))
    if row is not None:
        row.status, row.claimed_until, row.attempts = WAITING, None, mine.attempts - 1
        session.flush()


def refuse(
    session: Session,
    people: People,
    row: WhatsAppDelivery,
    error: GraphError,
    moment: datetime,
) -> None:
    """Does with a row what belongs to the group of an error."""
    group = error.group
    if group is Group.MEDIA:
        caption = _caption(people, row)
        if caption:
            row.body = people.seal({"type": "text", "text": {"body": caption}})
            _later(row, moment, error.code, error.text)
            return
        group = Group.NEVER
    if group is Group.TEMPLATE and row.kind == MESSAGE:
        # Meta's clock counts, not ours.
        person = session.get(WhatsAppPerson, row.conversation_id)
        if person is not None and person.last_in_at is not None:
            person.last_in_at = min(person.last_in_at, moment - WINDOW)
        _later(row, moment, error.code, error.text)
    elif group is Group.ALARM:
        code = REFUSED if error.code is None else error.code
        _later(row, moment + ALARM_WAIT, code, error.text)
    elif group in (Group.NEVER, Group.TEMPLATE) or _is_hopeless(row, moment):
        row.status, row.claimed_until, row.body = FAILED, None, ""
        row.error_code, row.error = error.code, error.text
    else:
        _later(row, moment + wait_after(row.attempts), error.code, error.text)


def tidy(session: Session, moment: datetime) -> None:
    """Cancels what nobody should get any more, and empties bodies that are of no use."""
    waiting = WhatsAppDelivery.status == WAITING
    opted_out = sa.exists().where(
        WhatsAppPerson.conversation_id == WhatsAppDelivery.conversation_id,
        WhatsAppPerson.opted_out_at > WhatsAppDelivery.created_at,
    )
    wrote_again = sa.exists().where(
        WhatsAppPerson.conversation_id == WhatsAppDelivery.conversation_id,
        WhatsAppPerson.last_in_at > WhatsAppDelivery.created_at,
    )
    overtaken = sa.and_(WhatsAppDelivery.kind == TEMPLATE, wrote_again)
    for condition, values in (
        (sa.and_(waiting, sa.or_(opted_out, overtaken)), {"status": CANCELLED}),
        (
            sa.and_(
                sa.or_(
                    WhatsAppDelivery.status.in_((CANCELLED, FAILED)),
                    sa.and_(
                        WhatsAppDelivery.status == SENT,
                        WhatsAppDelivery.sent_at < moment - KEEP_SENT,
                    ),
                ),
                WhatsAppDelivery.body != "",
            ),
            {"body": ""},
        ),
    ):
        change = sa.update(WhatsAppDelivery).where(condition).values(**values)
        session.execute(change.execution_options(synchronize_session=False))


def wake(session: Session, moment: datetime) -> None:
    """Makes what waits for the API to work again due now, because it does."""
    change = (
        sa.update(WhatsAppDelivery)
        .where(
            WhatsAppDelivery.status == WAITING,
            WhatsAppDelivery.next_attempt_at > moment,
            sa.or_(
                WhatsAppDelivery.error_code.in_(PASSING),
                # No answer, or one without a code.
                sa.and_(WhatsAppDelivery.error_code.is_(None), WhatsAppDelivery.attempts > 0),
            ),
            sa.or_(WhatsAppDelivery.error.is_(None), WhatsAppDelivery.error != UNCERTAIN),
        )
        .values(next_attempt_at=moment)
    )
    session.execute(change.execution_options(synchronize_session=False))


def _mine(mine: Claim) -> tuple[Any, ...]:
    return (
        WhatsAppDelivery.id == mine.id,
        WhatsAppDelivery.status == SENDING,
        WhatsAppDelivery.claimed_until == mine.until,
    )


def _caption(people: People, row: WhatsAppDelivery) -> str:
    body = people.unseal(row.body) if row.body else {}
    return str((body.get("image") or {}).get("caption") or "")


def _later(row: WhatsAppDelivery, until: datetime, code: int | None, text: str) -> None:
    row.status, row.claimed_until, row.next_attempt_at = WAITING, None, until
    row.error_code, row.error = code, text


def _is_hopeless(row: WhatsAppDelivery, moment: datetime) -> bool:
    return row.attempts >= LEAST_ATTEMPTS and moment - row.created_at > GIVE_UP_AFTER
