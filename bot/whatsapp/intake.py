"""What comes in is kept before anything is done with it: each message once, whoever sends it twice.

Meta sends a webhook again for up to 7 days when it gets no answer, and puts several messages of
several people in one: https://developers.facebook.com/documentation/business-messaging/whatsapp/
webhooks/overview
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import now
from bot.whatsapp import shapes
from bot.whatsapp.identity import Address, People
from bot.whatsapp.model import WhatsAppUpdate
from bot.whatsapp.reading import Incoming, read

ACCOUNT = "whatsapp_business_account"
MESSAGES = "messages"
# A day longer than Meta repeats itself.
RETENTION = timedelta(days=8)


@dataclass
class Batch:
    """What one webhook held.

    Attributes:
        incoming: the messages of people that ask for something, in order.
        statuses: what became of messages of ours.
        passed: how many pieces were passed over, by why; says nothing about anyone.
    """

    incoming: list[Incoming] = field(default_factory=list)
    statuses: list[shapes.Status] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)


def unpack(body: Any, number: str, moment: datetime) -> Batch:
    """Everything in a webhook's body, however strange some of it is.

    Args:
        body: the JSON.
        number: our own number at Meta; what is for another one is passed over.
        moment: when it came, for messages that do not say when they were said.
    """
    batch = Batch()
    if not isinstance(body, dict) or body.get("object", ACCOUNT) != ACCOUNT:
        batch.passed["other object"] += 1
        return batch
    for value in _values(body, batch.passed):
        if isinstance(value.get("metadata"), dict):
            ours = shapes.part(value, "metadata", shapes.Metadata)
            if ours is None or ours.phone_number_id != number:
                batch.passed["other number"] += 1
                continue
        contacts = [shapes.whole(one, shapes.Contact) for one in _list(value, "contacts")]
        known = [contact for contact in contacts if contact is not None]
        for data in _list(value, "messages"):
            try:
                _unpack_message(data, known, moment, batch)
            except (ValueError, TypeError, LookupError, RecursionError) as error:
                batch.passed[f"message {type(error).__name__}"] += 1
        for data in _list(value, "statuses"):
            status = shapes.whole(data, shapes.Status)
            if status is None:
                batch.passed["strange status"] += 1
            else:
                batch.statuses.append(status)
    return batch


def store(session: Session, people: People, incoming: list[Incoming]) -> int:
    """Keeps the messages that were not there yet; how many that were."""
    moment = now()
    new = 0
    for message in incoming:
        prints = people.fingerprints(message.wamid)
        # Under an older key it is the same message; under the key of now the table itself refuses.
        query = sa.select(WhatsAppUpdate.id).where(WhatsAppUpdate.wamid.in_(prints[1:]))
        if prints[1:] and session.execute(query).first():
            continue
        row = {
            "wamid": prints[0],
            "person_key": people.key(message.sender),
            "phone_number_id": people.number,
            "body": people.seal(msgspec.to_builtins(message)),
            "status": "received",
            "attempts": 0,
            "next_attempt_at": moment,
            "received_at": moment,
        }
        new += session.execute(_insert_once(session).values(**row)).rowcount
    return new


def purge(session: Session) -> int:
    """Forgets the messages that Meta will not send again; how many."""
    old = WhatsAppUpdate.received_at < now() - RETENTION
    return int(session.execute(sa.delete(WhatsAppUpdate).where(old)).rowcount)


def moment_of(timestamp: str | int, latest: datetime) -> datetime:
    """A moment as WhatsApp tells it, in seconds since 1970: never later than `latest`.

    What cannot be read is that latest moment.
    """
    digits = str(timestamp)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 11):
        return latest
    return min(datetime.fromtimestamp(int(digits), timezone.utc), latest)


def _insert_once(session: Session) -> Any:
    name = session.get_bind().dialect.name
    insert = postgresql.insert if name == "postgresql" else sqlite.insert
    return insert(WhatsAppUpdate).on_conflict_do_nothing(index_elements=["wamid"])


def _values(body: dict[str, Any], passed: Counter[str]) -> Iterator[dict[str, Any]]:
    """What the changes hold that are about messages."""
    for entry in _list(body, "entry"):
        for change in _list(entry, "changes"):
            if not isinstance(change, dict) or not isinstance(change.get("value"), dict):
                passed["strange change"] += 1
            elif change.get("field", MESSAGES) != MESSAGES:
                passed["other field"] += 1
            else:
                yield change["value"]


def _unpack_message(
    data: Any, contacts: list[shapes.Contact], moment: datetime, batch: Batch
) -> None:
    said_by = shapes.whole(data, shapes.Sender)
    if said_by is None:
        batch.passed["strange message"] += 1
        return
    sender = _sender(data, said_by, contacts)
    if not sender:
        batch.passed["no sender"] += 1
        return
    if said_by.group_id:
        batch.passed["group"] += 1
        return
    told = shapes.whole(data, shapes.Moment)
    at = moment_of(told.timestamp if told else "", moment)
    message = read(data, _wamid(data), sender, at.timestamp())
    if message.kind == "silent":
        batch.passed["silent"] += 1
    else:
        batch.incoming.append(message)


def _sender(
    data: dict[str, Any], said_by: shapes.Sender, contacts: list[shapes.Contact]
) -> Address:
    """Who said it, with what the list of contacts knows about that same person."""
    phone, user = said_by.from_, said_by.from_user_id
    for contact in contacts:
        same = (phone and contact.wa_id == phone) or (user and contact.user_id == user)
        alone = len(contacts) == 1 and not phone and not user and said_by.type
        if same or alone:
            return Address(phone or contact.wa_id, user or contact.user_id)
    if not phone and not user:
        # A new id of somebody whose number stays, told without a sender.
        news = shapes.part(data, "system", shapes.System)
        if news is not None and news.type == "user_changed_user_id":
            return Address(news.wa_id, news.previous_user_id)
    return Address(phone, user)


def _wamid(data: dict[str, Any]) -> str:
    """The message's own id; for one without, what it says stands for it."""
    named = shapes.whole(data, shapes.Identity)
    if named is not None:
        return named.id
    said = json.dumps(data, sort_keys=True).encode()
    return f"sha256.{hashlib.sha256(said).hexdigest()}"


def _list(data: Any, name: str) -> list[Any]:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
