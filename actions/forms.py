"""The base of the forms: Rasa's form keeps the loop, the domain's flow engine does the turn.

`validate_<form>` reads the answer, asks the next question and closes the form in one call, so that
a failing action server never leaves a turn half done.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from actions.adapter import DomainAction, memory, said
from bot.assessment.bank import read_bank
from bot.assessment.plan import read_plan
from bot.assessment.quickscan import read_quickscan
from bot.conversations.messages import Choice, Message
from bot.flows import engine
from bot.flows.model import Flow, Outcome, Progress
from bot.referral.intake import read_intake
from bot.schemes import conversation as schemes_talk
from bot.schemes.content import read as read_schemes


class FlowForm(DomainAction):
    """The validation action of one form; `id` is that of its flow."""

    id: str

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return f"validate_{self.form}"

    @property
    def form(self) -> str:
        """The name of the form in domain.yml."""
        return f"{self.id}_form"

    @abstractmethod
    def flow(self, tracker: Tracker) -> Flow:
        """The questions."""

    @abstractmethod
    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """What is said (and stored) when all questions are answered."""

    def known(self, tracker: Tracker) -> Mapping[str, str]:
        """Facts that answer questions beforehand, by the name that a step calls `known`."""
        return texts(tracker)

    def fresh(self, tracker: Tracker) -> Progress | None:
        """What a new passage starts from, if not from nothing."""
        return None

    def is_asking(self, tracker: Tracker) -> bool:
        """Whether a question of this form stands open; else the citizen arrives at it."""
        return bool(tracker.get_slot("requested_slot") == f"{self.id}_antwoord")

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """One turn; without events when the message was about something else."""
        flow = self.flow(tracker)
        outcome = self._turn(flow, tracker, stored(tracker, self.id))
        if outcome is None:
            return [], []
        flows: dict[str, Any] = tracker.get_slot("flows") or {}
        messages = list(outcome.messages)
        if outcome.ended == "done":
            messages += self.finish(tracker, outcome.progress)
            messages[-1] = _offering_open_flow(messages[-1], flow, tracker)
        events: list[EventType] = [SlotSet("flows", {**flows, flow.id: outcome.progress.as_dict()})]
        if outcome.ended == "done":
            events.append(SlotSet("gesprek", {**memory(tracker), "result": flow.id}))
        if outcome.ended != "no":
            events.append(SlotSet("requested_slot", None))
        return messages, events

    def _turn(self, flow: Flow, tracker: Tracker, progress: Progress | None) -> Outcome | None:
        if progress is None or not self.is_asking(tracker):
            return engine.begin(flow, progress, self.known(tracker), self.fresh(tracker))
        if was_interrupted(tracker, self.form):
            return engine.ask_again(flow, progress, self.known(tracker))
        return engine.turn(flow, progress, said(tracker))


def stored(tracker: Tracker, flow_id: str) -> Progress | None:
    """How far the person is in a flow, if it was ever begun."""
    found = (tracker.get_slot("flows") or {}).get(flow_id)
    return Progress.from_dict(found) if found else None


def texts(tracker: Tracker) -> dict[str, str]:
    """The slots that hold a text."""
    return {name: value for name, value in tracker.slots.items() if isinstance(value, str)}


def was_interrupted(tracker: Tracker, form: str) -> bool:
    """Whether another action answered the citizen's last message before the form came back."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "action" and event["name"] not in (form, "action_listen"):
            return True
    return False


def _every_flow() -> tuple[Flow, ...]:
    return (
        read_bank().flow(),
        read_quickscan().flow,
        read_plan().flow,
        read_intake(),
        schemes_talk.flow(read_schemes()),
    )


def _offering_open_flow(message: Message, ended: Flow, tracker: Tracker) -> Message:
    """With a choice to go on with a flow that was left for this one."""
    for flow in _every_flow():
        progress = stored(tracker, flow.id)
        if flow.id != ended.id and progress and progress.given and not progress.done:
            choice = Choice(f"Verder met {flow.title}", flow.intent, f"start:{flow.id}")
            return Message(message.text, [choice, *message.choices], message.about, message.image)
    return message
