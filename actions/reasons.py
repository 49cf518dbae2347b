"""Why someone sees a result: the last one, or that of the flow that they chose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rasa_sdk import Tracker

from actions.adapter import memory, said
from actions.forms import stored
from bot.assessment import reasons
from bot.assessment.bank import read_bank
from bot.assessment.quickscan import read_quickscan
from bot.conversations import why
from bot.conversations.messages import Message
from bot.flows.model import Answers
from bot.schemes import conversation
from bot.schemes import reasons as scheme_reasons
from bot.schemes.content import read as read_schemes

EXPLAINS: Mapping[str, Callable[[Answers], Sequence[Message]]] = {
    "zelfscan": lambda answers: reasons.of_scan(read_bank(), answers),
    "quickscan": lambda answers: reasons.of_quickscan(read_quickscan(), answers),
    conversation.FLOW: lambda answers: scheme_reasons.of_result(read_schemes(), answers),
}


def explain(tracker: Tracker) -> Sequence[Message]:
    """The reasons of the result that the last message asks about; empty where there is none.

    A choice says which result. Typed words are about the last one, as long as no other subject
    came up since. Within a questionnaire its form explains the question, so they only come here
    when that question is about a result (`ValidateZelfscanForm`).
    """
    message = said(tracker)
    if message.intent != why.INTENT and not why.is_asked(message.text):
        return []
    form = (tracker.active_loop or {}).get("name") or ""
    last = form.removesuffix("_form") or memory(tracker)["result"]
    flow = why.flow_of(message.answer) or last
    progress = stored(tracker, flow) if flow in EXPLAINS else None
    return EXPLAINS[flow](progress.answers) if progress is not None else []
