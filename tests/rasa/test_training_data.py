"""Rasa's own checks on its data, made to count: both return 0 on what we call a failure."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from bot.settings import ROOT
from bot.training import MODEL, QUIET

# `rasa data validate` prints notices about Rasa's own dependencies in the same shape.
OURS = re.compile(r"(UserWarning|ERROR|WARNING).*", re.DOTALL)


def rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rasa", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            **QUIET,
            "PYTHONWARNINGS": "",
            "ACTIONS_WEBHOOK": "http://127.0.0.1:9/",
            "RASA_TOKEN": "none",
        },
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_data_is_valid_without_warnings() -> None:
    done = rasa("data", "validate", "--domain", "domain.yml", "--data", "data/nlu", "data/rules")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "Story structure validation" in output, "the check ran"
    warnings = [
        line
        for line in output.splitlines()
        if "rasa/shared/utils/io.py" in line or " ERROR " in line or "validator" in line.lower()
    ]
    complaints = [line for line in warnings if "UserWarning" in line or " ERROR " in line]
    assert complaints == []


def test_the_test_stories_pass_end_to_end(tmp_path) -> None:
    arguments = ["test", "core", "--e2e", "--model", str(MODEL), "--stories", "tests/stories"]
    arguments += ["--out", str(tmp_path), "--fail-on-prediction-errors"]
    done = rasa(*arguments)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-3000:]
    assert re.search(r"Correct:\s+(\d+) / \1\b", output), "every story was run and was right"


def test_a_wrong_story_is_caught(tmp_path) -> None:
    """The check above can fail: it reads the text of the citizen."""
    story = tmp_path / "test_wrong.yml"
    story.write_text(
        'version: "3.1"\n'
        "stories:\n"
        "- story: wrong\n"
        "  steps:\n"
        "  - user: |\n"
        "      hoe schrijf ik me in bij de kvk\n"
        "    intent: afscheid\n"
        "  - action: action_antwoord\n"
    )
    arguments = ["test", "core", "--e2e", "--model", str(MODEL), "--stories", str(tmp_path)]
    done = rasa(*arguments, "--out", str(tmp_path / "out"), "--fail-on-prediction-errors")
    assert done.returncode != 0
