"""What the results of scans and plan tell about the questions; never about one person."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment import quality
from bot.assessment.bank import Bank
from bot.assessment.model import Result
from bot.flows.model import Answers
from bot.review.block import Block, block, share
from bot.review.model import ReviewConversation
from bot.review.scope import Scope

KINDS = {"zelfscan": "Zelfscan", "quickscan": "Quickscan", "plan": "Ondernemingsplan"}
UNDECIDED = "Nog niet gekozen"
# The newest results that are looked at, so that a page stays fast.
MOST_RESULTS = 10_000


def made(session: Session, scope: Scope, bank: Bank) -> list[Block]:
    """How many results there are of each kind, and what people decided after the zelfscan."""
    query = (
        sa.select(Result.kind, Result.version, Result.outcome, sa.func.count())
        .join(ReviewConversation, ReviewConversation.conversation_id == Result.conversation_id)
        .where(_in(scope))
        .group_by(Result.kind, Result.version, Result.outcome)
    )
    rows = [tuple(row) for row in session.execute(query)]
    kinds: dict[tuple[str, int], int] = {}
    decided: dict[str | None, int] = {}
    for kind, version, outcome, n in rows:
        kinds[kind, version] = kinds.get((kind, version), 0) + n
        if kind == bank.id:
            decided[outcome] = decided.get(outcome, 0) + n
    n = sum(decided.values())
    titles = {outcome.option.value: outcome.option.title for outcome in bank.outcomes}
    order = [*titles, *sorted(set(decided) - {*titles, None}, key=str), None]
    return [
        block(
            "uitslagen",
            "Uitslagen",
            "Hoeveel uitslagen er gemaakt en bewaard zijn. Een uitslag wordt na de bewaartermijn "
            "gewist.",
            sum(kinds.values()),
            "uitslagen",
            ("Soort", "Versie", "Aantal"),
            [(KINDS.get(kind, kind), version, m) for (kind, version), m in sorted(kinds.items())],
        ),
        block(
            "besluiten",
            "Wat mensen kozen na de zelfscan",
            "De keuze aan het eind van de zelfscan. Die is van de inwoner zelf.",
            n,
            "zelfscans",
            ("Keuze", "Aantal", "Aandeel"),
            [
                (titles.get(value or "", value or UNDECIDED), m, share(m, n))
                for value in order
                if (m := decided.get(value, 0))
            ],
        ),
    ]


def statements(session: Session, scope: Scope, bank: Bank) -> list[Block]:
    """Per length of the zelfscan: alpha of every theme, and the figures of every statement.

    Silent below `quality.FEWEST` respondents.
    """
    answers = _answers(session, scope, bank)
    found = []
    for option in bank.lengths:
        themes = quality.figures(bank, answers, option.value)
        n = sum(1 for given in answers if given.get("lengte") == option.value)
        found += [_themes(bank, option.value, n, themes), _items(bank, option.value, n, themes)]
    return found


def _answers(session: Session, scope: Scope, bank: Bank) -> list[Answers]:
    query = (
        sa.select(Result.answers)
        .join(ReviewConversation, ReviewConversation.conversation_id == Result.conversation_id)
        .where(_in(scope), Result.kind == bank.id, Result.version == bank.version)
        .order_by(Result.created_at.desc())
        .limit(MOST_RESULTS)
    )
    return [dict(answers) for answers in session.execute(query).scalars()]


def _in(scope: Scope) -> sa.sql.ColumnElement[bool]:
    begin, end = scope.bounds
    return sa.and_(
        Result.created_at >= begin,
        Result.created_at < end,
        scope.place(ReviewConversation.gemeente),
    )


def _themes(bank: Bank, length: str, n: int, themes: list[quality.ThemeFigures]) -> Block:
    labels = {theme.id: theme.label for theme in bank.themes}
    return block(
        f"themas-{length}",
        f"Hoe goed de stellingen bij elkaar passen: {length}",
        "Cronbachs alfa per thema: 0,7 of hoger is meestal goed genoeg. Onder en boven geven aan "
        "hoe zeker het getal is (95 van de 100 keer). Alleen wie alle stellingen van een thema "
        f"beantwoordde, telt mee. Onder de {quality.FEWEST} mensen staat er niets.",
        n,
        "zelfscans",
        ("Thema", "Mensen", "Alfa", "Onder", "Boven"),
        [
            (
                labels[theme.theme],
                theme.n,
                *(
                    (_short(theme.alpha.value), _short(theme.alpha.low), _short(theme.alpha.high))
                    if theme.alpha
                    else (None, None, None)
                ),
            )
            for theme in themes
        ],
        quality.FEWEST,
    )


def _items(bank: Bank, length: str, n: int, themes: list[quality.ThemeFigures]) -> Block:
    texts = {item.id: item.text for item in bank.items}
    scale = [int(option.value) for option in bank.scale]
    titles = [option.title for option in bank.scale]
    return block(
        f"stellingen-{length}",
        f"Per stelling: {length}",
        "Hoe vaak elk antwoord gekozen is. Samenhang: hoe goed de stelling past bij de andere van "
        "haar thema (van -1 tot 1; onder 0,2 is het goed om de stelling na te lezen). Onder de "
        f"{quality.FEWEST} mensen staat er niets.",
        n,
        "zelfscans",
        ("Stelling", "Mensen", *titles, "Samenhang"),
        [
            (
                texts[item.item],
                item.n,
                *((item.distribution.get(v, 0) if item.distribution else None) for v in scale),
                None if item.rest is None else _short(item.rest),
            )
            for theme in themes
            for item in theme.items
        ],
        quality.FEWEST,
    )


def _short(value: float) -> float:
    return round(value, 2)
