"""What a run came to, as figures, JSON and a table for people."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.load.count import Count
from bench.load.talk import Sent


def figures(sent: Sequence[Sent], counted: Count, seconds: float) -> dict[str, Any]:
    """Numbers of messages, and how long people waited (ms).

    `heard` is until any word about the message, `answered` until its answer.
    """
    waits = {
        "heard": [one.heard - one.at for one in sent if one.heard is not None],
        "answered": [one.answered - one.at for one in sent if one.answered is not None],
    }
    statuses = Counter(status for one in sent for status in one.statuses)
    return {
        **asdict(counted),
        "seconds": round(seconds, 1),
        "turns_a_second": round(len(sent) / seconds, 2) if seconds else 0.0,
        "sent_again": sum(one.tries > 1 for one in sent),
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "ms": {name: _quantiles(values) for name, values in waits.items()},
    }


def write(folder: Path, name: str, found: Mapping[str, Any]) -> str:
    """Writes `name.json` and `name.md` in the folder; gives the table."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(timezone.utc).isoformat(timespec="seconds")
    document = json.dumps({"at": moment, **found}, indent=2, ensure_ascii=False)
    (folder / f"{name}.json").write_text(document + "\n")
    table = _table({"at": moment, **found})
    (folder / f"{name}.md").write_text(f"# {name}\n\n{table}\n")
    return table


def _table(found: Mapping[str, Any]) -> str:
    rows = ["| | |", "|---|---|"]
    for name, value in _flat(found):
        rows.append(f"| {name} | {value} |")
    return "\n".join(rows)


def _flat(found: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in found.items():
        full = f"{before}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            rows += _flat(value, f"{full}, ") or [(full, "-")]
        else:
            rows.append((full, value if value != [] else "-"))
    return rows


def _quantiles(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    named = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {name: round(value * 1000, 1) for name, value in named.items()}
