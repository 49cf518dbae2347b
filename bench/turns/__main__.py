"""Measures what a turn costs, ours beside a stock Rasa set-up: `python -m bench.turns`.

Writes var/bench/report.md with its pictures, and report.json. About a quarter of an hour; the
first time longer, while the stock bot is trained.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.turns import flame, measure, scale
from bench.turns.charts import draw
from bench.turns.figures import as_data, figures, mean_turn
from bench.turns.load import Side
from bench.turns.measure import Sizes
from bench.turns.ours import Ours, python_version, web_python
from bench.turns.processes import BenchError, Running
from bench.turns.report import as_markdown
from bench.turns.stock import EXAMPLES_PER_INTENT, Stock
from bot import training
from bot.settings import ROOT

RESULTS = ROOT / "var" / "bench"
RECORDED = Path(__file__).resolve().parent / "recorded.json"
IMAGES = ROOT / "docs" / "images"
PARTS = ("rounds", "length", "memory", "stages", "scale")
QUICK = Sizes(
    rounds=1,
    seconds=5,
    users=(1, 4),
    warm_up=10,
    turns=80,
    length_repeats=1,
    longest=10,
    profile_seconds=8,
)


def main() -> int:
    """Measures and reports; 0 when there is a report, whatever the figures are."""
    options = _options()
    begun = time.monotonic()
    load = os.getloadavg()[0]
    RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        results = _measure(options)
    except (BenchError, LookupError) as error:
        print(f"\nERROR: {error}", file=sys.stderr)
        return 1
    results |= {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "processor": _processor(),
            "python": platform.python_version(),
            "python_web": python_version(),
            "load": load,
        },
        "quick": options.quick,
        "examples_per_intent": EXAMPLES_PER_INTENT,
        "minutes": (time.monotonic() - begun) / 60,
    }
    _write(results, RESULTS / "images", RESULTS / "report.json")
    if options.record:
        shutil.copytree(RESULTS / "images", IMAGES, dirs_exist_ok=True)
        shutil.copy(RESULTS / "report.json", RECORDED)
        _progress(f"recorded in {RECORDED.relative_to(ROOT)} and {IMAGES.relative_to(ROOT)}/")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.turns", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument(
        "--long", action="store_true", help="10,000 turns of the memory measurement"
    )
    parser.add_argument("--turns", type=int, help="number of turns of the memory measurement")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts only")
    parser.add_argument("--scale", action="store_true", help="the workers only: --only scale")
    parser.add_argument("--training", action="store_true", help="train ours anew, and time it")
    parser.add_argument("--record", action="store_true", help="keep a whole run in the repository")
    options = parser.parse_args()
    if options.scale:
        options.only = ("scale",)
    if options.record and set(options.only) != set(PARTS):
        parser.error("--record keeps a whole run: without --only or --scale")
    return options


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else Sizes()
    turns = options.turns or (10_000 if options.long else sizes.turns)
    return Sizes(**{**vars(sizes), "turns": turns})


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    sizes = _sizes(options)
    stock = Stock(RESULTS / "stock")
    with_stock = bool(set(options.only) - {"scale"})
    results: dict[str, Any] = {
        "training": {
            "ours": _train(options.training),
            "stock": stock.train(_progress) if with_stock else None,
        },
        "kinds": {"ours": {}, "stock": {}},
        "users": {"ours": {}, "stock": {}},
        "length": {"ours": {}, "stock": {}},
        "memory": {},
        "start": {"ours": [], "stock": []},
        "stages": {},
        "scale": None,
        "skipped": {},
    }
    with _folder() as folder:
        if set(options.only) - {"stages", "scale"}:
            _side_by_side(results, stock, sizes, options.only, folder)
        if "stages" in options.only:
            _stages(results, sizes, folder)
        if "scale" in options.only:
            try:
                results["scale"] = scale.workers(folder, sizes, _progress)
            except BenchError as error:
                results["skipped"]["two workers against one"] = str(error)
                _progress(f"two workers against one is not measured: {error}")
    return results


def _side_by_side(
    results: dict[str, Any], stock: Stock, sizes: Sizes, only: Sequence[str], folder: Path
) -> None:
    """What needs both sides running at the same time; one starts after the other."""
    sides: list[Side] = [Ours(python=web_python()), stock]
    with ExitStack() as stack:
        running: dict[str, Running] = {}
        for side in sides:
            running[side.name], seconds = _start(stack, side, folder / side.name)
            results["start"][side.name].append(seconds)
            weighed = running[side.name].memory()
            results["memory"][side.name] = {"start": vars(weighed), "samples": []}
        if "rounds" in only:
            results |= measure.rounds(sides, sizes, _progress)
        if "length" in only:
            results["length"] = {s.name: measure.lengths(s, sizes, _progress) for s in sides}
        if "memory" in only:
            for side in sides:
                longest = sizes.longest if side is stock else float("inf")
                results["memory"][side.name]["samples"] = measure.memory(
                    side, running[side.name], sizes.turns, longest, _progress
                )


def _stages(results: dict[str, Any], sizes: Sizes, folder: Path) -> None:
    """Each side by itself, with timers and a sampler in its processes; also their flame graphs."""
    images = RESULTS / "images"
    images.mkdir(exist_ok=True)
    for kind in (Ours, Stock):
        profile = folder / f"profile-{kind.name}"
        side: Side = (
            Ours(profile, python=web_python())
            if kind is Ours
            else Stock(RESULTS / "stock", profile)
        )
        _progress(f"profile of {side.name}")
        with ExitStack() as stack:
            _start(stack, side, folder / f"profiled-{side.name}")
            results["stages"][side.name] = measure.stages(side, profile, sizes.profile_seconds)
        ms = mean_turn(results["stages"][side.name])
        title = f"{side.name}: where {ms:.0f} ms a turn goes, one citizen, all processes"
        picture = flame.svg(flame.read(profile), title)
        (images / f"bench-flame-{side.name}.svg").write_text(picture)


def _start(stack: ExitStack, side: Side, folder: Path) -> tuple[Running, float]:
    """Starts a side until the end of the stack; and the seconds until it answered a question."""
    _progress(f"starting {side.name}")
    processes = side.processes(folder)
    begun = time.monotonic()
    running = stack.enter_context(Running(processes))
    return running, measure.first_answer(side, begun)


def _train(anew: bool) -> float | None:
    """Seconds that the last training of ours took; None when that is not known."""
    if anew:
        _progress("training ours from clean")
        training.FINGERPRINT.unlink(missing_ok=True)
        shutil.rmtree(ROOT / ".rasa", ignore_errors=True)
        try:
            training.train(_progress)
        except training.TrainingError as error:
            raise BenchError(str(error)) from error
    if not training.RECORD.exists():
        return None
    return float(json.loads(training.RECORD.read_text())["seconds"])


def _write(results: dict[str, Any], images: Path, data: Path) -> None:
    """Writes the pictures, the data and the report."""
    images.mkdir(exist_ok=True)
    found = figures(results)
    results["figures"] = as_data(found)
    data.write_text(json.dumps(results, indent=1) + "\n")
    names = draw(results, images)
    names += [f"bench-flame-{side}.svg" for side in reversed(results["stages"])]
    report = as_markdown(results, found, [f"images/{name}" for name in names])
    (RESULTS / "report.md").write_text(report)
    print(f"\n{report.partition('## Kinds')[0]}\nThe report: {RESULTS / 'report.md'}")


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for databases and logs; kept when something goes wrong, to look in."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=RESULTS))
    try:
        yield folder
    except BaseException:
        print(f"the logs are in {folder}", file=sys.stderr)
        raise
    shutil.rmtree(folder)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _progress(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
