"""The report for people: one page of Markdown from the data of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from bench.nlu.figures import Figure
from bench.turns.citizen import KINDS, TEXT
from bench.turns.figures import growth, ratio
from bench.turns.stage_names import STAGES

# Heading, what explains it, the heads of its table, and the rows.
Section = tuple[str, list[str], list[str], list[list[str]]]
VERDICTS = {True: "met", False: "**not met**", None: ""}
INTRODUCTION = """\
Ours: the product as it is delivered, called at the gateway's public API. Stock: the same domain,
rules, actions and catalogue as Rasa itself would run them: the default pipeline with DIET, the
default policies with TED and UnexpecTED, the action server over HTTP, the SQL tracker store on
SQLite, called on its REST channel; nothing of `bot.nlu` is in it. Stock learned from {examples}
examples an intent in few epochs, because all of them would take it hours: its network and what it
reads are as large, so its turns are as fast. It has no gateway in front: what ours does besides
(sessions, limits, masking, the inbox) counts against ours only. Both keep their data in SQLite.

Both run at the same time, on the same machine as the citizens, and are measured in turn. A ratio
is the median of what the rounds gave. Questions in own words come from the held-out set, and are
not asked again within what a cache remembers."""
KINDS_EXPLAINED = """\
`text`: a question in own words; `choice`: a subject that was chosen; `form`: an answer in a form;
`action`: an answer after which something is made and stored. Questions that got an answer on a
subject, not the fallback: {understood}."""
WORKERS = """\
One worker is several processes, so it uses two cores where it may. What a second worker with a
core of its own brings shows against one that has a single core. Citizens and databases use both,
or, with "all on it", that single core too, as on a machine that has no more."""
STAGES_EXPLAINED = """\
Mean milliseconds of one citizen's turns, with timers and a sampler on, so a little slower than
above. A stage is its own time only; what is left of a call between processes is HTTP.{encoder}"""
CAPTIONS = {
    "bench-kinds.svg": "A turn at one user",
    "bench-users.svg": "Turns a second by number of users",
    "bench-length.svg": "A turn in a long conversation",
    "bench-memory.svg": "Memory while citizens talk",
    "bench-stages.svg": "Where the time of a turn goes",
    "bench-flame-stock.svg": "Flame graph of stock",
    "bench-flame-ours.svg": "Flame graph of ours",
}


def as_markdown(results: Any, figures: Sequence[Figure], images: Iterable[str]) -> str:
    """The report.

    Args:
        images: addresses of the pictures, as seen from the report.
    """
    machine = results["machine"]
    parts = [
        f"# What a turn costs ({results['date']})",
        f"{machine['cores']} cores, {machine['processor']}, Python {machine['python']}, "
        f"{machine['python_web']} for our web process; "
        f"load before the run {machine['load']:.1f}; it took {results['minutes']:.0f} minutes"
        f"{'; **a quick run: its figures mean nothing**' if results['quick'] else ''}.",
        INTRODUCTION.format(examples=results["examples_per_intent"]),
    ]
    for heading, explained, heads, rows in _sections(results, figures):
        if rows:  # a part that was not asked for has none
            parts += [f"## {heading}", *explained, _table(heads, rows)]
    parts += [f"Not measured: {what} ({why})." for what, why in results["skipped"].items()]
    for image in images:
        caption = CAPTIONS[image.rpartition("/")[2]]
        parts.append(f"![{caption}]({image})")
    return "\n\n".join(parts) + "\n"


def _sections(results: Any, figures: Sequence[Figure]) -> Iterator[Section]:
    yield "Targets", [], ["", "measured", "target", ""], [_target(f) for f in figures]
    heads = ["kind", "n", "ours p50 / p95 ms", "stock p50 / p95 ms", "stock / ours (p50)"]
    explained = [KINDS_EXPLAINED.format(understood=_understood(results["kinds"]))]
    yield "Kinds of turns, one user", explained, heads, _kinds(results["kinds"])
    heads = ["users", "ours turns/s", "stock turns/s", "ours / stock", "ours p50 / p95 ms"]
    heads += ["stock p50 / p95 ms", "failed, ours / stock"]
    yield "More users at once, the mix of scenarios", [], heads, _users(results["users"])
    heads = ["kind", "side", *_marks(results["length"])]
    yield "Long conversations", [], heads, _length(results["length"])
    heads = ["side", "at the start MB", "after turns", "MB (PSS)", "growth over the last half"]
    heads += ["start to first answer s", "training s"]
    yield "Memory and start", [], heads, _memory(results)
    explained = [STAGES_EXPLAINED.format(encoder=_encoder(results["stages"]))]
    yield "Stages", explained, *_stages(results["stages"])
    heads = ["workers / cores", "turns/s", "p50 / p95 ms", "MB (PSS)"]
    yield "Workers, on PostgreSQL and Redis", [WORKERS], heads, _scale(results["scale"] or {})


def _target(figure: Figure) -> list[str]:
    sign = "≥" if figure.higher_is_better else "≤"
    digits = 2 if figure.unit in ("x", "%") else 1
    value = f"{figure.value:.{digits}f} {figure.unit}"
    return [
        figure.label,
        value,
        f"{sign} {figure.target:g} {figure.unit}",
        VERDICTS[figure.reached],
    ]


def _kinds(kinds: Any) -> list[list[str]]:
    rows = []
    for kind in KINDS:
        ours, stock = kinds["ours"].get(kind), kinds["stock"].get(kind)
        if ours or stock:
            times = ratio(ours["rounds"], stock["rounds"]) if ours and stock else None
            n = f"{ours['n'] if ours else 0} / {stock['n'] if stock else 0}"
            rows.append([kind, n, _times(ours), _times(stock), _ratio(times)])
    return rows


def _understood(kinds: Any) -> str:
    found = {side: kinds[side].get("understood") for side in kinds}
    shares = [f"{side} {share:.0%}" for side, share in found.items() if share is not None]
    return ", ".join(shares)


def _users(users: Any) -> list[list[str]]:
    rows = []
    for number in sorted({*users["ours"], *users["stock"]}, key=int):
        ours, stock = users["ours"][number], users["stock"][number]
        rows.append(
            [
                number,
                f"{ours['per_second']:.1f}",
                f"{stock['per_second']:.1f}",
                _ratio(ratio(stock["rounds"], ours["rounds"])),
                _times(ours),
                _times(stock),
                f"{ours['failed']} / {stock['failed']}",
            ]
        )
    return rows


def _marks(length: Any) -> list[str]:
    found = {number for side in length.values() for kind in side.values() for number in kind}
    return [f"turn {number}" for number in sorted(found, key=int)]


def _length(length: Any) -> list[list[str]]:
    marks = [mark.removeprefix("turn ") for mark in _marks(length)]
    return [
        [kind, side, *(f"{by[m]:.0f} ms" if m in by else "not reached" for m in marks)]
        for side, kinds in length.items()
        for kind, by in kinds.items()
    ]


def _memory(results: Any) -> list[list[str]]:
    rows = []
    for side, memory in results["memory"].items():
        samples = memory["samples"]
        grown = growth([(turns, pss) for turns, _, pss in samples])
        training = results["training"][side]
        rows.append(
            [
                side,
                f"{memory['start']['pss']:.0f} (RSS {memory['start']['rss']:.0f})",
                f"{samples[-1][0]:.0f}" if samples else "",
                f"{samples[-1][2]:.0f} (RSS {samples[-1][1]:.0f})" if samples else "",
                "" if grown is None else f"{grown:+.2%}",
                f"{median(results['start'][side]):.1f}",
                "" if training is None else f"{training:.0f}",
            ]
        )
    return rows


def _stages(stages: Any) -> tuple[list[str], list[list[str]]]:
    columns = [(side, kind) for kind in KINDS for side in stages if kind in stages[side]]
    rows = []
    for name in STAGES:
        values = [stages[side][kind]["stages"][name] for side, kind in columns]
        if any(value >= 0.05 for value in values):
            rows.append([name, *(f"{value:.1f}" for value in values)])
    total = [f"{sum(stages[side][kind]['stages'].values()):.1f}" for side, kind in columns]
    heads = [f"{side} {kind}" for side, kind in columns]
    return ["stage", *heads], [*rows, ["**together**", *total]] if columns else []


def _encoder(stages: Any) -> str:
    found = stages.get("ours", {}).get(TEXT)
    return (
        f"\nOurs asked its encoder in {found['encoder_asked']:.0%} of the texts." if found else ""
    )


def _scale(scale: Any) -> list[list[str]]:
    return [
        [number, f"{found['per_second']:.1f}", _times(found), f"{found['memory']:.0f}"]
        for number, found in scale.items()
    ]


def _times(found: Any) -> str:
    return f"{found['p50']:.0f} / {found['p95']:.0f}" if found and found["p50"] else ""


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}x"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
