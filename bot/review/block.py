"""A figure as a small table, with what it is about; silent where there are too few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.review.export import Value

# Below this a share says nothing, and may be about somebody that a reader knows.
FEWEST = 5


@dataclass(frozen=True)
class Block:
    """One figure, as a table: what it is about, of how many, and the numbers.

    `rows` is empty where `n` is below `fewest`. A share is a float from 0 to 1, under a heading
    that begins with "Aandeel".
    """

    id: str
    title: str
    definition: str
    n: int
    of: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    fewest: int = FEWEST

    @property
    def is_silent(self) -> bool:
        """Whether there are too few to say anything."""
        return self.n < self.fewest


def block(
    id: str,
    title: str,
    definition: str,
    n: int,
    of: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[Value]],
    fewest: int = FEWEST,
) -> Block:
    """A figure; without its numbers where there are too few."""
    kept = tuple(tuple(row) for row in rows) if n >= fewest else ()
    return Block(id, title, definition, n, of, tuple(headings), kept, fewest)


def share(part: int, n: int) -> float | None:
    """A share from 0 to 1; None of fewer than `FEWEST`."""
    return part / n if n >= FEWEST else None
