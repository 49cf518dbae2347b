"""How it stands with a request: seeing it, withdrawing it, correcting it, and whether it helped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction

from actions.adapter import DomainAction, back_to_form, database, said, settings
from actions.forms import FlowForm
from bot.conversations.messages import Message
from bot.flows import engine
from bot.flows.model import Answers, Flow, Outcome, Progress
from bot.privacy import own_data
from bot.referral import status_flow
from bot.referral.file import Referrals, find_reference
from bot.referral.status import FLOW


class ValidateStatusForm(FlowForm):
    """Requests of this conversation, or one that someone proves to be theirs."""

    id = FLOW

    def flow(self, tracker: Tracker) -> Flow:
        """The questions for what this conversation may see."""
        referrals = _referrals()

        def look(answers: Answers) -> status_flow.Seen:
            with database().session() as session:
                return status_flow.look(session, referrals, tracker.sender_id, answers)

        return status_flow.flow(look, settings().retention_days_referral)

    def known(self, tracker: Tracker) -> Mapping[str, str]:
        """What the message says already: a reference, or an answer to the closing question."""
        message = said(tracker)
        return status_flow.known(message.text, message.answer)

    def finish(self, tracker: Tracker, progress: Progress) -> Iterable[Message]:
        """Does what was asked, or says that nothing was found."""
        mine = settings()
        with database().session() as session:
            return status_flow.finish(
                session,
                _referrals(),
                tracker.sender_id,
                progress,
                mine.retention_days_referral,
                lambda session, referral: own_data.erase_request(session, mine, referral),
            )

    def _turn(self, flow: Flow, tracker: Tracker, progress: Progress | None) -> Outcome | None:
        """Who asks how it stands gets to see that first, whatever was left halfway before.

        A reference is no Dutch: what the model takes it for is no wish to stop or to go back.
        """
        if not self.is_asking(tracker):
            progress = None
        message = said(tracker)
        if progress and message.intent in engine.MOVES and find_reference(message.text):
            return engine.turn(flow, progress, replace(message, intent=None))
        return super()._turn(flow, tracker, progress)


class ActionStatus(DomainAction):
    """Starts the form about a request, or says at once what there is where nothing is to ask.

    A form that ends in the turn in which it starts leaves Rasa's rules without a next action, so
    it never starts then.
    """

    def name(self) -> str:
        """The name under which Rasa calls it."""
        return "action_status"

    def act(self, tracker: Tracker) -> tuple[Iterable[Message], list[EventType]]:
        """A request that has ended, the answer to the closing question, or the form."""
        form = ValidateStatusForm()
        start: list[EventType] = [FollowupAction(form.form)]
        if (tracker.active_loop or {}).get("name") == form.form:
            return [], start
        outcome = engine.begin(form.flow(tracker), None, form.known(tracker))
        if outcome.ended == "no":
            return [], start
        messages = [*outcome.messages, *form.finish(tracker, outcome.progress)]
        return messages, back_to_form(tracker)


def _referrals() -> Referrals:
    return Referrals(settings().secret_key, settings().secret_key_old)
