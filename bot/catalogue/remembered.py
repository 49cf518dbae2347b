"""What was read of the catalogue before: its content changes as a whole, and seldom."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import CatalogueVersion

Read = TypeVar("Read")
# An answer with its services is some 10 kB.
MOST = 2000
_VERSION = sa.select(CatalogueVersion.__table__.c.fingerprint)
_read: dict[Hashable, Any] = {}


class Remembered:
    """What was read of the content that the tables hold now.

    Args:
        session: asks which content that is.
    """

    def __init__(self, session: Session) -> None:
        self._version = session.execute(_VERSION).scalar()
        self._database = session.get_bind().engine.url

    def get(self, key: Hashable, read: Callable[[], Read]) -> Read:
        """What `read` gave before under this key, or what it gives now.

        Args:
            key: all that it depends on but the content of the catalogue.
            read: its result is shared: nobody may change it, and it may need no session.
        """
        if self._version is None:  # filled by hand, not from content
            return read()
        whole = (self._database, self._version, key)
        if whole not in _read:
            if len(_read) >= MOST:
                _read.clear()
            _read[whole] = read()
        found: Read = _read[whole]
        return found


def forget() -> None:
    """Reads all anew; for tests that count what that takes."""
    _read.clear()
