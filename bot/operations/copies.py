"""What both kinds of copies of a database need: a file that only we can read, and its version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from bot.database import MIGRATIONS


class BackupError(Exception):
    """A backup could not be made or put back; the message (Dutch) says what to do."""


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file that only its owner can read; at the end of the block it gets its own name.

    So a file of that name is always whole, also when we are stopped half-way.

    Raises:
        BackupError: there is a file of that name.
    """
    if target.exists():
        raise BackupError(f"{target} bestaat al. Kies een andere naam.")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def check_version(revision: str | None) -> None:
    """Whether this program knows the tables of a copy, by the number of their last migration.

    Raises:
        BackupError: it was made by a newer program, or it is a copy of something else.
    """
    if revision is None:
        raise BackupError("Dit is geen back-up van Startwijzer: er staat geen versie in.")
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(revision)
    except CommandError as error:
        raise BackupError(
            "Deze back-up is gemaakt met een nieuwere versie van Startwijzer. Zet eerst die versie "
            "neer en probeer het opnieuw."
        ) from error
