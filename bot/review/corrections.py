"""What a reviewer says that a message meant, and the basket of what the bot may learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review import tags
from bot.review.comments import SOMEONE_GONE
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.verdicts import INTENT, NEW_TOPIC, RIGHT, UNCLEAR, VERDICTS
from bot.review.work import UnknownReview, visible
from bot.review.work_model import Correction
from bot.staff.accounts import Person
from bot.staff.model import Staff
from bot.staff.once import insert_once
from bot.taxonomy import taxonomy

LONGEST_TEXT = 500


class InvalidCorrection(Exception):
    """A correction that cannot be kept; the message (Dutch) says why."""


@dataclass(frozen=True)
class Verdict:
    """What a reviewer decides.

    `intent` is the right one (INTENT) or the name of the new subject (NEW_TOPIC). `text` is what
    may be learned; empty for the message as it is. `learn`: whether it goes into the basket.
    """

    kind: str
    intent: str | None = None
    text: str = ""
    learn: bool = True


class CorrectionChanged(Exception):
    """A colleague decided in the meantime: `kept` is theirs (by `by`), `wanted` is yours."""

    def __init__(self, kept: Correction | None, by: str, wanted: Verdict) -> None:
        super().__init__("the correction was changed by a colleague")
        self.kept = kept
        self.by = by
        self.wanted = wanted


@dataclass(frozen=True)
class InBasket:
    """A correction with what its provenance needs: when it was said, and who decided."""

    correction: Correction
    said_on: date
    by: str
    entities: Sequence[Mapping[str, object]] = ()
    said: str = ""


def turn(
    session: Session, conversation_id: str, seq: int, gemeenten: frozenset[str] | None
) -> ReviewTurn:
    """One message of a citizen.

    Raises:
        UnknownReview: there is none, or it is not theirs to see.
    """
    visible(session, conversation_id, gemeenten)
    query = sa.select(ReviewTurn).where(
        ReviewTurn.conversation_id == conversation_id, ReviewTurn.seq == seq
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise UnknownReview(conversation_id)
    return found


def of_turn(session: Session, conversation_id: str, seq: int) -> Correction | None:
    """What was decided of this message, if anything."""
    query = sa.select(Correction).where(
        Correction.conversation_id == conversation_id, Correction.seq == seq
    )
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def decide(
    session: Session,
    person: Person,
    conversation_id: str,
    seq: int,
    version: int,
    wanted: Verdict,
) -> Correction:
    """Keeps what a reviewer decides, made with version `version` in view (0: nothing decided yet).

    Only a typed message with another subject, a new one, or the one that the bot found can be
    learned from; it goes into the basket when the reviewer wants so.

    Raises:
        UnknownReview: the person may not see the message.
        InvalidCorrection: a value that cannot be.
        CorrectionChanged: a colleague was first.
    """
    said = turn(session, conversation_id, seq, person.gemeenten)
    intent = _intent(said, wanted)
    text = " ".join((wanted.text or said.text).split())
    if len(text) > LONGEST_TEXT:
        raise InvalidCorrection(f"De tekst is te lang: hoogstens {LONGEST_TEXT} tekens.")
    values = {
        "verdict": wanted.kind,
        "intent": intent,
        "text": text,
        "in_basket": wanted.learn and wanted.kind in (INTENT, NEW_TOPIC),
        "version": version + 1,
        "by_id": person.id,
        "at": now(),
    }
    if version == 0:
        first = {
            "conversation_id": conversation_id,
            "seq": seq,
            "understood_as": said.intent,
            "confidence": said.confidence,
        }
        is_first = insert_once(session, Correction, {**first, **values})
    else:
        update = sa.update(Correction).where(
            Correction.conversation_id == conversation_id,
            Correction.seq == seq,
            Correction.version == version,
        )
        options = {"synchronize_session": False}
        done = session.execute(update.values(**values).execution_options(**options))
        is_first = done.rowcount == 1
    found = of_turn(session, conversation_id, seq)
    if found is None or not is_first:
        raise _changed(session, conversation_id, seq, wanted)
    return found


def put(session: Session, person: Person, correction_id: int, in_basket: bool) -> None:
    """Takes a correction out of the basket, or puts it back.

    Raises:
        UnknownReview: there is none, or it is not theirs to see.
    """
    row = session.get(Correction, correction_id)
    if row is None or row.verdict not in (INTENT, NEW_TOPIC):
        raise UnknownReview(str(correction_id))
    visible(session, row.conversation_id, person.gemeenten)
    row.in_basket = in_basket
    row.version = Correction.version + 1  # counted by the database: a colleague may be deciding
    session.flush()


def basket(session: Session, gemeenten: frozenset[str] | None) -> list[InBasket]:
    """What the bot may learn from, in the order in which it was said."""
    return _with_provenance(session, gemeenten, Correction.in_basket.is_(True))


def decided(session: Session, gemeenten: frozenset[str] | None) -> list[InBasket]:
    """Every decision: the messages on which models are compared."""
    return _with_provenance(session, gemeenten, sa.true())


def expected(correction: Correction) -> str | None:
    """The intent that a model should find; None where it should find nothing."""
    return correction.intent if correction.verdict in (INTENT, RIGHT) else None


def _with_provenance(
    session: Session, gemeenten: frozenset[str] | None, condition: sa.sql.ColumnElement[bool]
) -> list[InBasket]:
    query = (
        sa.select(Correction, ReviewTurn, Staff.name)
        .join(
            ReviewTurn,
            sa.and_(
                ReviewTurn.conversation_id == Correction.conversation_id,
                ReviewTurn.seq == Correction.seq,
            ),
        )
        .join(
            ReviewConversation,
            ReviewConversation.conversation_id == Correction.conversation_id,
        )
        .outerjoin(Staff, Staff.id == Correction.by_id)
        .where(condition)
        .order_by(ReviewTurn.at, Correction.id)
    )
    if gemeenten is not None:
        query = query.where(ReviewConversation.gemeente.in_(gemeenten))
    return [
        InBasket(correction, said.at.date(), by or SOMEONE_GONE, said.entities, said.text)
        for correction, said, by in session.execute(query)
    ]


def _intent(said: ReviewTurn, wanted: Verdict) -> str | None:
    if wanted.kind not in VERDICTS:
        raise InvalidCorrection("Kies wat er met dit bericht aan de hand is.")
    if not said.typed:
        raise InvalidCorrection("Dit was een knop: daar valt niets aan te verbeteren.")
    if wanted.kind == RIGHT:
        return said.intent
    if wanted.kind == UNCLEAR:
        return None
    if wanted.kind == NEW_TOPIC:
        name = tags.normalise(wanted.intent or "").replace("-", "_")
        if not name:
            raise InvalidCorrection("Geef het nieuwe onderwerp een naam.")
        if name in taxonomy().intents:
            raise InvalidCorrection(f"Het onderwerp '{name}' bestaat al. Kies het uit de lijst.")
        return name
    if wanted.intent not in taxonomy().intents:
        raise InvalidCorrection("Kies het goede onderwerp uit de lijst.")
    return wanted.intent


def _changed(
    session: Session, conversation_id: str, seq: int, wanted: Verdict
) -> CorrectionChanged:
    kept = of_turn(session, conversation_id, seq)
    if kept is not None:
        session.expunge(kept)  # it is read when this transaction has been undone
    query = sa.select(Staff.name).where(Staff.id == (kept.by_id if kept else None))
    return CorrectionChanged(kept, session.execute(query).scalar() or SOMEONE_GONE, wanted)
