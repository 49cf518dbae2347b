"""Requests for contact at two desks, put in the database as an intake leaves them."""

import itertools
from datetime import timedelta

from desk_rows import add_desk

from bot.database import now
from bot.privacy.keys import Cipher
from bot.referral.model import Handover, Referral, ReferralEvent

PHONE = "06 12345678"
LETTERS = "ACEFGHJKRUXY2346789"


class Requests:
    """Makes requests; `secret` is that of the installation."""

    def __init__(self, database, secret):
        self.database = database
        self._cipher = Cipher(secret, "referral")
        self._numbers = itertools.count()
        with database.session() as session:
            for name in ("ondernemersloket", "kvk"):
                add_desk(session, name)

    def add(self, *, contact=PHONE, due=3, messages=(), **values):
        """A request that is due in so many days; `messages` are the states of its handovers."""
        number = next(self._numbers)
        last = LETTERS[number // len(LETTERS)] + LETTERS[number % len(LETTERS)]
        reference = f"SW-ACEF-GH{last}"
        moment = now()
        given = {
            "run": reference,
            "conversation_id": None,
            "status": "ontvangen",
            "gemeente": "Voorbeeldstad",
            "situation": "bijstand",
            "question": "Kan ik een bakkerij beginnen?",
            "context": [{"label": "Plan", "text": "Bakkerij in het centrum"}],
            "urgency": "gewoon",
            "service_id": "dienst-ondernemersloket",
            "contact_kind": "telefoon",
            "contact": self._cipher.encrypt(contact) if contact else b"",
            "consent_text": "Mag dit naar het loket?",
            "consent_at": moment,
            "created_at": moment,
            "due_at": moment + timedelta(days=due),
            **values,
        }
        with self.database.session() as session:
            session.add(
                Referral(
                    reference=reference,
                    events=[ReferralEvent(status=given["status"], at=moment, by="inwoner")],
                    **given,
                )
            )
            session.flush()
            for place, status in enumerate(messages):
                session.add(
                    Handover(
                        reference=reference,
                        key=f"{reference}.{place}",
                        about="nieuw",
                        kind="email",
                        status=status,
                        attempts=12,
                        next_attempt_at=moment,
                        progress={},
                        last_error="550 <b>onbekend</b>",
                        created_at=moment,
                    )
                )
        return reference

    def get(self, reference):
        """The request as it is now."""
        with self.database.session() as session:
            found = session.get(Referral, reference)
            found.events  # noqa: B018 - read while there is a session
            return found
