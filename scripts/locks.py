"""What the locks pin."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What an installation runs: Rasa and its actions, and all the rest on the newest Python.
RASA_LOCK, WEB_LOCK = "requirements.txt", "requirements-modern.txt"
# The development locks hold the first two; uv installs them all.
PYTHON_LOCKS = ("requirements-dev.txt", "requirements-modern-dev.txt", "requirements-uv.txt")
NPM_FOLDERS = ("bot/widget", "tests/console/oidc", "bench/nlu/nlpjs")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def normal(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str, root: Path = ROOT) -> dict[str, str]:
    """The version of each package in a lock, by its normal name."""
    return {normal(n): v for n, v in PIN.findall((root / lock).read_text(encoding="utf-8"))}
