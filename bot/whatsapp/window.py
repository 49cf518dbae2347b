"""The customer service window: for 24 hours after a person wrote, we may write what we want.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
(customer service windows). After that only an approved template may go (bot/whatsapp/templates.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.whatsapp.model import WhatsAppPerson

WINDOW = timedelta(hours=24)
# A message on its way arrives a little later, and two clocks are never the same.
MARGIN = timedelta(minutes=1)


def remaining(person: WhatsAppPerson, moment: datetime) -> timedelta:
    """How long we may still write freely; zero when the window is closed."""
    if person.last_in_at is None:
        return timedelta(0)
    return max(person.last_in_at + WINDOW - moment, timedelta(0))


def is_open(person: WhatsAppPerson, moment: datetime) -> bool:
    """Whether a message that is sent now arrives within the window."""
    return remaining(person, moment) > MARGIN


def is_closed(moment: datetime) -> Any:
    """The opposite as a condition on `WhatsAppPerson`, for queries."""
    latest = moment - WINDOW + MARGIN
    return sa.or_(WhatsAppPerson.last_in_at.is_(None), WhatsAppPerson.last_in_at <= latest)
