"""The pictures of the report, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same figures give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.size": 10})

from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

from bench.turns.citizen import CHOICE, FORM, KINDS, TEXT  # noqa: E402
from bench.turns.stage_names import STAGES  # noqa: E402

OURS, STOCK = "#1f7a4d", "#c9772b"
SIDES = (("ours", OURS), ("stock", STOCK))


def draw(results: Any, folder: Path) -> list[str]:
    """Writes the pictures; their names, in the order of the report."""
    made = {
        "bench-kinds.svg": _kinds,
        "bench-users.svg": _users,
        "bench-length.svg": _length,
        "bench-memory.svg": _memory,
        "bench-stages.svg": _stages,
    }
    written = []
    for name, picture in made.items():
        figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
        if picture(axes, results):
            axes.legend(fontsize=8, bbox_to_anchor=(1.0, 1.0), loc="upper left")
            figure.savefig(folder / name, metadata={"Date": None})
            written.append(name)
        pyplot.close(figure)
    return written


def _kinds(axes: Any, results: Any) -> bool:
    """p50 as bars with the p95 above them, at one user."""
    kinds = [k for k in KINDS if all(k in results["kinds"][side] for side, _ in SIDES)]
    for number, (side, colour) in enumerate(SIDES):
        places = [place + number * 0.4 for place in range(len(kinds))]
        p50 = [results["kinds"][side][kind]["p50"] for kind in kinds]
        p95 = [results["kinds"][side][kind]["p95"] for kind in kinds]
        over = [high - low for low, high in zip(p50, p95, strict=True)]
        bars = axes.bar(places, p50, 0.38, color=colour, label=f"{side}, p50 (line to p95)")
        axes.errorbar(places, p50, [[0] * len(over), over], fmt="none", ecolor="#444", capsize=3)
        axes.bar_label(bars, fmt="%.0f", padding=2, label_type="center", color="white")
    axes.set_xticks([place + 0.2 for place in range(len(kinds))], kinds)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("milliseconds")
    axes.set_title("A turn at one user")
    return bool(kinds)


def _users(axes: Any, results: Any) -> bool:
    for side, colour in SIDES:
        by_users = results["users"][side]
        users = sorted(by_users, key=int)
        tempo = [by_users[number]["per_second"] for number in users]
        axes.plot([int(number) for number in users], tempo, "o-", color=colour, label=side)
    axes.set_xlabel("citizens at the same time")
    axes.set_ylabel("turns a second")
    axes.set_ylim(bottom=0)
    axes.set_title("The mix of scenarios, one worker")
    return bool(results["users"]["ours"])


def _length(axes: Any, results: Any) -> bool:
    styles = {TEXT: "o-", CHOICE: "s--", FORM: "^:"}
    any_drawn = False
    for side, colour in SIDES:
        for kind, by_turn in results["length"].get(side, {}).items():
            numbers = sorted(by_turn, key=int)
            values = [by_turn[number] for number in numbers]
            label = f"{side}, {kind}"
            axes.plot([int(n) for n in numbers], values, styles[kind], color=colour, label=label)
            any_drawn = any_drawn or bool(values)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("turn number in one conversation")
    axes.set_ylabel("milliseconds")
    axes.set_title("A turn in a long conversation (median of 20 turns)")
    return any_drawn


def _memory(axes: Any, results: Any) -> bool:
    any_drawn = False
    for side, colour in SIDES:
        memory = results["memory"].get(side, {})
        samples: Sequence[Sequence[float]] = memory.get("samples", ())
        if samples:
            turns, pss = [s[0] for s in samples], [s[2] for s in samples]
            axes.plot(turns, pss, color=colour, label=f"{side}, all processes")
            any_drawn = True
    axes.set_xlabel("turns since the measurement began")
    axes.set_ylabel("MB (PSS)")
    axes.set_ylim(bottom=0)
    axes.set_title("Memory")
    return any_drawn


def _stages(axes: Any, results: Any) -> bool:
    """A bar for each side and kind, divided over the stages."""
    rows = [
        (f"{side}, {kind}", results["stages"][side][kind]["stages"])
        for kind in KINDS
        for side, _ in reversed(SIDES)
        if kind in results["stages"].get(side, {})
    ]
    colours = pyplot.get_cmap("tab20").colors
    left = [0.0] * len(rows)
    for number, stage in enumerate(STAGES):
        widths = [stages[stage] for _, stages in rows]
        if any(width >= 0.5 for width in widths):
            axes.barh([n for n, _ in rows], widths, left=left, color=colours[number], label=stage)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_xlabel("milliseconds (mean, with the profiler on)")
    axes.set_title("Where the time of a turn goes")
    return bool(rows)
