"""What a turn is made of, by the names that the report uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

GATEWAY = "gateway"
# From the begin of a transaction to its end, with what is computed in between.
GATEWAY_DATABASE = "gateway: transactions"
NLU = "NLU"
ENCODER = "NLU: encoder"
DIET = "NLU: DIET"
POLICIES = "policies"
LEARNED_POLICIES = "policies: TED, UnexpecTED"
TRACKER_READ = "tracker read"
TRACKER_WRITE = "tracker write"
SERIALISATION = "serialisation"
CHECK = "check of the action's reply"
ACTION = "action"
ACTION_DATABASE = "action: transactions"
RASA = "rest of Rasa"
HTTP = "HTTP"
# These hold the work of another process, which is told apart there; what is left of them is HTTP.
RASA_CALL = "call to Rasa"
ACTION_CALL = "call to the action"
STAGES = (
    *(GATEWAY, GATEWAY_DATABASE, NLU, ENCODER, DIET, POLICIES, LEARNED_POLICIES),
    *(TRACKER_READ, TRACKER_WRITE, SERIALISATION, CHECK, ACTION, ACTION_DATABASE, RASA, HTTP),
)


def of_turn(ms: float, lines: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """How the time of one turn divides over the stages (ms).

    Args:
        ms: what the citizen waited.
        lines: what the processes wrote about this turn (see `bench.turns.stages`).
    """
    stages: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        for name, taken in line["stages"].items():
            stages[name] += taken
    for call in (RASA_CALL, ACTION_CALL):
        stages.pop(call, None)
    stages[HTTP] = max(0.0, ms - sum(stages.values()))
    return {name: stages[name] for name in STAGES}
