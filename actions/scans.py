"""The forms that make a result to take along: zelfscan, quickscan and plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from actions.adapter import database, said, settings
from actions.forms import FlowForm, stored, was_interrupted
from bot.assessment import plan, quickscan, result, results
from bot.assessment.bank import DECISION, read_bank
from bot.assessment.page import Page
from bot.catalogue.model import Service
from bot.conversations import why
from bot.conversations.messages import Image, Message
from bot.database import now
from bot.dutch import date_in_words
from bot.flows.model import Flow, Outcome, Progress
from bot.flows.reading import read


@lru_cache
def links() -> results.Links:
    """The links of this installation."""
    mine = settings()
    return results.Links(mine.secret_key, mine.public_url, mine.secret_key_old)


class ValidateZelfscanForm(FlowForm):
    """The zelfscan: statements, the profile, and the decision."""

    id = "zelfscan"

    def flow(self, tracker: Tracker) -> Flow:
        """Its statements, and the profile before the decision."""

        def profile(progress: Progress) -> Sequence[Message]:
            bank, answers = read_bank(), progress.answers
            with database().session() as session:
                page = result.page(bank, answers, lambda name: _name(session, name), _today())
                made = results.keep(session, tracker.sender_id, self.id, progress, page)
            picture = Image(links().address(made, "png"), page.alt())
            return result.summary(bank, answers, picture, links().address(made, "pdf"))

        return replace(read_bank().flow(), before={DECISION: profile})

    def _turn(self, flow: Flow, tracker: Tracker, progress: Progress | None) -> Outcome | None:
        """At the decision, who asks what the profile means gets to see why it is as it is."""
        step = flow.next_step(progress) if progress else None
        message = said(tracker)
        asks_why = message.intent == why.INTENT and not was_interrupted(tracker, self.form)
        if step and step.id == DECISION and asks_why and read(step, message) is None:
            # The other action tells it (actions/reasons.py), and then the question comes again.
            return None
        return super()._turn(flow, tracker, progress)

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """What comes after the decision, which is noted as theirs."""
        bank = read_bank()
        decision = progress.answers.get(DECISION)
        with database().session() as session:
            results.decide(session, progress.run, decision)
        return result.after_decision(bank, progress.answers, bank.outcome(decision))


class ValidateQuickscanForm(FlowForm):
    """The quickscan of an existing business."""

    id = "quickscan"

    def flow(self, tracker: Tracker) -> Flow:
        """Its questions."""
        return quickscan.read_quickscan().flow

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """The first impression with the steps in their order, and the page to take along."""
        scan = quickscan.read_quickscan()
        page = quickscan.page(scan, progress.answers, _today())
        with database().session() as session:
            made = results.keep(session, tracker.sender_id, self.id, progress, page)
            results.decide(session, progress.run, quickscan.outcome(scan, progress.answers).id)
        return quickscan.summary(scan, progress.answers, links().address(made, "pdf"))


class ValidatePlanForm(FlowForm):
    """The plan, made once and refined as often as someone likes."""

    id = "plan"

    def flow(self, tracker: Tracker) -> Flow:
        """All questions the first time; later the part that someone wants to change."""
        made = plan.read_plan()
        progress = stored(tracker, self.id)
        return plan.revision(made) if progress and plan.was_made(progress) else made.flow

    def fresh(self, tracker: Tracker) -> Progress | None:
        """A plan starts from the last one."""
        progress = stored(tracker, self.id)
        return plan.again(progress) if progress is not None and progress.done else None

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """The page, with the profile of the zelfscan where there is one."""
        made = plan.read_plan()
        with database().session() as session:
            scan = results.latest(session, tracker.sender_id, ValidateZelfscanForm.id)
            profile = Page.from_dict(scan.page) if scan else None
            page = plan.page(made, progress.answers, profile, _today())
            kept = results.keep(session, tracker.sender_id, self.id, progress, page)
        return plan.summary(made, links().address(kept, "pdf"))


def _today() -> str:
    return date_in_words(now().date())


def _name(session: Session, service_id: str) -> str:
    found = session.get(Service, service_id)
    return found.name if found else service_id
