"""Training the model, only when something that goes into it changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.settings import ROOT, python_rasa

MODELS = ROOT / "models"
MODEL = MODELS / "startwijzer.tar.gz"
SPACY_MODEL = MODELS / "spacy_nl"
FINGERPRINT = MODELS / "fingerprint"
RECORD = MODELS / "training.json"
DATA_FOLDERS = ("data/nlu", "data/rules")
INPUTS = (
    "domain.yml",
    "config.yml",
    "requirements.txt",
    "data/entities",
    "data/validation",
    "data/nood.yml",
)
# In bot/nlu, but of the server: the model stays the same when these change.
OF_THE_SERVER = (
    "ask_model.py",
    "channel.py",
    "locks.py",
    "rasa_patches.py",
    "runner.py",
    "server.py",
    "tracker_store.py",
    "without_tensorflow.py",
)
# On a busy machine the encoder's threads wait for one another far longer than they compute.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Rasa's notices about its own old dependencies; they tell an administrator nothing.
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "PYTHONWARNINGS": "ignore",
}


class TrainingError(Exception):
    """Training failed; the message (Dutch) holds what Rasa said."""


def is_current() -> bool:
    """Whether the model was trained from the present inputs."""
    return MODEL.exists() and FINGERPRINT.exists() and FINGERPRINT.read_text() == fingerprint()


def fingerprint() -> str:
    """A hash of everything that goes into the model."""
    digest = hashlib.sha256()
    for path in _inputs():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def train(progress: Callable[[str], None]) -> bool:
    """Trains when needed; False when the model was current already.

    Args:
        progress: called with each line for a person to see.

    Raises:
        TrainingError: the data has mistakes, or Rasa failed.
    """
    if is_current():
        return False
    wanted = fingerprint()
    started = time.monotonic()
    MODELS.mkdir(exist_ok=True)
    # Rasa is imported in a process of its own: it takes seconds and half a gigabyte.
    progress("1/2 Nederlandse taalgegevens maken")
    _run([python_rasa(), "-m", "bot.nlu.build", str(SPACY_MODEL)], progress)
    progress("2/2 Model trainen (twee tot drie minuten)")
    command = [python_rasa(), "-m", "rasa", "train", "--domain", "domain.yml"]
    command += ["--config", "config.yml", "--data", *DATA_FOLDERS]
    command += ["--out", str(MODELS), "--fixed-model-name", MODEL.name.removesuffix(".tar.gz")]
    _run(command, progress)
    RECORD.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1)}))
    FINGERPRINT.write_text(wanted)
    return True


def _inputs() -> Iterator[Path]:
    for name in (*INPUTS, *DATA_FOLDERS, "bot/nlu"):
        path = ROOT / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (
            file
            for file in files
            if file.is_file()
            and "__pycache__" not in file.parts
            and not (name == "bot/nlu" and file.name in OF_THE_SERVER)
        )


def _run(command: list[str], progress: Callable[[str], None]) -> None:
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**ONE_THREAD, **os.environ, **QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if "Starting to train" in line or "Finished training" in line:
                progress(f"    {line.split('- ', 1)[-1].strip()}")
    if process.returncode:
        tail = "\n".join(lines[-30:])
        raise TrainingError(f"Het trainen is mislukt. Rasa zegt:\n\n{tail}")
