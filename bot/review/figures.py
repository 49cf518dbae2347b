"""Figures about conversations, for steering: never about one person.

All figures of a page are about the same conversations, which are also those of the list with these
filters: their last message is in the period, and the citizen said something. They are counted in
the database, in one passage. Conversations are erased after their term, so a figure goes back no
further than that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.review.block import Block, block, share
from bot.review.model import ReviewConversation, ReviewTurn
from bot.review.scope import AMSTERDAM, Gemeenten, Scope

# Response times are those of the newest conversations: enough for a percentile, and bounded.
MOST_TIMED = 5_000
PERCENTILES = {50: "De helft kreeg antwoord binnen", 95: "95 van de 100 kregen antwoord binnen"}
HELPED = {"yes": "Ja", "partly": "Een beetje", "no": "Nee"}
CHANNELS = {"web": "Website", "whatsapp": "WhatsApp", "rasa": "Zonder kanaal (test)"}


@dataclass(frozen=True)
class Counted:
    """The conversations of one hour (UTC) on one channel, added up."""

    day: date
    channel: str
    conversations: int
    solved: int
    person: int
    referred: int
    turns: int
    fallbacks: int
    ups: int
    downs: int
    yes: int
    partly: int
    no: int


def overview(session: Session, scope: Scope) -> list[Block]:
    """What the conversations look like: key figures, per day, channels, ratings, response time."""
    counted = list(_count(session, scope))
    n = sum(one.conversations for one in counted)
    return [
        _key_figures(counted, n),
        _days(counted, n, scope),
        _channels(counted, n),
        _thumbs(counted),
        _helped(counted),
        response_times(session, scope),
    ]


def response_times(session: Session, scope: Scope) -> Block:
    """How long people waited for the first answer to a message, in seconds."""
    newest = (
        sa.select(ReviewConversation.conversation_id)
        .where(scope.conversations())
        .order_by(ReviewConversation.last_at.desc())
        .limit(MOST_TIMED)
    )
    query = sa.select(ReviewTurn.answered_ms).where(
        ReviewTurn.conversation_id.in_(newest.scalar_subquery()),
        ReviewTurn.answered_ms.is_not(None),
    )
    times = sorted(session.execute(query).scalars())
    rows = [(words, percentile(times, part) / 1000) for part, words in PERCENTILES.items() if times]
    return block(
        "antwoordtijd",
        "Hoe snel de bot antwoordt",
        "De tijd tussen een bericht van een inwoner en het eerste antwoord, in seconden. Gemeten "
        f"in de nieuwste gesprekken, hoogstens {MOST_TIMED}.",
        len(times),
        "berichten",
        ("Maat", "Seconden"),
        rows,
    )


def percentile(ordered: Sequence[int], part: int) -> int:
    """The value that `part` percent are not above (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def _count(session: Session, scope: Scope) -> Iterable[Counted]:
    table = ReviewConversation
    hour = sa.func.substr(sa.cast(table.last_at, sa.String), 1, 13)

    def number(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    # Careful on purpose: who left halfway, was never understood or was not helped does not count.
    solved = sa.and_(
        table.handed_over.is_(False),
        table.person_asked.is_(False),
        table.left_in.is_(None),
        table.fallbacks < table.turns,
        sa.func.coalesce(table.helped, "") != "no",
    )
    query = (
        sa.select(
            hour,
            table.channel,
            sa.func.count(),
            number(solved),
            number(table.person_asked.is_(True)),
            number(table.handed_over.is_(True)),
            sa.func.sum(table.turns),
            sa.func.sum(table.fallbacks),
            sa.func.sum(table.ups),
            sa.func.sum(table.downs),
            *(number(table.helped == answer) for answer in HELPED),
        )
        .where(scope.conversations())
        .group_by(hour, table.channel)
    )
    for begin, *rest in session.execute(query):
        moment = datetime.fromisoformat(f"{begin}:00:00+00:00")
        yield Counted(moment.astimezone(AMSTERDAM).date(), *rest)


def _key_figures(counted: Sequence[Counted], n: int) -> Block:
    solved = sum(one.solved for one in counted)
    person = sum(one.person for one in counted)
    referred = sum(one.referred for one in counted)
    turns = sum(one.turns for one in counted)
    fallbacks = sum(one.fallbacks for one in counted)
    return block(
        "kerncijfers",
        "Kerncijfers",
        "Gesprekken waarvan het laatste bericht in deze periode was, en waarin de inwoner iets "
        "zei. Opgelost zonder mens: de inwoner vroeg niet om een mens, deed geen aanvraag, stopte "
        "niet midden in een vragenlijst, zei niet dat het niet hielp, en de bot begreep minstens "
        "één bericht. Niet begrepen: berichten waarop de bot zei dat hij het niet begreep.",
        n,
        "gesprekken",
        ("Cijfer", "Aantal", "Van", "Aandeel"),
        [
            ("Gesprekken", n, None, None),
            ("Opgelost zonder mens", solved, n, share(solved, n)),
            ("Vroeg om een mens", person, n, share(person, n)),
            ("Deed een aanvraag", referred, n, share(referred, n)),
            ("Berichten", turns, None, None),
            ("Niet begrepen", fallbacks, turns, share(fallbacks, turns)),
        ],
        fewest=1,
    )


def _days(counted: Sequence[Counted], n: int, scope: Scope) -> Block:
    per_day: dict[date, int] = defaultdict(int)
    for one in counted:
        per_day[one.day] += one.conversations
    days = (scope.last - scope.first).days + 1
    return block(
        "per-dag",
        "Gesprekken per dag",
        "Hoeveel gesprekken er waren. Een gesprek telt op de dag van het laatste bericht.",
        n,
        "gesprekken",
        ("Dag", "Gesprekken"),
        [
            (day, per_day[day])
            for day in (scope.first + timedelta(days=number) for number in range(days))
        ],
    )


def gemeenten_with_conversations(session: Session, gemeenten: Gemeenten) -> list[str]:
    """The gemeenten that there are conversations of, as far as the reader may see them."""
    query = sa.select(ReviewConversation.gemeente).distinct()
    found = {name for name in session.execute(query).scalars() if name}
    return sorted(found if gemeenten is None else found & gemeenten)


def _channels(counted: Sequence[Counted], n: int) -> Block:
    channels: dict[str, int] = defaultdict(int)
    for one in counted:
        channels[one.channel] += one.conversations
    rows = sorted(channels.items(), key=lambda row: (-row[1], row[0]))
    return block(
        "kanalen",
        "Langs welke weg",
        "Waar de gesprekken gevoerd zijn.",
        n,
        "gesprekken",
        ("Kanaal", "Gesprekken", "Aandeel"),
        [(CHANNELS.get(name, name), number, share(number, n)) for name, number in rows],
    )


def _thumbs(counted: Sequence[Counted]) -> Block:
    ups, downs = sum(one.ups for one in counted), sum(one.downs for one in counted)
    n = ups + downs
    return block(
        "duimen",
        "Duimen bij antwoorden",
        "Hoe vaak inwoners een duim gaven bij een antwoord van de bot.",
        n,
        "duimen",
        ("Duim", "Aantal", "Aandeel"),
        [("Omhoog", ups, share(ups, n)), ("Omlaag", downs, share(downs, n))],
    )


def _helped(counted: Sequence[Counted]) -> Block:
    given = {answer: sum(getattr(one, answer) for one in counted) for answer in HELPED}
    n = sum(given.values())
    return block(
        "geholpen",
        "Ben je geholpen?",
        "Het antwoord van inwoners op de vraag aan het eind van het gesprek.",
        n,
        "antwoorden",
        ("Antwoord", "Aantal", "Aandeel"),
        [(words, given[answer], share(given[answer], n)) for answer, words in HELPED.items()],
    )
