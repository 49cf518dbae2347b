"""Other ways to recognise intents, on the same data: what ours has to be better than.

A peer is trained when `var/peers/` does not have it for the present training data.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.nlu.data import TRAINING, Example
from bench.nlu.rasa_model import ONE_THREAD, WARM_UP, Answer, from_json
from bot.settings import ROOT
from bot.training import QUIET

HERE = Path(__file__).resolve().parent
NLPJS = HERE / "nlpjs"
STOCK = HERE / "stock.yml"
RANKING = 10
Progress = Callable[[str], None]


class PeerError(Exception):
    """A peer cannot be measured; the message (Dutch) says why."""


@dataclass(frozen=True)
class PeerResult:
    """What a peer made of the texts, and what that took."""

    name: str
    train_s: float
    load_s: float | None
    answers: list[Answer]


class Peer(Protocol):
    """Something that learns from examples and answers texts."""

    name: str
    slug: str
    slow: bool
    definition: Path

    def train(self, examples: Sequence[Example], folder: Path) -> float:
        """Leaves a model in the folder; the seconds of training alone."""

    def ask(self, texts: Sequence[str], folder: Path) -> tuple[float | None, list[Answer]]:
        """Seconds of loading, and the answers."""


class ScikitLearn:
    """TF-IDF of words and pairs of words, and logistic regression: the textbook's answer."""

    name = "scikit-learn: TF-IDF (woord 1-2) + LogisticRegression"
    slug = "sklearn"
    slow = False
    definition = Path(__file__)

    def train(self, examples: Sequence[Example], folder: Path) -> float:
        """See Peer."""
        import joblib
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        start = time.perf_counter()
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000)
        )
        model.fit([e.text for e in examples], [e.intent for e in examples])
        seconds = time.perf_counter() - start
        joblib.dump(model, folder / "model.joblib")
        return seconds

    def ask(self, texts: Sequence[str], folder: Path) -> tuple[float | None, list[Answer]]:
        """See Peer."""
        import joblib

        start = time.perf_counter()
        model = joblib.load(folder / "model.joblib")
        load_s = time.perf_counter() - start
        names = [str(name) for name in model.classes_]
        answers = []
        for text in [*WARM_UP, *texts]:
            start = time.perf_counter()
            scores = model.predict_proba([text])[0]
            ranking = tuple((names[i], float(scores[i])) for i in scores.argsort()[::-1][:RANKING])
            answers.append(Answer(ranking[0][0], ranking, (time.perf_counter() - start) * 1000))
        return load_s, answers[len(WARM_UP) :]


class NlpJs:
    """nlp.js with its own Dutch, in a process of Node."""

    name = "nlp.js 4.27"
    slug = "nlpjs"
    slow = False
    definition = NLPJS / "nlpjs.js"

    def train(self, examples: Sequence[Example], folder: Path) -> float:
        """See Peer."""
        data = [{"text": e.text, "intent": e.intent} for e in examples]
        return float(self._node("train", folder, {"examples": data})["train_s"])

    def ask(self, texts: Sequence[str], folder: Path) -> tuple[float | None, list[Answer]]:
        """See Peer."""
        found = self._node("ask", folder, {"warm_up": WARM_UP, "texts": list(texts)})
        return float(found["load_s"]), [from_json(answer) for answer in found["answers"]]

    def _node(self, command: str, folder: Path, data: dict[str, Any]) -> Any:
        if not shutil.which("node") or not shutil.which("npm"):
            raise PeerError("node en npm zijn er niet (Node.js 18 of nieuwer)")
        if not (NLPJS / "node_modules").is_dir():
            install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            _run(install, NLPJS, {})
        script = ["node", "--no-deprecation", "nlpjs.js", command, str(folder / "model.json")]
        return json.loads(_run(script, NLPJS, {}, json.dumps(data)))


class StockRasa:
    """The pipeline that Rasa itself proposes, with DIET."""

    name = "Rasa 3.6, standaardpijplijn (DIET)"
    slug = "stock"
    slow = True
    definition = STOCK

    def __init__(self, config: Path = STOCK, data: Path = TRAINING) -> None:
        self._config = config
        self._data = data

    def train(self, examples: Sequence[Example], folder: Path) -> float:
        """See Peer; Rasa reads the training data itself."""
        command = [sys.executable, "-m", "rasa", "train", "nlu", "--config", str(self._config)]
        command += ["--nlu", str(self._data), "--out", str(folder), "--fixed-model-name", "model"]
        start = time.perf_counter()
        _run(command, ROOT, {**QUIET, "RASA_MAX_CACHE_SIZE": "0"})
        return time.perf_counter() - start

    def ask(self, texts: Sequence[str], folder: Path) -> tuple[float | None, list[Answer]]:
        """See Peer; in a process of its own, because DIET takes more than a gigabyte."""
        with tempfile.TemporaryDirectory() as temporary:
            questions, answers = Path(temporary) / "questions", Path(temporary) / "answers"
            questions.write_text(json.dumps(list(texts)))
            command = [sys.executable, "-m", "bench.nlu.rasa_model"]
            command += [str(folder / "model.tar.gz"), str(questions), str(answers)]
            _run(command, ROOT, {**QUIET, **ONE_THREAD})
            found = json.loads(answers.read_text())
        return float(found["load_s"]), [from_json(answer) for answer in found["answers"]]


PEERS: tuple[Peer, ...] = (ScikitLearn(), NlpJs(), StockRasa())


def measure(
    peer: Peer,
    examples: Sequence[Example],
    wanted: str,
    texts: Sequence[str],
    store: Path,
    train_slow: bool,
    progress: Progress,
) -> PeerResult:
    """Trains a peer when needed, and asks it all texts.

    Args:
        wanted: fingerprint of the training data.
        store: the directory that keeps trained peers.
        train_slow: whether a peer may be trained that takes half an hour.

    Raises:
        PeerError: the peer cannot be measured here.
    """
    folder = store / peer.slug
    record = folder / "trained.json"
    key = f"{wanted}:{_hash(peer.definition)}"
    trained = json.loads(record.read_text()) if record.exists() else {}
    if trained.get("key") != key:
        if peer.slow and not train_slow:
            raise PeerError("niet getraind op deze trainingsdata (doe dat met --peers all)")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        progress(f"  {peer.name} trainen op {len(examples)} voorbeelden")
        trained = {"key": key, "train_s": peer.train(examples, folder)}
        record.write_text(json.dumps(trained))
    progress(f"  {peer.name} meten")
    load_s, answers = peer.ask(texts, folder)
    return PeerResult(peer.name, trained["train_s"], load_s, answers)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _run(command: list[str], folder: Path, env: dict[str, str], given: str = "") -> str:
    """What a program writes, or a PeerError with the end of its complaint."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **env},
        input=given,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise PeerError(f"{' '.join(command[:4])} mislukte: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout
