"""What the bot asks when it is not sure what someone means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.catalogue.wording import ADVISER, choice_for
from bot.conversations.messages import Choice, Message
from bot.taxonomy import taxonomy

# After this many misses in a row a person comes first, before more guesses.
MISSES_BEFORE_PERSON = 2
MOST_GUESSES = 3
# A close race: two or three subjects that together are this likely.
CLOSE_RACE = 0.6
# Below this, a guess is worth no button.
NOTHING_NEAR = 0.02
MENU = Choice("Iets anders", "hulp")
# Moves in a conversation are no subject to suggest, but these people do ask for.
ALSO_SUGGESTED = frozenset(
    ["medewerker_spreken", "doorverwijzing_status", "contact_openingstijden", "privacy"]
)


@dataclass(frozen=True)
class Guess:
    """An intent that a message may have, with its probability (0-1)."""

    intent: str
    confidence: float


def clarify(ranking: Sequence[Guess], misses: int) -> Message:
    """Asks what was meant.

    A close race is put as a question with its two or three subjects; something near gives the
    likeliest subjects; nothing near gives the menu. A person is always among the choices, and
    comes first after two misses in a row.

    Args:
        ranking: the likeliest first.
        misses: how many messages in a row were not understood, this one included.
    """
    intents = taxonomy().intents
    guesses = [
        guess
        for guess in ranking
        if guess.confidence >= NOTHING_NEAR
        and guess.intent in intents
        and (intents[guess.intent].is_topic or guess.intent in ALSO_SUGGESTED)
    ][:MOST_GUESSES]
    choices = [choice_for(guess.intent) for guess in guesses]
    if misses >= MISSES_BEFORE_PERSON:
        text = "Het lukt me niet om je te begrijpen. Dat ligt aan mij. Een adviseur kan je helpen."
        if choices:
            text += " Of bedoel je een van deze onderwerpen?"
        return Message(text, _unique([ADVISER, *choices, MENU]))
    race = _close_race(guesses)
    if race:
        labels = [choice_for(guess.intent).title for guess in race]
        text = f"Bedoel je {', '.join(labels[:-1])} of {labels[-1]}?"
        return Message(text, _unique([*map(choice_for, (g.intent for g in race)), ADVISER, MENU]))
    if choices:
        text = "Ik weet niet zeker wat je bedoelt. Gaat het over een van deze onderwerpen?"
        return Message(text, _unique([*choices, ADVISER, MENU]))
    text = "Dat begrijp ik niet. Zeg het in andere woorden, of kies hieronder."
    return Message(text, (MENU, ADVISER))


def _close_race(guesses: Sequence[Guess]) -> Sequence[Guess]:
    """The first two or three, when they are the only ones in the running."""
    for number in (2, 3):
        if len(guesses) >= number and sum(g.confidence for g in guesses[:number]) >= CLOSE_RACE:
            return guesses[:number]
    return ()


def _unique(choices: list[Choice]) -> list[Choice]:
    return list(dict.fromkeys(choices))
