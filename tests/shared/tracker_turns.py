"""Turns as Rasa keeps them, and what of a tracker counts between two of them."""

from hypothesis import strategies as st
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    FollowupAction,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)

START = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


def said(text="hallo", intent="groet"):
    """What somebody said, as the model understood it."""
    return UserUttered(text, {"name": intent, "confidence": 0.9}, [], {"text": text})


def turn_of(text="hallo", *events):
    """A turn: what was said, an action and its events, an answer, and listening again."""
    answer = [ActionExecuted("action_antwoord"), *events, BotUttered("Dag!")]
    return [said(text), *answer, ActionExecuted("action_listen")]


A_TURN = st.builds(
    turn_of,
    TEXTS,
    st.sampled_from(
        [
            SlotSet("gemeente", "Assen"),
            SlotSet("flows", {"zelfscan": {"answers": {"a": 3}}}),
            SlotSet("gemeente", None),
            ActiveLoop("zelfscan_form"),
            ActiveLoop(None),
            LoopInterrupted(True),
            LoopInterrupted(False),
            ActionExecutionRejected("zelfscan_form"),
            AllSlotsReset(),
            ConversationPaused(),
            ConversationResumed(),
            FollowupAction("action_listen"),
        ]
    ),
)


def state(tracker):
    """What a policy or an action sees between two turns."""
    loop = tracker.active_loop
    return (
        tracker.current_slot_values(),
        tracker.active_loop_name,
        (loop.is_interrupted, loop.rejected) if loop else None,
        tracker.latest_action_name,
        tracker.is_paused(),
        tracker.followup_action,
    )


def dumped(tracker):
    """Its events, to compare."""
    return [event.as_dict() for event in tracker.events]
