"""An installation with desks and referrals, and a clock that a test moves."""

import asyncio
import datetime
import itertools

from desk_rows import add_desk

from bot.privacy.keys import Cipher
from bot.referral import outbox
from bot.referral.message import compose
from bot.referral.model import Handover, Referral

SECRET = "een-geheim-van-minstens-32-tekens-lang"
DUE = datetime.datetime(2026, 11, 25, 16, 0, tzinfo=datetime.timezone.utc)
ASKED = datetime.datetime(2026, 11, 22, 9, 12, tzinfo=datetime.timezone.utc)


class Office:
    """An installation with desks and referrals."""

    def __init__(self, database):
        self.database = database
        self._numbers = itertools.count(1)

    def add_desk(self, name, handover):
        with self.database.session() as session:
            add_desk(session, name, handover)

    def refer(self, desk, about="nieuw", contact="06 12345678", **values):
        """A referral with its message in the outbox; the reference."""
        reference = f"SW-ACEF-{next(self._numbers):04}"
        given = {
            "run": reference,
            "status": "ontvangen",
            "gemeente": "Assen",
            "situation": "bijstand",
            "phase": "idee_en_plan",
            "question": "Kan ik een bakkerij beginnen naast mijn uitkering?",
            "context": [{"label": "Plan", "text": "Bakkerij in het centrum, start in maart"}],
            "wish": "bel na 17 uur",
            "service_id": f"dienst-{desk}",
            "contact_kind": "email" if "@" in contact else "telefoon",
            "contact": Cipher(SECRET, "referral").encrypt(contact),
            "consent_text": "Mag dit naar het Ondernemersloket?",
            "consent_at": ASKED,
            "created_at": ASKED,
            "due_at": DUE,
            **values,
        }
        with self.database.session() as session:
            referral = Referral(reference=reference, **given)
            session.add(referral)
            session.flush()
            outbox.enqueue(session, referral, about)
        return reference

    def tell(self, reference, about, **values):
        with self.database.session() as session:
            referral = session.get(Referral, reference)
            for name, value in values.items():
                setattr(referral, name, value)
            outbox.enqueue(session, referral, about)

    def row(self, key):
        with self.database.session() as session:
            return session.query(Handover).filter_by(key=key).one()

    def rows(self):
        with self.database.session() as session:
            return session.query(Handover).order_by(Handover.id).all()

    def message(self, referrals, key):
        with self.database.session() as session:
            return compose(session, referrals, session.query(Handover).filter_by(key=key).one())


async def until(condition, seconds=20):
    """Returns when the condition holds.

    Raises:
        AssertionError: it did not within so many seconds.
    """
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Clock:
    """A clock that stands still until it is moved; a little ahead, so that new rows are due."""

    def __init__(self):
        self.moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)

    def __call__(self):
        return self.moment

    def forward(self, **amount):
        self.moment += datetime.timedelta(**amount)
