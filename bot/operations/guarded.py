"""Runs a module of somebody else as a program, with our log: `python -m bot.operations.guarded`.

Rasa and its action server have settings for their log, but none keeps what a citizen said out of
it (see `bot.operations.logging`), and both put a handler of their own in the place of ours. What
cannot start still says why: an exception that ends the process is shown by Python itself.
"""

from __future__ import annotations

import runpy
import sys

import coloredlogs  # type: ignore[import-untyped]

from bot.operations.logging import configure
from bot.settings import log_format


def main(module: str, *arguments: str) -> None:
    """Runs the module with these arguments, until it ends."""
    configure(log_format())
    coloredlogs.install = _leave_as_it_is
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _leave_as_it_is(*_: object, **__: object) -> None:
    """Instead of replacing the handler that we have."""


if __name__ == "__main__":
    main(*sys.argv[1:])
