"""The report: what was measured, as plain data and as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.nlu.figures import (
    Confusion,
    Figure,
    Pair,
    accuracy,
    by,
    expected,
    interval,
    matrix,
    percentiles,
    predicted,
    worst,
)
from bench.nlu.peers import PeerResult

VERDICTS = {True: "gehaald", False: "NIET GEHAALD", None: ""}
OURS = "Startwijzer"


@dataclass(frozen=True)
class PeerRow:
    """A line of the comparison."""

    name: str
    top1: float
    top3: float
    train_s: float | None
    load_s: float | None
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Report:
    """Everything that was measured in one run; `model` and `data` say on what."""

    date: str
    model: dict[str, Any]
    data: dict[str, Any]
    figures: list[Figure]
    pairs: list[Pair]
    peers: list[PeerRow]
    skipped: dict[str, str]

    @property
    def groups(self) -> dict[str, tuple[float, int]]:
        """Top 1 and number of messages by group of the held-out set."""
        return by(self.pairs, lambda item: item.group)

    @property
    def intents(self) -> dict[str, tuple[float, int]]:
        """Top 1 and number of messages by intent."""
        return by(self.pairs, expected)

    @property
    def worst(self) -> list[Confusion]:
        """The most frequent confusions."""
        return worst(self.pairs)

    @property
    def top1_interval(self) -> tuple[float, float]:
        """Between which bounds the real top 1 lies, as far as chance in the messages goes."""
        inside = sum(item.in_scope for item, _ in self.pairs)
        return interval(accuracy(self.pairs), inside)


def peer_row(result: PeerResult, pairs: Sequence[Pair]) -> PeerRow:
    """The line of one peer."""
    p50, p95 = percentiles(result.answers)
    top1, top3 = accuracy(pairs), accuracy(pairs, 3)
    return PeerRow(result.name, top1, top3, result.train_s, result.load_s, p50, p95)


def as_data(report: Report) -> dict[str, Any]:
    """The report for machines: results/nlu/report.json."""
    names, counts = matrix(report.pairs)
    return {
        "date": report.date,
        "model": report.model,
        "data": report.data,
        "figures": [{**asdict(f), "reached": f.reached} for f in report.figures],
        "top1_interval_95": report.top1_interval,
        "groups": {k: {"top1": share, "n": n} for k, (share, n) in report.groups.items()},
        "intents": {k: {"top1": share, "n": n} for k, (share, n) in report.intents.items()},
        "worst": [
            {
                "expected": c.expected,
                "predicted": c.predicted,
                "messages": [
                    {"text": i.text, "group": i.group, "confidence": a.confidence}
                    for i, a in c.messages
                ],
            }
            for c in report.worst
        ],
        "confusion": {"names": names, "counts": counts},
        "peers": [asdict(peer) for peer in report.peers],
        "peers_skipped": report.skipped,
        "messages": [
            {
                "text": item.text,
                "group": item.group,
                "expected": item.intent,
                "predicted": predicted(item, answer),
                "answered": answer.intent,
                "ranking": answer.ranking[:3],
                "ms": answer.ms,
            }
            for item, answer in report.pairs
        ],
    }


def shown(figure: Figure) -> tuple[str, str, str]:
    """Value, target and verdict of a figure, as texts."""
    sign = "" if figure.target is None else "≥ " if figure.higher_is_better else "≤ "
    target = "" if figure.target is None else f"{figure.target:g} {figure.unit}".strip()
    value = f"{figure.value:.1f} {figure.unit}" if figure.unit else f"{figure.value:.3f}"
    return value, sign + target, VERDICTS[figure.reached]


def peer_texts(peer: PeerRow) -> list[str]:
    """The line of a peer as texts."""
    return [
        peer.name,
        f"{peer.top1:.3f}",
        f"{peer.top3:.3f}",
        "" if peer.train_s is None else f"{peer.train_s:.0f}",
        "" if peer.load_s is None else f"{peer.load_s:.1f}",
        f"{peer.p50_ms:.1f}",
        f"{peer.p95_ms:.1f}",
    ]


PEER_HEADINGS = ["", "top 1", "top 3", "trainen s", "laden s", "p50 ms", "p95 ms"]


def as_text(report: Report) -> str:
    """The report for a terminal."""
    low, high = report.top1_interval
    rows = [(f.label, *shown(f)) for f in report.figures]
    parts = [
        f"{report.data['heldout']} berichten, waarvan {report.data['in_scope']} binnen bereik; "
        f"getraind op {report.data['training']} voorbeelden",
        _table([["", "waarde", "doel", ""], *rows]),
        f"Top 1 ligt met 95 % zekerheid tussen {low:.3f} en {high:.3f}.",
        _table([PEER_HEADINGS, *(peer_texts(peer) for peer in report.peers)]),
        *(f"Niet gemeten: {name}: {reason}" for name, reason in report.skipped.items()),
        _table([["groep", "top 1", "n"], *_shares(report.groups)]),
        "De zwakste intents",
        _table([["intent", "top 1", "n"], *sorted(_shares(report.intents), key=_weak)[:10]]),
        "De vaakste verwarringen",
        _table([["verwacht", "herkend", "n"], *_pairs(report.worst)]),
    ]
    return "\n\n".join(parts)


def _shares(parts: dict[str, tuple[float, int]]) -> list[list[str]]:
    return [[name, f"{share:.3f}", str(n)] for name, (share, n) in parts.items()]


def _weak(row: list[str]) -> tuple[str, str]:
    return row[1], row[0]


def _pairs(confusions: list[Confusion]) -> list[list[str]]:
    return [[c.expected, c.predicted, str(len(c.messages))] for c in confusions]


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])
