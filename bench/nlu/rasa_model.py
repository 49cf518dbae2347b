"""A trained Rasa model, asked through Rasa's own processor.

As a program, `python -m bench.nlu.rasa_model MODEL QUESTIONS ANSWERS`, it does the same in a
process of its own: QUESTIONS is a JSON list of texts, ANSWERS becomes {"load_s", "answers"}.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.nlu.data import FALLBACK

# One thread: a busy machine or a second core should not change what is measured.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_INTRA_OP_PARALLELISM_THREADS": "1"}
# Nothing of these stands in the held-out set: the classifier remembers recent texts.
WARM_UP = [
    f"Dit is bericht nummer {number} over mijn {thing}, waarmee de meting warm loopt"
    for number, thing in enumerate(["bedrijf", "winkel", "belasting", "klant", "adviseur"] * 4)
]


@dataclass(frozen=True)
class Answer:
    """What a model makes of one message.

    `intent` is what the dialogue gets, after the fallback; `ranking` is without the fallback.
    """

    intent: str | None
    ranking: tuple[tuple[str, float], ...]
    ms: float

    @property
    def best(self) -> str | None:
        """The likeliest intent, had there been no fallback."""
        return self.ranking[0][0] if self.ranking else None

    @property
    def confidence(self) -> float:
        """How sure the model is of the likeliest intent."""
        return self.ranking[0][1] if self.ranking else 0.0

    def among(self, intent: str | None, most: int) -> bool:
        """Whether the intent is one of the likeliest so many."""
        return intent in [name for name, _ in self.ranking[:most]]


class RasaModel:
    """A model archive that is loaded once.

    `import_s` is importing Rasa itself with all its components (most of it is TensorFlow), and
    `load_s` is what comes on top of that.
    """

    def __init__(self, path: Path) -> None:
        start = time.perf_counter()
        importlib.import_module("rasa.engine.recipes.default_components")
        from rasa.core.agent import Agent
        from rasa.utils.log_utils import configure_structlog

        self.import_s = time.perf_counter() - start
        # Otherwise Rasa writes a line about every message, which takes longer than the parse.
        configure_structlog(logging.ERROR)
        start = time.perf_counter()
        self._agent = Agent.load(str(path))
        self.load_s = time.perf_counter() - start
        if not self._agent.is_ready():
            raise RuntimeError(f"Rasa kan het model {path} niet laden.")

    def ask(self, texts: Sequence[str]) -> list[Answer]:
        """The answers to all texts, one after another, after a warm-up."""
        return asyncio.run(self._ask(texts))

    async def _ask(self, texts: Sequence[str]) -> list[Answer]:
        for text in WARM_UP:
            await self._agent.parse_message(text)
        answers = []
        for text in texts:
            start = time.perf_counter()
            parsed = await self._agent.parse_message(text)
            answers.append(_answer(parsed, (time.perf_counter() - start) * 1000))
        return answers


def from_json(data: dict[str, Any]) -> Answer:
    """An answer as another process wrote it."""
    ranking = tuple((str(name), float(score)) for name, score in data["ranking"])
    return Answer(data["intent"], ranking, float(data["ms"]))


def _answer(parsed: dict[str, Any], ms: float) -> Answer:
    ranking = [(i["name"], float(i["confidence"])) for i in parsed.get("intent_ranking", [])]
    return Answer(
        parsed["intent"]["name"], tuple(pair for pair in ranking if pair[0] != FALLBACK), ms
    )


def main(model: str, questions: str, answers: str) -> None:
    """Asks a model, file to file."""
    rasa = RasaModel(Path(model))
    found = rasa.ask(json.loads(Path(questions).read_text()))
    data = {"load_s": rasa.load_s, "answers": [asdict(answer) for answer in found]}
    Path(answers).write_text(json.dumps(data))


if __name__ == "__main__":
    main(*sys.argv[1:4])
