"""News in conversations: who writes it, and who watches for it."""

import asyncio
import contextlib

from bot.conversations import log
from bot.conversations.log import Reply
from bot.gateway.changes import Changes

# How long who waits for news may take (s).
FAR = 20.0


def start(database):
    """The id of a new conversation."""
    with database.session() as session:
        return log.start(session, channel="web", gemeente=None, page=None).id


def put(database, conversation, text="bericht"):
    """The bot says something."""
    with database.session() as session:
        log.put_out(session, conversation, [Reply(text)])


@contextlib.asynccontextmanager
async def watching(database, every=0.01):
    """`Changes` that looks at the database every so many seconds."""
    changes = Changes(database)
    task = asyncio.create_task(changes.watch(every))
    try:
        yield changes
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def heard(changes, *conversations):
    """The news of these from now on: each took its first look, as what was before is not known."""
    with contextlib.ExitStack() as stack:
        news = [stack.enter_context(changes.listen(one)) for one in conversations]
        for first in news:
            assert await first.wait(FAR)
        yield news
