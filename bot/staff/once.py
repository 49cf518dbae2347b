"""Making a row unless a colleague makes it at this very moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_once(session: Session, table: Any, row: Mapping[str, Any]) -> bool:
    """Adds a row to the table of a model; False when its key is there already.

    Unlike an error about the key, this leaves the transaction usable, so that the caller can read
    what is there.
    """
    insert = INSERTS[session.get_bind().dialect.name](table)
    done = session.execute(insert.values(**row).on_conflict_do_nothing())
    return bool(done.rowcount == 1)
