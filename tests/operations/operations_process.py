"""Runs Python in a process of its own, and gives what it wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def output_of(code, form="json", **more):
    """All that this code writes, after our log was set up for it."""
    script = f"from bot.operations.logging import configure\nconfigure({form!r})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lines_of(code, **more):
    """The log lines of this code."""
    return [json.loads(line) for line in output_of(code, **more).splitlines()]
