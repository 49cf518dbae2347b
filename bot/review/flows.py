"""The flows that a citizen went through in a conversation, each with its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.review.source import Event, Source
from bot.review.turns import about_of, flow_of

COMPLETED, LEFT, OPEN = "completed", "left", "open"


@dataclass
class _Run:
    id: int
    flow: str
    started_at: datetime
    given: int = 0
    done_at: datetime | None = None
    left_at: datetime | None = None
    last_step: str | None = None


def rows(source: Source) -> list[dict[str, Any]]:
    """The rows of `review_flow`, one for each run, in the order in which they began.

    A run that was interrupted and taken up again is one run. Rasa's slot `flows` holds how far
    someone is in each flow, written after the question was asked; the active loop says which of
    them is asking.
    """
    found: dict[str, _Run] = {}
    latest: dict[str, _Run] = {}
    asked: dict[str, str] = {}
    active: str | None = None
    for event in source.events:
        if event.kind == "active_loop":
            if active in latest:
                latest[active].left_at = event.at
            active = flow_of(event.data)
        elif event.kind == "bot":
            about = about_of(event.data)
            if about.get("flow") and about.get("step"):
                asked[about["flow"]] = str(about["step"])[:80]
        elif event.kind == "slot" and event.data.get("name") == "flows":
            for flow, progress in (event.data.get("value") or {}).items():
                run = found.get(progress["run"])
                if run is None:
                    run = found[progress["run"]] = _Run(event.id, flow[:40], event.at)
                latest[flow] = run
                _follow(run, event, progress, asked.get(flow) if flow == active else None)
    open_run = latest.get(active) if active is not None else None
    return [_row(source, run, run is open_run) for run in found.values()]


def left_in(flows: list[dict[str, Any]]) -> str | None:
    """The flow that was open at the end of the log."""
    return next((flow["flow"] for flow in flows if flow["outcome"] == OPEN), None)


def _follow(run: _Run, event: Event, progress: Mapping[str, Any], step: str | None) -> None:
    run.given = max(run.given, len(progress.get("given") or ()))
    run.last_step = step or run.last_step
    if progress.get("done") and run.done_at is None:
        run.done_at = event.at


def _row(source: Source, run: _Run, is_open: bool) -> dict[str, Any]:
    outcome = COMPLETED if run.done_at else OPEN if is_open else LEFT
    ended_at = {COMPLETED: run.done_at, OPEN: None, LEFT: run.left_at}[outcome]
    return {
        "id": run.id,
        "conversation_id": source.conversation_id,
        "flow": run.flow,
        "started_at": run.started_at,
        "ended_at": ended_at,
        "outcome": outcome,
        "last_step": run.last_step,
        "steps": run.given,
    }
