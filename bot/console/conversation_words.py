"""How conversations are put into words: names of filters and values, and the strip as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.html import day, number, percent
from bot.review import tags, work
from bot.review.filters import COUNT_TO, FLOWS, NAMES, SORT, SORTS, Filter
from bot.review.model import ReviewConversation
from bot.review.volume import Bar
from bot.staff.accounts import Person
from bot.staff.model import Staff
from bot.staff.roles import ROLES, Right
from bot.taxonomy import taxonomy

Options = list[tuple[str, str]]
ANY = ("", "Maakt niet uit")
YES_NO = {"ja": "ja", "nee": "nee"}
CHANNELS = {"web": "website", "whatsapp": "WhatsApp", "rasa": "testkanaal"}
FLOW_NAMES = {
    "zelfscan": "zelfscan",
    "quickscan": "quickscan",
    "plan": "plan",
    "regelingen": "regelingen",
    "doorverwijzing": "doorverwijzing",
    "status": "status van een aanvraag",
}
OUTCOMES = {"completed": "afgemaakt", "left": "gestopt", "open": "middenin gebleven"}
RATINGS = {
    "up": "duim omhoog",
    "down": "duim omlaag",
    "none": "geen oordeel",
    "yes": "geholpen",
    "partly": "deels geholpen",
    "no": "niet geholpen",
}
SORT_NAMES = {
    "newest": "nieuwste eerst",
    "oldest": "oudste eerst",
    "doubt": "meeste twijfel eerst",
    "longest": "langste eerst",
    "fallbacks": "meeste keren niet begrepen eerst",
}
LABELS = {
    "since": "Vanaf",
    "until": "Tot en met",
    "channel": "Kanaal",
    "gemeente": "Gemeente",
    "phase": "Fase",
    "intent": "Onderwerp",
    "least_confidence": "Zekerheid vanaf (%)",
    "most_confidence": "Zekerheid tot en met (%)",
    "fallback": "Iets niet begrepen",
    "flow": "Route",
    "outcome": "Afloop van de route",
    "handed_over": "Doorverwezen",
    "rating": "Oordeel van de inwoner",
    "tag": "Label",
    "reviewer": "Beoordelaar",
    "state": "Stand",
    "least_turns": "Berichten van de inwoner, minstens",
    "most_turns": "Berichten van de inwoner, hoogstens",
    "text": "Zoek in wat de inwoner zei",
}
# These are always in view, the others fold away.
FIRST = ("text", "since", "until")
STRIP_HEIGHT, STRIP_WIDTH = 64, 960


@dataclass(frozen=True)
class Field:
    """A field of the form; `options` for a choice, else `kind` is the type of the input.

    `suggestions` are words that someone may also type otherwise; `most` is the highest number.
    """

    name: str
    label: str
    value: str
    options: Options | None = None
    kind: str = "text"
    hint: str = ""
    most: int = 0
    suggestions: Sequence[str] = ()

    @property
    def is_first(self) -> bool:
        """Whether it is always in view."""
        return self.name in [NAMES[name] for name in FIRST]


def fields(session: Session, person: Person, chosen: Filter, sort: str) -> list[Field]:
    """The fields of the form with what is chosen now."""
    query, options = chosen.as_query(), _options(session, person)
    limits = {"least_confidence": 100, "most_confidence": 100, "least_turns": 9999}
    limits["most_turns"] = 9999
    kinds = {"since": "date", "until": "date", "text": "search"}
    hints = {"text": 'Een los woord mag ook het begin zijn. Woorden bij elkaar: "eigen bedrijf".'}
    suggested = {"tag": tags.suggestions(session, person.gemeenten)}
    found = [
        Field(
            in_address,
            LABELS[name],
            query.get(in_address, ""),
            options.get(name),
            "number" if name in limits else kinds.get(name, "text"),
            hints.get(name, ""),
            limits.get(name, 0),
            suggested.get(name, ()),
        )
        for name, in_address in NAMES.items()
        if name != "gemeente" or len(options["gemeente"]) > 2
    ]
    order: Options = [(name, SORT_NAMES[name]) for name in SORTS]
    return [*found, Field(SORT, "Volgorde", sort, order)]


def chip(name: str, value: Any, names: Mapping[int, str]) -> str:
    """A filter that is set, in words. `names` are those of colleagues."""
    known = taxonomy()
    words: Any = {
        "phase": lambda v: known.phases.get(v, v),
        "intent": intent,
        "channel": channel,
        "flow": flow,
        "outcome": OUTCOMES.get,
        "rating": RATINGS.get,
        "state": work.STATES.get,
        "reviewer": lambda v: names.get(v, f"account {v}"),
    }.get(name, str)
    if isinstance(value, bool):
        return f"{LABELS[name]}: {'ja' if value else 'nee'}"
    return f"{LABELS[name]}: {day(value) if isinstance(value, date) else words(value)}"


def intent(name: str | None) -> str:
    """An intent by its label."""
    found = taxonomy().intents.get(name or "")
    return found.label if found else name or "niets herkend"


def phase(name: str | None) -> str:
    """A phase by its label."""
    return taxonomy().phases.get(name or "", name or "onbekend")


def channel(name: str) -> str:
    """A channel by the name that people know."""
    return CHANNELS.get(name, name)


def flow(name: str | None) -> str:
    """A flow by its name."""
    return FLOW_NAMES.get(name or "", name or "")


def outcome(name: str) -> str:
    """How a flow ended."""
    return OUTCOMES.get(name, name)


def rating(name: str) -> str:
    """What the citizen thought."""
    return RATINGS.get(name, name)


def state(name: str | None) -> str:
    """How far the review is; a conversation without a review is new."""
    return work.STATES.get(name or work.NEW, name or "")


def referral_state(name: str) -> str:
    """The state of a referral."""
    return name.replace("_", " ")


def counted(found: int) -> str:
    """How many conversations, and no further than was counted."""
    if found > COUNT_TO:
        return f"meer dan {number(COUNT_TO)} gesprekken"
    return f"{number(found)} {'gesprek' if found == 1 else 'gesprekken'}"


def period(bar: Bar) -> str:
    """The days of a bar."""
    return day(bar.first) if bar.first == bar.last else f"{day(bar.first)} t/m {day(bar.last)}"


def strip(bars: Sequence[Bar]) -> dict[str, Any]:
    """The strip as rectangles in a drawing of STRIP_WIDTH by STRIP_HEIGHT units."""
    highest = max((bar.number for bar in bars), default=0)
    step = STRIP_WIDTH / max(len(bars), 12)
    made = []
    for place, bar in enumerate(bars):
        height = round(STRIP_HEIGHT * bar.number / highest, 1) if highest else 0
        made.append(
            {
                "x": round(place * step, 1),
                "y": round(STRIP_HEIGHT - height, 1),
                "width": round(step * 0.8, 1),
                "height": height,
                "title": f"{period(bar)}: {number(bar.number)}",
            }
        )
    return {
        "width": STRIP_WIDTH,
        "height": STRIP_HEIGHT,
        "bars": made,
        "first": period(bars[0]) if bars else "",
        "last": period(bars[-1]) if bars else "",
        "highest": number(highest),
    }


def certainty(value: float | None) -> str:
    """A confidence as people read it; what is nearly 1 is not called certain."""
    return percent(None if value is None else min(value, 0.99) if value < 1 else value)


def _options(session: Session, person: Person) -> dict[str, Options]:
    known = taxonomy()
    topics = sorted((i.label, name) for name, i in known.intents.items())
    gemeenten = _gemeenten(session, person)
    return {
        "channel": [ANY, *CHANNELS.items()],
        "gemeente": [ANY, *((name, name) for name in gemeenten)],
        "phase": [ANY, *known.phases.items()],
        "intent": [ANY, *((name, label) for label, name in topics)],
        "fallback": [ANY, *YES_NO.items()],
        "handed_over": [ANY, *YES_NO.items()],
        "flow": [ANY, *((name, FLOW_NAMES[name]) for name in FLOWS)],
        "outcome": [ANY, *OUTCOMES.items()],
        "rating": [ANY, *RATINGS.items()],
        "reviewer": [ANY, *((str(i), name) for i, name in reviewers(session, person).items())],
        "state": [ANY, *work.STATES.items()],
    }


def reviewers(session: Session, person: Person) -> dict[int, str]:
    """The names of those who may review what this person sees, by account."""
    reviewing = {role for role, rights in ROLES.items() if Right.REVIEW in rights}
    query = sa.select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name, Staff.id)
    return {
        one.id: one.name
        for one in session.execute(query).scalars()
        if reviewing & set(one.roles)
        and (
            person.gemeenten is None
            or one.gemeenten is None
            or person.gemeenten & set(one.gemeenten)
        )
    }


def _gemeenten(session: Session, person: Person) -> list[str]:
    """The gemeenten to choose from: one's own, else all that there are conversations of."""
    if person.gemeenten is not None:
        return sorted(person.gemeenten)
    query = sa.select(ReviewConversation.gemeente).distinct()
    return sorted(name for name in session.execute(query).scalars() if name)
