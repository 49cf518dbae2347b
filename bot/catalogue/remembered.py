"""What was made of the catalogue before: its content changes as a whole, and seldom."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.catalogue.model import CatalogueVersion

Made = TypeVar("Made")
# Each is an answer with a service or two, some 10 kB.
MOST = 2000
_VERSION = sa.select(CatalogueVersion.fingerprint)
_made: dict[Hashable, Any] = {}


def remembered(session: Session, key: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` gave before under this key from the same content, or what it gives now.

    Args:
        key: all that it depends on but the content of the catalogue.
        make: reads it with this session. What it gives is shared: nobody may change it, and of
            what it read only what was loaded with it can be used.
    """
    version = session.execute(_VERSION).scalar()
    if version is None:  # filled by hand
        return make()
    whole = (session.get_bind().engine.url, version, key)
    if whole not in _made:
        if len(_made) >= MOST:
            _made.clear()
        _made[whole] = make()
    found: Made = _made[whole]
    return found


def forget() -> None:
    """Makes all anew; for tests that count what that takes."""
    _made.clear()
