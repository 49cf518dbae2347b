"""Sends people what they are told of their own account, in the background.

It is tried once: a mail server that is away delays nobody who logs in, and the audit log has it
anyway. Without SMTP_URL nothing is sent.
"""

from __future__ import annotations

import asyncio
import logging
from email.errors import MessageError

import aiosmtplib
from aiohttp import web

from bot.smtp import Mailer
from bot.staff.notices import Notice

logger = logging.getLogger(__name__)
# More at once is no colleague who changes something, but somebody who keeps trying.
MOST_AT_ONCE = 20
STOP_WITHIN_SECONDS = 5.0


class Notices:
    """What is being sent.

    Args:
        mailer: the server to send by, if there is one.
    """

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, notice: Notice) -> None:
        """Begins to send it; whatever becomes of that is for the log."""
        if not self._mailer.is_set:
            return
        if len(self._tasks) >= MOST_AT_ONCE:
            logger.warning("notice to account %d not sent: too many at once", notice.account)
            return
        task = asyncio.create_task(self._send(notice))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, _: web.Application) -> None:
        """Lets what is under way end, for a moment."""
        if self._tasks:
            waited = await asyncio.wait(self._tasks, timeout=STOP_WITHIN_SECONDS)
            for task in waited[1]:
                task.cancel()

    async def _send(self, notice: Notice) -> None:
        try:
            mail = notice.as_mail(self._mailer.sender)
            recipient = mail["To"].addresses[0].addr_spec
            await self._mailer.deliver(recipient, mail.as_bytes())
        except (
            aiosmtplib.SMTPException, MessageError, OSError, ValueError, IndexError,
        ) as error:  # fmt: skip
            kind = type(error).__name__
            logger.warning("notice to account %d not sent: %s", notice.account, kind)


NOTICES: web.AppKey[Notices] = web.AppKey("notices", Notices)


def tell(request: web.Request, *notices: Notice) -> None:
    """Sends these, without waiting for it."""
    for notice in notices:
        request.config_dict[NOTICES].send(notice)
