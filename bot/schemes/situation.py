"""What is known of someone, from the outside: checked, and in the words of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalogue import gemeenten
from bot.schemes.content import GEMEENTE, Rules
from bot.schemes.model import Fact, Situation
from bot.taxonomy import taxonomy

# No number that counts here is longer.
MOST_DIGITS = 12


class UnclearSituation(ValueError):
    """A fact or value that the rules do not know; the message (Dutch) says what they do know."""


def from_input(rules: Rules, given: Mapping[str, Any]) -> Situation:
    """The situation in a mapping, such as JSON from a command line.

    Args:
        given: facts by id; a number for a fact that has bounds; `target_group` and `phase` of the
            taxonomy for what they imply. None means not known. A fact itself wins over what is
            implied.

    Raises:
        UnclearSituation: a name or value that does not exist.
    """
    found: dict[str, str] = {}
    for kind in rules.implied:
        if given.get(kind) is not None:
            found.update(_implied(rules, kind, given[kind]))
    for name, value in given.items():
        if name in rules.implied or value is None:
            continue
        if name not in rules.facts:
            known = ", ".join([*rules.facts, *rules.implied])
            raise UnclearSituation(f"'{name}' ken ik niet. Dit kan: {known}.")
        found[name] = _value(rules.facts[name], value)
    return found


def from_slots(rules: Rules, slots: Mapping[str, str]) -> Situation:
    """What a conversation already knows: gemeente, situation and phase; the rest is ignored."""
    names = {"target_group": "situatie", "phase": "fase", GEMEENTE: GEMEENTE}
    given = {name: slots[slot] for name, slot in names.items() if slot in slots}
    return from_input(rules, given)


def _implied(rules: Rules, kind: str, value: Any) -> Mapping[str, str]:
    words = taxonomy()
    known = words.target_groups if kind == "target_group" else words.phases
    if not isinstance(value, str) or value not in known:
        raise UnclearSituation(f"'{value}' kan niet bij {kind}. Dit kan: {', '.join(known)}.")
    return rules.implied[kind].get(value, {})


def _value(fact: Fact, value: Any) -> str:
    if fact.id == GEMEENTE:
        if not isinstance(value, str) or value not in gemeenten.names():
            raise UnclearSituation(f"De gemeente '{value}' ken ik niet.")
        return value
    if str(value) in fact.values:
        return str(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if fact.bands and (
        is_number or (isinstance(value, str) and value.isdecimal() and len(value) <= MOST_DIGITS)
    ):
        for name, (least, most) in fact.bands.items():
            if least <= int(value) <= most:
                return name
    bounds = " of een getal" if fact.bands else ""
    raise UnclearSituation(
        f"'{value}' kan niet bij {fact.id}. Dit kan: {', '.join(fact.values)}{bounds}."
    )
