"""Work that goes on in rounds beside an application, for as long as that runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web

logger = logging.getLogger(__name__)


async def in_rounds(name: str, round_: Callable[[], Awaitable[object]], every: float) -> None:
    """Does a round, waits so many seconds, and again, until it is cancelled.

    A round that fails is not the last. Of its error only the kind is logged: the rest may be
    content of somebody.

    Args:
        name: what fails, for the log.
    """
    while True:
        try:
            await round_()
        except Exception as error:
            logger.error("%s failed: %s", name, type(error).__name__)
        await asyncio.sleep(every)


def beside(
    work: Callable[[], Coroutine[Any, Any, None]],
) -> Callable[[web.Application], AsyncIterator[None]]:
    """For `cleanup_ctx` of an aiohttp application: the work begins with it, and is cancelled and
    waited for when it ends.
    """

    async def context(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(work())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return context
