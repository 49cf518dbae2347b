"""What went wrong at the Graph API, in groups that say what to do about it.

The codes: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/
error-codes. Meta advises to go by the code, as titles and subcodes may go.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any


class Group(Enum):
    """What to do about an error."""

    LATER = "later"  # this message again, after a while
    PAIR = "pair"  # too fast for this one person
    BUSY = "busy"  # too fast for everybody: all sending waits
    TEMPLATE = "template"  # the 24-hour window is closed
    MEDIA = "media"  # the picture: its words go instead
    ALARM = "alarm"  # nothing can be sent until somebody mends it
    NEVER = "never"  # this message will not arrive


CODES: Mapping[int, Group] = {
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), Group.LATER),
    131056: Group.PAIR,
    # 368: restricted for a while by Meta's policy; 131048: too many messages were called spam.
    **dict.fromkeys((4, 368, 80007, 130429, 131048), Group.BUSY),
    131047: Group.TEMPLATE,
    **dict.fromkeys((131051, 131052, 131053), Group.MEDIA),
    # Token, rights, account, payment, number.
    **dict.fromkeys((0, 3, 10, 33, 190, *range(200, 300)), Group.ALARM),
    **dict.fromkeys((131005, 131031, 131042, 131045, 133010), Group.ALARM),
    **dict.fromkeys((100, 470, 130472, 131008, 131009, 131021, 131026, 131030), Group.NEVER),
    **dict.fromkeys((131049, 131050, 131062, 132000, 132001, 132005, 132007), Group.NEVER),
    **dict.fromkeys((132008, 132012, 132015, 132016), Group.NEVER),
}
LONGEST = 300
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
JITTER = 0.2


class GraphError(Exception):
    """The API answered with an error.

    Args:
        code: Meta's; None when there was none in the answer.
        status: of HTTP; 0 for an error that came by webhook.
        text: Meta's words, for staff; see `without_digits`.
    """

    def __init__(self, code: int | None, status: int = 0, text: str = "") -> None:
        super().__init__(f"code {code}, status {status}")
        self.code = code
        self.status = status
        self.text = text

    @property
    def group(self) -> Group:
        """What to do about it. A code that is not known goes by the status of HTTP."""
        if self.code is not None and self.code in CODES:
            return CODES[self.code]
        if self.status in (401, 403):
            return Group.ALARM
        if self.status == 429:
            return Group.BUSY
        return Group.LATER if self.status >= 500 else Group.NEVER

    @classmethod
    def read(cls, data: Any, status: int = 0) -> GraphError:
        """The error in an answer's `error`, or in one of the `errors` of a webhook."""
        error = data if isinstance(data, Mapping) else {}
        code = error.get("code")
        details = error.get("error_data")
        texts = [error.get("title") or error.get("message")]
        if isinstance(details, Mapping):
            texts.append(details.get("details"))
        text = ": ".join(str(text) for text in texts if text)
        return cls(code if isinstance(code, int) else None, status, without_digits(text))


class Unreachable(Exception):
    """There was no connection, so nothing was sent."""


class Uncertain(Exception):
    """There was no answer, so the message may have been sent."""


def without_digits(text: str) -> str:
    """Meta's words without what may be a phone number, not too long for the table."""
    return re.sub(r"\+?\d[\d \-]{5,}\d", "…", text)[:LONGEST]


def wait_after(attempts: int) -> timedelta:
    """1 second, then 4 times as long each time, to five minutes; 20 % either way.

    4^n seconds is what Meta advises after 131056 (cloud-api/overview, pair rate limits).
    """
    wait = min(FIRST_WAIT * 4 ** min(max(attempts - 1, 0), 10), LONGEST_WAIT)
    return wait * secrets.SystemRandom().uniform(1 - JITTER, 1 + JITTER)
