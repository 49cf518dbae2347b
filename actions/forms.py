"""The forms: Rasa's form keeps the loop, the domain's flow engine does the turn.

`validate_<form>` reads the answer, asks the next question and closes the form in one call, so that
a failing action server never leaves a turn half done.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.adapter import DomainAction, database, said, settings
from bot.assessment.bank import read_bank
from bot.assessment.result import summary
from bot.conversations.messages import Choice, Message
from bot.flows import engine
from bot.flows.model import Answers, Flow, Outcome, Progress
from bot.referral import closing
from bot.referral.file import Referrals
from bot.referral.intake import facts, read_intake


class FlowForm(DomainAction):
    """The validation action of one form."""

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return f"validate_{self.form}"

    @property
    def form(self) -> str:
        """The name of the form in domain.yml."""
        return f"{self.flow().id}_form"

    @abstractmethod
    def flow(self) -> Flow:
        """The questions."""

    @abstractmethod
    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """What is said (and stored) when all questions are answered."""

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """One turn; without events when the message was about something else."""
        flow = self.flow()
        flows: dict[str, Any] = tracker.get_slot("flows") or {}
        stored = flows.get(flow.id)
        outcome = self._turn(flow, tracker, Progress.from_dict(stored) if stored else None)
        if outcome is None:
            return [], []
        messages = list(outcome.messages)
        if outcome.ended == "done":
            messages += self.finish(tracker, outcome.progress)
            messages[-1] = _offering_open_flow(messages[-1], flow, flows)
        events: list[EventType] = [SlotSet("flows", {**flows, flow.id: outcome.progress.as_dict()})]
        if outcome.ended != "no":
            events.append(SlotSet("requested_slot", None))
        return messages, events

    def _turn(self, flow: Flow, tracker: Tracker, progress: Progress | None) -> Outcome | None:
        known = {name: value for name, value in tracker.slots.items() if isinstance(value, str)}
        is_asking = tracker.get_slot("requested_slot") == f"{flow.id}_antwoord"
        if progress is None or not is_asking:
            return engine.begin(flow, progress, known)
        if _was_interrupted(tracker, self.form):
            return engine.ask_again(flow, progress, known)
        return engine.turn(flow, progress, said(tracker))


class ValidateZelfscanForm(FlowForm):
    """The zelfscan."""

    def flow(self) -> Flow:
        """Its statements."""
        return read_bank().flow()

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """The profile in words."""
        return summary(read_bank(), progress.answers)


class ValidateDoorverwijzingForm(FlowForm):
    """The intake of a referral."""

    def flow(self) -> Flow:
        """Its questions, with the proposed service filled in."""

        def words(answers: Answers) -> Any:
            with database().session() as session:
                return facts(session, answers, settings().retention_days_referral)

        return read_intake(words)

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """Stores the request, or gives the contact details of the desk to who refuses."""
        flow = self.flow()
        with database().session() as session:
            return closing.close(
                session,
                Referrals(settings().secret_key),
                tracker.sender_id,
                flow,
                progress,
            )


def _was_interrupted(tracker: Tracker, form: str) -> bool:
    """Whether another action answered the citizen's last message before the form came back."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "action" and event["name"] not in (form, "action_listen"):
            return True
    return False


def _offering_open_flow(message: Message, ended: Flow, flows: dict[str, Any]) -> Message:
    """With a choice to go on with a flow that was left for this one."""
    for flow in (read_bank().flow(), read_intake()):
        stored = flows.get(flow.id)
        if flow.id != ended.id and stored and stored["given"] and not stored["done"]:
            choice = Choice(f"Verder met {flow.title}", flow.intent)
            return Message(message.text, [choice, *message.choices], message.about)
    return message
