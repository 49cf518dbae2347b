"""The folder with drafts: all drafts of an import are put in place together, or none."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.catalogue.exchange.drafts import Source, as_yaml
from bot.catalogue.exchange.feed import FeedError
from bot.content import ContentError, Problem, name_of, read_yaml


@dataclass
class Batch:
    """The drafts of one import, written beside the folder until all of them are there.

    `kept` holds the ids of drafts of another source (or of nobody we know), which stay as they are.
    """

    folder: Path
    source: Source
    beside: Path
    added: int = 0
    replaced: int = 0
    kept: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def add(self, item: dict[str, Any]) -> None:
        """Takes a draft; a draft with the same id is replaced only when it has the same source."""
        name = item["id"]
        self.ids.add(name)
        present = self.folder / f"{name}.yml"
        if present.exists():
            if not self._is_ours(present):
                self.kept.append(name)
                return
            self.replaced += 1
        else:
            self.added += 1
        (self.beside / present.name).write_text(as_yaml(item), encoding="utf-8")

    def _is_ours(self, path: Path) -> bool:
        try:
            return self.source.made(read_yaml(path))
        except ContentError:
            return False


@contextmanager
def batch(folder: Path, source: Source) -> Iterator[Batch]:
    """All drafts that are added within are put in the folder when it ends well, and else none.

    The new folder is made beside the old one and takes its place by renaming. Between the two
    renames that this takes nothing is lost: an import that was killed there is undone by the next.

    Raises:
        FeedError: another import is busy.
        OSError: the files cannot be written; the folder is as it was.
    """
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.parent):
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        _remove(new, old)
        new.mkdir()
        try:
            drafts = Batch(folder, source, new)
            yield drafts
            if drafts.added or drafts.replaced:
                _take_along(folder, new)
                _swap(folder, new, old)
        finally:
            _remove(new, old)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds a lock on the folder that the drafts lie in; it ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        message = "er wordt al een feed ingelezen; probeer het over een paar minuten opnieuw"
        raise FeedError([Problem(name_of(folder), "", "", message)]) from error
    finally:
        os.close(handle)


def _take_along(folder: Path, new: Path) -> None:
    """Everything in the folder that this import does not replace."""
    if not folder.exists():
        return
    for path in folder.iterdir():
        target = new / path.name
        if target.exists():
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, target, symlinks=True)
        else:
            try:
                os.link(path, target, follow_symlinks=False)
            except OSError:  # a file system without links
                shutil.copy2(path, target, follow_symlinks=False)


def _swap(folder: Path, new: Path, old: Path) -> None:
    if not folder.exists():
        os.replace(new, folder)
        return
    os.replace(folder, old)
    try:
        os.replace(new, folder)
    except OSError:
        os.replace(old, folder)
        raise


def _remove(*folders: Path) -> None:
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)
