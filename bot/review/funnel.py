"""How far people come: in the zelfscan, in a request for contact, and where they stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.assessment.bank import DECISION, read_bank
from bot.assessment.plan import read_plan
from bot.assessment.quality import FEWEST as FEWEST_STOPPED
from bot.assessment.quality import drop_off
from bot.assessment.quickscan import read_quickscan
from bot.flows.model import Flow
from bot.referral import life
from bot.referral.intake import read_intake
from bot.referral.model import Referral, ReferralEvent
from bot.review.block import Block, block, share
from bot.review.model import ReviewConversation, ReviewFlow
from bot.review.scope import Scope
from bot.schemes import content as schemes
from bot.schemes import conversation as schemes_flow

SCAN, REFERRAL = "zelfscan", "doorverwijzing"
# Who said nothing for so long does not come back today; before that someone may just be thinking.
STILL_BUSY = timedelta(hours=1)
FUNNEL = ("Stap", "Aantal", "Aandeel van wie begon")
LONGEST_LABEL = 90


@dataclass(frozen=True)
class Runs:
    """Runs of a flow with the same fate."""

    flow: str
    outcome: str
    last_step: str | None
    answered: int
    number: int


def runs(session: Session, scope: Scope, moment: datetime) -> list[Runs]:
    """The runs of all flows in these conversations, added up; without who is still busy.

    `answered` is 0, 1 or 2, where 2 means two answers or more.
    """
    answered = sa.case((ReviewFlow.steps >= 2, 2), else_=ReviewFlow.steps)
    keys = (ReviewFlow.flow, ReviewFlow.outcome, ReviewFlow.last_step, answered)
    query = (
        sa.select(*keys, sa.func.count())
        .join(
            ReviewConversation,
            ReviewConversation.conversation_id == ReviewFlow.conversation_id,
        )
        .where(
            scope.conversations(),
            sa.or_(
                ReviewFlow.outcome != "open",
                ReviewConversation.last_at < moment - STILL_BUSY,
            ),
        )
        .group_by(*keys)
    )
    return [Runs(*row) for row in session.execute(query)]


def blocks(session: Session, scope: Scope, moment: datetime) -> list[Block]:
    """The funnel of the zelfscan and of a request, and per flow where people stopped."""
    found = runs(session, scope, moment)
    return [scan(found), referral(session, scope), *stopped(found)]


def scan(found: Iterable[Runs]) -> Block:
    """The funnel of the zelfscan; every step is part of the one before."""
    mine = [run for run in found if run.flow == SCAN]

    def count(least: int, *, at_decision: bool = False, done: bool = False) -> int:
        return sum(
            run.number
            for run in mine
            if run.outcome == "completed"
            or (not done and run.answered >= least and (not at_decision or _decides(run)))
        )

    steps = [
        ("Begonnen", count(0)),
        ("Lengte gekozen", count(1)),
        ("Eerste stelling beantwoord", count(2)),
        ("Alle stellingen gehad", count(2, at_decision=True)),
        ("Afgerond", count(2, done=True)),
    ]
    return _funnel(
        "zelfscan",
        "Zelfscan: van begin tot eind",
        "Hoe ver mensen komen die de zelfscan begonnen. Wie de scan twee keer doet, telt twee "
        "keer. Wie nu nog bezig is, telt niet mee.",
        "keer begonnen",
        steps,
    )


def referral(session: Session, scope: Scope) -> Block:
    """The funnel of a request for contact, in conversations; every step is part of the one before.

    A request may be erased later than its conversation, never the other way round in this count.
    """
    table = ReviewConversation

    def with_request(*conditions: Any) -> Any:
        return sa.exists().where(Referral.conversation_id == table.conversation_id, *conditions)

    reached = sa.exists().where(
        ReferralEvent.reference == Referral.reference, ReferralEvent.status == life.CONTACT
    )
    begun = sa.exists().where(
        ReviewFlow.conversation_id == table.conversation_id, ReviewFlow.flow == REFERRAL
    )
    stages = {
        "Vroeg om een mens": sa.or_(
            table.person_asked.is_(True), table.handed_over.is_(True), begun
        ),
        "Begon aan de vragen": sa.or_(table.handed_over.is_(True), begun, with_request()),
        "Verstuurde de aanvraag": with_request(),
        "Kreeg contact met een adviseur": with_request(
            sa.or_(reached, Referral.status.in_((life.CONTACT, life.DONE)))
        ),
        "Aanvraag is klaar": with_request(Referral.status == life.DONE),
        "Is (een beetje) geholpen": with_request(
            Referral.status == life.DONE, Referral.helped.in_(("ja", "deels"))
        ),
    }
    first, *_ = stages.values()
    # Few conversations pass the first condition, so the others are only looked at for those.
    query = sa.select(
        *(
            sa.func.coalesce(sa.func.sum(sa.case((stage, 1), else_=0)), 0)
            for stage in stages.values()
        )
    ).where(scope.conversations(), first)
    counted = session.execute(query).one()
    return _funnel(
        "aanvraag",
        "Aanvraag: van vraag tot geholpen",
        "Gesprekken waarin iemand om een mens vroeg of een aanvraag begon, en hoe ver dat kwam.",
        "gesprekken",
        list(zip(stages, counted, strict=True)),
    )


def stopped(found: Sequence[Runs]) -> list[Block]:
    """Per flow at which question people stopped, with the most at the top."""
    result = []
    for name, flow in flows().items():
        left: Counter[str] = Counter()
        for run in found:
            if run.flow == name and run.outcome != "completed":
                left[run.last_step or ""] += run.number
        order = [*(step.id for step in flow.steps), *left]
        numbers = drop_off(list(dict.fromkeys(order)), left.elements())
        begun = sum(run.number for run in found if run.flow == name)
        ranked = sorted(numbers.items(), key=lambda row: -row[1])
        labels = labels_of(flow)
        result.append(
            block(
                f"gestopt-{name}",
                f"Waar mensen stoppen: {flow.title}",
                f"Bij welke vraag mensen stopten. Er zijn {begun} keer vragen begonnen. Onder de "
                f"{FEWEST_STOPPED} stoppers zegt dit te weinig.",
                left.total(),
                "keer gestopt",
                ("Vraag", "Gestopt", "Aandeel"),
                [
                    (labels.get(step, step or "Voor de eerste vraag"), n, share(n, left.total()))
                    for step, n in ranked
                    if n
                ],
                FEWEST_STOPPED,
            )
        )
    return result


@lru_cache
def flows() -> Mapping[str, Flow]:
    """The flows with questions, by the name under which the log has them."""
    found = (
        read_bank().flow(),
        read_quickscan().flow,
        read_plan().flow,
        schemes_flow.flow(schemes.read()),
        read_intake(),
    )
    return {flow.id: flow for flow in found}


def labels_of(flow: Flow) -> Mapping[str, str]:
    """What each question asks, in one short line."""
    return {step.id: _short(step.ask) for step in flow.steps}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1].rstrip()}…"


def _decides(run: Runs) -> bool:
    return run.last_step == DECISION


def _funnel(
    id: str, title: str, definition: str, of: str, steps: Sequence[tuple[str, int]]
) -> Block:
    n = steps[0][1]
    return block(
        id, title, definition, n, of, FUNNEL, [(name, part, share(part, n)) for name, part in steps]
    )
