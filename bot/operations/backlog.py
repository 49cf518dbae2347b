"""What waits to be done, in numbers and ages: nothing of it is about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversations.model import StoredMessage
from bot.referral import outbox
from bot.referral.model import Handover
from bot.review import projection
from bot.whatsapp import deliveries
from bot.whatsapp.model import WhatsAppDelivery


@dataclass(frozen=True)
class Queue:
    """How many wait, how long the oldest has, in seconds, and how many were given up."""

    waiting: int
    oldest_seconds: float
    given_up: int = 0


@dataclass(frozen=True)
class Backlog:
    """Every queue: messages of citizens without an answer, messages for desks, parts of messages
    for WhatsApp, and messages of citizens that staff cannot see yet.
    """

    inbox: Queue
    handover: Queue
    whatsapp: Queue
    projection: Queue


def read(session: Session, moment: datetime) -> Backlog:
    """The queues at this moment."""
    lag = projection.lag(session)
    status = WhatsAppDelivery.status
    return Backlog(
        _queue(session, moment, StoredMessage.status, ["received"], StoredMessage.at, "failed"),
        _queue(
            session, moment, Handover.status, [outbox.WAITING], Handover.created_at, outbox.DEAD
        ),
        _queue(
            session,
            moment,
            status,
            [deliveries.WAITING, deliveries.SENDING],
            WhatsAppDelivery.created_at,
            deliveries.FAILED,
        ),
        Queue(lag.messages, lag.seconds),
    )


def _queue(
    session: Session, moment: datetime, status: Any, waiting: list[str], since: Any, given_up: str
) -> Queue:
    number, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(since, type_=since.type)).where(status.in_(waiting))
    ).one()
    age = (moment - oldest).total_seconds() if oldest else 0.0
    failed = session.execute(sa.select(sa.func.count()).where(status == given_up)).scalar_one()
    return Queue(number, max(age, 0.0), failed)
