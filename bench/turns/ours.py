"""The product as it is delivered, with a database of its own and without limits on how much."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.ports import free_port
from bench.turns.processes import BenchError, Process, environment
from bench.turns.scenarios import every_question
from bench.turns.stock import prepare_database
from bot import training
from bot.run import Part, parts, parts_environment
from bot.settings import ROOT, Settings

UNLIMITED = "1000000000"
# By day and address; those by the minute are lifted in bench.turns.unlimited.
LIMITS = {
    "MESSAGES_PER_DAY": UNLIMITED,
    "MESSAGES_PER_DAY_AND_ADDRESS": UNLIMITED,
    "CONVERSATIONS_PER_DAY_AND_ADDRESS": UNLIMITED,
}
# In the image Rasa and its actions have Python 3.10, the web process this one (Dockerfile).
NEWEST_PYTHON = ROOT / ".venv-modern" / "bin" / "python"


def web_python() -> str:
    """The Python of the web process: the newest where that is set up, as `make bench` does."""
    return str(NEWEST_PYTHON) if NEWEST_PYTHON.exists() else sys.executable


def python_version() -> str:
    """Which that is."""
    said = subprocess.run([web_python(), "-V"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]


class Ours:
    """All parts of the product.

    Args:
        profile: folder to write a profile in; None runs it as it is.
        cores: how many processor cores its processes have together; None for all.
        python: of the web process; in the image that is the newest.
        more: settings, as environment variables; without a database it is SQLite.
    """

    name = "ours"

    def __init__(
        self,
        profile: Path | None = None,
        cores: int | None = None,
        python: str = sys.executable,
        **more: str,
    ) -> None:
        self.profile = profile
        self.cores = cores
        self.python = python
        self.questions = every_question()
        self._more = more

    def processes(self, run: Path) -> list[Process]:
        """Its processes, on free ports, with what they write in the folder `run`.

        Raises:
            BenchError: there is no model, or the database cannot be made.
        """
        if not training.is_current():
            raise BenchError("the model is not trained on the present data: run make train first")
        ports = {name: str(free_port()) for name in ("PORT_WEB", "PORT_RASA", "PORT_ACTIONS")}
        env = environment(run) | LIMITS | ports | self._more
        settings = Settings.from_environment(env)
        self.url = f"http://127.0.0.1:{settings.port_web}"
        env = parts_environment(settings, env)
        prepare_database(env)
        return [
            Process(
                part.name,
                self._command(part),
                f"http://127.0.0.1:{part.port}{part.ready_path}",
                env,
                run,
            )
            for part in parts(settings)
        ]

    def _command(self, part: Part) -> list[str]:
        """The part's command, for the web process without its limits, and profiled if wanted."""
        program, _, *rest = part.command
        if "bot.cli" in rest:
            program = self.python
        rest = ["bench.turns.unlimited" if word == "bot.cli" else word for word in rest]
        profiled = ["bench.turns.stages", str(self.profile)] if self.profile else []
        confined = ["taskset", "-c", f"0-{self.cores - 1}"] if self.cores else []
        return [*confined, program, "-m", *profiled, *rest]
