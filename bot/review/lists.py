"""Conversations and what was said in them as tables to take along, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.database import now
from bot.review.conditions import conditions
from bot.review.export import Table, Value, stream
from bot.review.figures import CHANNELS, HELPED
from bot.review.filters import Filter
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.scope import Gemeenten
from bot.taxonomy import taxonomy

C, T = ReviewConversation, ReviewTurn
THUMBS = {"up": "omhoog", "down": "omlaag"}
CONVERSATIONS: Mapping[str, Any] = {
    "Gesprek": C.conversation_id,
    "Begin": C.started_at,
    "Laatste bericht": C.last_at,
    "Kanaal": C.channel,
    "Gemeente": C.gemeente,
    "Fase": C.phase,
    "Berichten": C.turns,
    "Niet begrepen": C.fallbacks,
    "Laagste zekerheid": C.lowest_confidence,
    "Vroeg om een mens": C.person_asked,
    "Aanvraag gedaan": C.handed_over,
    "Gestopt in": C.left_in,
    "Duimen omhoog": C.ups,
    "Duimen omlaag": C.downs,
    "Geholpen": C.helped,
    "Eerste vraag": C.excerpt,
}
TURNS: Mapping[str, Any] = {
    "Gesprek": T.conversation_id,
    "Nummer": T.seq,
    "Moment": T.at,
    "Bericht": T.text,
    "Getypt": T.typed,
    "Onderwerp": T.intent,
    "Zekerheid": T.confidence,
    "Tweede keus": T.runner_up,
    "Zekerheid tweede keus": T.runner_up_confidence,
    "Niet begrepen": T.fallback,
    "Vragenlijst": T.flow,
    "Vraag": T.step,
    "Antwoord na (ms)": T.answered_ms,
    "Duim": T.rating,
}


def conversations(session: Session, wanted: Filter, gemeenten: Gemeenten) -> Table:
    """The conversations that the filter chooses, the newest first; details are masked."""
    query = (
        sa.select(*CONVERSATIONS.values())
        .where(*conditions(session, wanted, gemeenten))
        .order_by(C.last_at.desc(), C.conversation_id)
    )
    phases = taxonomy().phases
    words = {"Kanaal": CHANNELS, "Fase": phases, "Geholpen": HELPED}
    return _table(session, "Gesprekken", CONVERSATIONS, query, words, wanted)


def turns(session: Session, wanted: Filter, gemeenten: Gemeenten) -> Table:
    """What citizens said in the conversations that the filter chooses; details are masked."""
    query = (
        sa.select(*TURNS.values())
        .join(C, C.conversation_id == T.conversation_id)
        .where(*conditions(session, wanted, gemeenten))
        .order_by(C.last_at.desc(), C.conversation_id, T.seq)
    )
    return _table(session, "Berichten", TURNS, query, {"Duim": THUMBS}, wanted)


def _table(
    session: Session,
    title: str,
    columns: Mapping[str, Any],
    query: Any,
    words: Mapping[str, Mapping[str, str]],
    wanted: Filter,
) -> Table:
    headings = list(columns)
    places = {headings.index(heading): names for heading, names in words.items()}

    def rows() -> Iterable[Sequence[Value]]:
        for row in stream(session, query):
            values = list(row)
            for place, names in places.items():
                values[place] = names.get(values[place], values[place])
            yield values

    chosen = ", ".join(f"{name}={value}" for name, value in wanted.as_query().items())
    return Table(title, headings, rows(), [("Filters", chosen or "geen"), ("Gemaakt op", now())])
