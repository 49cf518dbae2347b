"""Reading the rules for one situation: pure functions.

A fact that is not known leaves a condition open (Kleene's three-valued logic). So more knowledge
can only settle what was open: what firmly does not fit never becomes 'may fit' again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.schemes.model import AnyOf, Condition, Fact, Finding, Scheme, Situation

# A gemeente without schemes of its own: where most people live.
ELSEWHERE = ""
ORDER = ("may_fit", "unknown", "does_not_fit")


def judge(scheme: Scheme, situation: Situation) -> Finding:
    """What is to be said of a scheme.

    It does not fit when a condition fails, may fit when all hold, and is open in between.
    """
    held = {condition: condition.holds(situation) for condition in scheme.conditions}
    failed = [condition for condition, holds in held.items() if holds is False]
    met = [condition for condition, holds in held.items() if holds]
    if failed:
        return Finding(
            scheme, "does_not_fit", [condition.why_not for condition in failed], [], len(met)
        )
    reasons = [why for condition in met for why in _why(condition, situation)]
    missing = [c for c, holds in held.items() if holds is None]
    ask = dict.fromkeys(f for c in missing for f in c.facts() if f not in situation)
    return Finding(scheme, "unknown" if missing else "may_fit", reasons, list(ask), len(met))


def judge_all(schemes: Sequence[Scheme], situation: Situation) -> list[Finding]:
    """A finding for every scheme: what may fit first, then what is open, then what does not fit.

    Within each, those with the fewest questions left and the most conditions met come first.
    """
    found = [judge(scheme, situation) for scheme in schemes]
    return sorted(found, key=lambda f: (ORDER.index(f.verdict), len(f.ask), -f.met))


def next_fact(
    schemes: Sequence[Scheme], facts: Mapping[str, Fact], situation: Situation, tried: set[str]
) -> str | None:
    """The fact to ask next: the one whose answer settles most schemes, on average over its values.

    Args:
        tried: facts that were asked and not answered; they are not asked again.

    Returns:
        None when no question settles anything more.
    """
    open_schemes = [f.scheme for f in judge_all(schemes, situation) if f.verdict == "unknown"]
    candidates = [
        name
        for name, fact in facts.items()
        if name not in situation and name not in tried and fact.makes_sense(situation)
    ]
    gains = {name: _settled(open_schemes, facts[name], situation) for name in candidates}
    best = max(candidates, key=lambda name: gains[name], default=None)
    return best if best is not None and gains[best] > 0 else None


def _settled(schemes: Sequence[Scheme], fact: Fact, situation: Situation) -> float:
    """How many schemes get nearer to a verdict by one answer; a full verdict counts most."""
    touched = [scheme for scheme in schemes if fact.id in scheme.facts()]
    total = 0.0
    for value in fact.values or [ELSEWHERE]:
        known = {**situation, fact.id: value}
        for scheme in touched:
            after = judge(scheme, known)
            before = judge(scheme, situation)
            total += after.verdict != "unknown" or (len(before.ask) - len(after.ask)) / 10
    return total / max(1, len(fact.values))


def _why(condition: Condition, situation: Situation) -> list[str]:
    parts = condition.parts if isinstance(condition, AnyOf) else (condition,)
    return [part.why for part in parts if part.holds(situation)]
