"""The same bot as Rasa itself would run it: our domain, rules, actions and examples, its defaults.

Nothing of `bot.nlu` is in it: the default pipeline and policies, the action server of rasa_sdk
over HTTP, the SQL tracker store on SQLite and the REST channel, with Rasa's own settings.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bench.nlu.data import TRAINING
from bench.nlu.peers import STOCK as PIPELINE
from bench.ports import free_port
from bench.turns.processes import BenchError, Process, environment
from bench.turns.scenarios import RULES, answered_subjects, every_question
from bot.content import read_yaml
from bot.settings import ROOT
from bot.training import QUIET

# DIET would take five hours on all examples. How many it saw makes its turns no slower or faster:
# its network is as large, and what it reads and predicts is as long.
EXAMPLES_PER_INTENT = 20
DIET_EPOCHS = 25
TED_EPOCHS = 10
STORIES = 20
SEED = 2026
# As `rasa init` has them, but for the epochs.
POLICIES: list[dict[str, Any]] = [
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy"},
    {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": TED_EPOCHS},
    {
        "name": "TEDPolicy",
        "max_history": 5,
        "epochs": TED_EPOCHS,
        "constrain_similarities": True,
    },
]
MODEL = "stock.tar.gz"


class Stock:
    """The project of the stock bot in a folder of its own, and its two processes.

    Args:
        folder: where it is made, trained and run; what was trained there is used again.
        profile: folder to write a profile in; None runs it as it is.
    """

    name = "stock"

    def __init__(self, folder: Path, profile: Path | None = None) -> None:
        self.folder = folder
        self.profile = profile
        self.questions = every_question()

    def train(self, progress: Callable[[str], None]) -> float:
        """Makes the project, and trains it when anything in it changed.

        Returns:
            Seconds of the training that made the model.

        Raises:
            BenchError: Rasa could not train.
        """
        made = self._make()
        record = self.folder / "trained.json"
        trained = json.loads(record.read_text()) if record.exists() else {}
        if trained.get("key") != made or not (self.folder / MODEL).exists():
            progress("training the stock bot (once; some five minutes)")
            started = time.monotonic()
            self._train()
            trained = {"key": made, "seconds": round(time.monotonic() - started, 1)}
            record.write_text(json.dumps(trained))
        return float(trained["seconds"])

    def processes(self, run: Path) -> list[Process]:
        """The action server and Rasa, on free ports, with new databases in the folder `run`.

        Raises:
            BenchError: its database cannot be made.
        """
        rasa, actions = free_port(), free_port()
        env = environment(run) | {
            "PORT_RASA": str(rasa),
            "PORT_ACTIONS": str(actions),
            "DATABASE_URL": f"sqlite:///{run / 'actions.sqlite3'}",
        }
        self.url = f"http://127.0.0.1:{rasa}"
        prepare_database(env)
        endpoints = {
            "action_endpoint": {"url": f"http://127.0.0.1:{actions}/webhook"},
            "tracker_store": {
                "type": "SQL",
                "dialect": "sqlite",
                "db": str(run / "tracker.sqlite3"),
            },
        }
        _write(run / "endpoints.yml", endpoints)
        _write(run / "credentials.yml", {"rest": {}})
        return [
            Process(
                "actions",
                self._program("rasa_sdk", "--actions", "actions", "--port", str(actions)),
                f"http://127.0.0.1:{actions}/health",
                env,
                run,
            ),
            Process(
                "rasa",
                self._program(
                    "rasa",
                    *("run", "--interface", "127.0.0.1", "--port", str(rasa)),
                    *("--model", str(self.folder / MODEL)),
                    *("--endpoints", str(run / "endpoints.yml")),
                    *("--credentials", str(run / "credentials.yml")),
                ),
                f"{self.url}/",
                env,
                run,
            ),
        ]

    def _program(self, module: str, *arguments: str) -> list[str]:
        profiled = ["bench.turns.stages", str(self.profile)] if self.profile else []
        return [sys.executable, "-m", *profiled, module, *arguments]

    def _make(self) -> str:
        """Writes all that Rasa trains on; a hash of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = read_yaml(PIPELINE)
        for component in config["pipeline"]:
            if component["name"] == "DIETClassifier":
                component["epochs"] = DIET_EPOCHS
        _write(self.folder / "config.yml", {**config, "policies": POLICIES})
        shutil.copy(ROOT / "domain.yml", self.folder / "domain.yml")
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        for path in RULES.glob("*.yml"):
            shutil.copy(path, data / path.name)
        _write(data / "stories.yml", {"version": "3.1", "stories": stories(answered_subjects())})
        _write(data / "nlu.yml", {"version": "3.1", "nlu": sample(TRAINING)})
        digest = hashlib.sha256()
        for path in sorted([*data.glob("*.yml"), *self.folder.glob("*.yml")]):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def _train(self) -> None:
        command = [sys.executable, "-m", "rasa", "train", "--config", "config.yml"]
        command += ["--domain", "domain.yml", "--data", "data", "--out", "."]
        command += ["--fixed-model-name", MODEL.removesuffix(".tar.gz")]
        done = subprocess.run(
            command,
            cwd=self.folder,
            # A model from a cache would say nothing about the time that training takes.
            env=environment(self.folder) | QUIET | {"RASA_MAX_CACHE_SIZE": "0"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = (done.stderr or done.stdout)[-1500:]
            raise BenchError(f"the stock bot could not be trained:\n{said}")


def sample(folder: Path, most: int = EXAMPLES_PER_INTENT) -> list[dict[str, str]]:
    """At most so many examples of every intent, the same ones every time, annotations included."""
    chance = random.Random(SEED)
    blocks = [b for path in sorted(folder.rglob("*.yml")) for b in read_yaml(path)["nlu"]]
    lines: dict[str, list[str]] = {}
    for block in blocks:
        if "intent" in block:
            lines.setdefault(block["intent"], []).extend(block["examples"].splitlines())
    return [
        {"intent": name, "examples": "\n".join(chance.sample(found, min(most, len(found)))) + "\n"}
        for name, found in sorted(lines.items())
    ]


def stories(topics: Iterable[str]) -> list[dict[str, Any]]:
    """Conversations of a few subjects: TED and memoization learn from stories, not from rules."""
    chance, names = random.Random(SEED), list(topics)
    return [
        {
            "story": f"conversation {number}",
            "steps": [
                step
                for name in chance.sample(names, 3)
                for step in ({"intent": name}, {"action": "action_antwoord"})
            ],
        }
        for number in range(STORIES)
    ]


def prepare_database(env: dict[str, str]) -> None:
    """Makes the tables and loads the catalogue, as every installation does.

    Raises:
        BenchError: that failed.
    """
    for command in (["db", "upgrade"], ["catalogue", "load"]):
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", *command],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise BenchError(f"startwijzer {' '.join(command)} failed:\n{done.stderr[-1500:]}")


def _write(path: Path, data: Any) -> None:
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(data, file)
