"""Who talks: from a phone number or a business-scoped id to an opaque conversation id, and back.

WhatsApp names a person by phone number (`wa_id`), by business-scoped user id (`user_id`, for people
who hide their number since 2026), or by both:
https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.privacy.keys import Cipher
from bot.whatsapp.model import WhatsAppKey, WhatsAppPerson

PURPOSE = "whatsapp"


@dataclass(frozen=True)
class Address:
    """How WhatsApp knows a person; at least one of the two."""

    wa_id: str | None = None
    user_id: str | None = None

    def __bool__(self) -> bool:
        """Whether it says who the person is."""
        return bool(self.wa_id or self.user_id)


class People:
    """The people of one business phone number, and what is encrypted about them.

    Args:
        secret: the installation's `SECRET_KEY`.
        old: `SECRET_KEY_OLD`, keys of before.
        number: our own number at Meta (`WHATSAPP_PHONE_NUMBER_ID`). The same person at another
            number is somebody else.
    """

    def __init__(self, secret: str, old: Sequence[str], number: str) -> None:
        self._cipher = Cipher(secret, PURPOSE, old)
        self.number = number

    def seal(self, data: Any) -> str:
        """What JSON can say, encrypted."""
        return self._cipher.encrypt(json.dumps(data, ensure_ascii=False)).decode()

    def unseal(self, sealed: str) -> Any:
        """The data again.

        Raises:
            cryptography.fernet.InvalidToken: another key, or tampered with.
        """
        return json.loads(self._cipher.decrypt(sealed.encode()))

    def fingerprint(self, wamid: str) -> str:
        """What stands for a message's own id in the tables: that id has the phone number in it."""
        return self.fingerprints(wamid)[0]

    def fingerprints(self, wamid: str) -> list[str]:
        """The fingerprint under the key of now, and those under older keys."""
        return self._cipher.fingerprints(f"wamid {wamid}")

    def key(self, address: Address) -> str:
        """The key by which messages of one person are kept in order."""
        return self._keys(address)[0]

    def find(self, session: Session, address: Address) -> WhatsAppPerson | None:
        """The person with this address, if they talked to us before.

        A phone number may get another owner; their business-scoped id then tells them apart.
        """
        if address.user_id:
            found = self._find(session, Address(user_id=address.user_id))
            if found is not None:
                return found
        if not address.wa_id:
            return None
        found = self._find(session, Address(wa_id=address.wa_id))
        if found is None:
            return None
        known = self.address(found).user_id
        return found if not known or not address.user_id else None

    def add(self, session: Session, conversation_id: str, address: Address) -> WhatsAppPerson:
        """Makes the person of a new conversation known.

        Raises:
            sqlalchemy.exc.IntegrityError: another process did so at the same moment.
        """
        person = WhatsAppPerson(
            conversation_id=conversation_id,
            key=self.key(address),
            address=self.seal(asdict(address)),
            rendered_seq=0,
            created_at=now(),
        )
        session.add(person)
        session.flush()
        self._link(session, person, address)
        return person

    def address(self, person: WhatsAppPerson) -> Address:
        """Where messages for this person go."""
        return Address(**self.unseal(person.address))

    def heard(self, session: Session, person: WhatsAppPerson, wamid: str, at: datetime) -> None:
        """Writes down that the person said something; that opens the 24-hour window again."""
        if person.last_in_at is None or at > person.last_in_at:
            person.last_in_at = at
        person.last_in_wamid = self.seal(wamid)
        session.flush()

    def update(self, session: Session, person: WhatsAppPerson, address: Address) -> None:
        """Follows a person to a new number or id; the conversation stays.

        What they had before stops leading here: the number may get another owner. A conversation
        that the new number had stays as it is: what two people said is never joined.
        """
        before = self.address(person)
        after = Address(address.wa_id or before.wa_id, address.user_id or before.user_id)
        if after != before:
            gone = set(self._keys(before, with_old=True)) - set(self._keys(after))
            session.execute(sa.delete(WhatsAppKey).where(WhatsAppKey.key.in_(gone)))
            person.address = self.seal(asdict(after))
            self._take_key(session, person, self.key(after))
        self._link(session, person, after)

    def _find(self, session: Session, address: Address) -> WhatsAppPerson | None:
        query = (
            sa.select(WhatsAppPerson)
            .join(WhatsAppKey, WhatsAppKey.conversation_id == WhatsAppPerson.conversation_id)
            .where(WhatsAppKey.key.in_(self._keys(address, with_old=True)))
        )
        return session.execute(query).scalars().first()

    def _take_key(self, session: Session, person: WhatsAppPerson, key: str) -> None:
        others = sa.select(WhatsAppPerson).where(
            WhatsAppPerson.key == key, WhatsAppPerson.conversation_id != person.conversation_id
        )
        for other in session.execute(others).scalars():
            other.key = self._cipher.fingerprint(f"former {other.conversation_id}")
            session.flush()
        person.key = key
        session.flush()

    def _link(self, session: Session, person: WhatsAppPerson, address: Address) -> None:
        """Lets every id of the person lead to their conversation."""
        for key in self._keys(address):
            session.merge(WhatsAppKey(key=key, conversation_id=person.conversation_id))
        session.flush()

    def _keys(self, address: Address, with_old: bool = False) -> list[str]:
        found: list[str] = []
        for kind, value in (("user", address.user_id), ("phone", address.wa_id)):
            if value:
                prints = self._cipher.fingerprints(f"{kind} {self.number} {value}")
                found += prints if with_old else prints[:1]
        if not found:
            raise ValueError("an address without any id")
        return found
