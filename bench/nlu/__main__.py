"""Measures how well the trained model understands Dutch: `python -m bench.nlu`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.nlu.data import Item, fingerprint, heldout, training
from bench.nlu.rasa_model import ONE_THREAD, RasaModel
from bot import training as model_files
from bot.settings import ROOT, Settings

RESULTS = ROOT / "results" / "nlu"
RECORDED = Path(__file__).resolve().parent / "recorded.json"
# Written by whoever trains, when they want it in the report: {"seconds": ...}.
TRAINING_RECORD = model_files.MODELS / "training.json"
MOST_TRAINING_S = 180


def main() -> int:
    """Measures, reports, and returns 0 when there is a report, whatever the figures are."""
    options = _options()
    if not model_files.MODEL.exists():
        return _fail("Er is geen model. Train het eerst: .venv/bin/startwijzer train")
    if not model_files.is_current():
        return _fail(
            "Het model is niet getraind op de huidige gegevens of code. "
            "Train het opnieuw: .venv/bin/startwijzer train"
        )
    # Before Rasa, numpy and TensorFlow are imported, which read these only once.
    os.environ.update(model_files.QUIET | ONE_THREAD)
    # Notices about Rasa's own old dependencies; it undoes filters of warnings.
    warnings.showwarning = lambda *_, **__: None
    report = _measure(options.peers)
    from bench.nlu.page import as_html
    from bench.nlu.report import as_data, as_text

    data = as_data(report)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "report.json").write_text(json.dumps(data, ensure_ascii=False, indent=1))
    (RESULTS / "report.html").write_text(as_html(report))
    print(f"\n{as_text(report)}\n\nHet verslag: {RESULTS / 'report.html'}")
    if options.record:
        RECORDED.write_text(json.dumps(_record(data), indent=2) + "\n")
        print(f"Vastgelegd in {RECORDED.relative_to(ROOT)}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.nlu", description=__doc__)
    parser.add_argument(
        "--peers",
        choices=("none", "quick", "all"),
        default="quick",
        help="quick: scikit-learn en nlp.js, en Rasa's standaard als die al getraind is; "
        "all: train die ook (ongeveer een half uur)",
    )
    parser.add_argument(
        "--record",
        action="store_true",
        help="leg top 1 en top 3 vast; de test vergelijkt daarmee",
    )
    return parser.parse_args()


def _measure(which_peers: str) -> Any:
    from bench.nlu.figures import Figure, speed, understanding
    from bench.nlu.report import OURS, PeerRow, Report
    from bench.nlu.typos import with_typos

    items, examples = heldout(), training()
    texts = [item.text for item in items]
    _progress("Rasa starten en het model laden")
    model = RasaModel(model_files.MODEL)
    _progress(f"{len(items)} berichten vragen")
    answers = model.ask(texts)
    pairs = list(zip(items, answers, strict=True))
    _progress("Dezelfde berichten met tikfouten vragen")
    inside = [item for item in items if item.in_scope]
    mistyped = model.ask([with_typos(item.text) for item in inside])
    figures = understanding(pairs, list(zip(inside, mistyped, strict=True)))
    figures += speed(answers, model.load_s, model.import_s)
    train_s = _training_seconds()
    if train_s is not None:
        figures.append(Figure("train_s", "Trainen", train_s, MOST_TRAINING_S, False, "s"))
    size = model_files.MODEL.stat().st_size / 1e6
    figures.append(Figure("size_mb", "Modelbestand", size, None, False, "MB"))
    value = {figure.key: figure.value for figure in figures}
    ours = PeerRow(
        OURS,
        value["top1"],
        value["top3"],
        train_s,
        *(value[k] for k in ("load_s", "p50_ms", "p95_ms")),
    )
    wanted = fingerprint((e.text, e.intent) for e in examples)
    peers, skipped = _measure_peers(which_peers, examples, wanted, items)
    return Report(
        date=datetime.now(timezone.utc).date().isoformat(),
        model={"fingerprint": model_files.fingerprint(), "size_mb": size, "train_s": train_s},
        data={
            "heldout": len(items),
            "in_scope": len(inside),
            "heldout_fingerprint": fingerprint((i.text, i.intent) for i in items),
            "training": len(examples),
            "training_fingerprint": wanted,
        },
        figures=figures,
        pairs=pairs,
        peers=[ours, *peers],
        skipped=skipped,
    )


def _measure_peers(
    which: str, examples: list[Any], wanted: str, items: list[Item]
) -> tuple[list[Any], dict[str, str]]:
    from bench.nlu.peers import PEERS, PeerError, measure
    from bench.nlu.report import peer_row

    rows, skipped = [], {}
    store = Settings.from_environment().var / "peers"
    texts = [item.text for item in items]
    for peer in PEERS if which != "none" else ():
        try:
            result = measure(peer, examples, wanted, texts, store, which == "all", _progress)
        except PeerError as error:
            skipped[peer.name] = str(error)
        else:
            rows.append(peer_row(result, list(zip(items, result.answers, strict=True))))
    return rows, skipped


def _training_seconds() -> float | None:
    if not TRAINING_RECORD.exists():
        return None
    return float(json.loads(TRAINING_RECORD.read_text())["seconds"])


def _record(data: dict[str, Any]) -> dict[str, Any]:
    value = {figure["key"]: figure["value"] for figure in data["figures"]}
    return {
        "top1": round(value["top1"], 4),
        "top3": round(value["top3"], 4),
        "n": data["data"]["heldout"],
        "date": data["date"],
        "heldout_fingerprint": data["data"]["heldout_fingerprint"],
    }


def _fail(message: str) -> int:
    print(f"\nFOUT: {message}", file=sys.stderr)
    return 1


def _progress(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
