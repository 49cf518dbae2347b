"""Waiting in a way that can always be ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def wait_for(news: asyncio.Event, seconds: float) -> None:
    """Returns when there is news, or after so many seconds.

    `asyncio.wait_for` loses a cancellation that comes together with the news (before Python 3.12,
    https://github.com/python/cpython/issues/81839): then a worker never stops.
    """
    waiting = asyncio.ensure_future(news.wait())
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()


async def end(tasks: Iterable[asyncio.Task[Any]], patience: float, *, at_once: bool = True) -> None:
    """Cancels the tasks, and again those that did not hear it within so many seconds.

    Args:
        at_once: False to give them so many seconds first to end by themselves.
    """
    left = set(tasks)
    if left and not at_once:
        _, left = await asyncio.wait(left, timeout=patience)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=patience)
