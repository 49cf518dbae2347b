"""What is compared to see what a second worker brings (`bench.turns.scale` measures it)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SetUp:
    """So many workers on so many processor cores together.

    `alone` says that citizens and databases may use every core of the machine; else they are on
    those of the workers too, as on a machine that has no more.
    """

    workers: int
    cores: int
    alone: bool = True

    @property
    def name(self) -> str:
        """As it stands in reports: "2/2", or "1/1, all on it"."""
        return f"{self.workers}/{self.cores}" + ("" if self.alone else ", all on it")


ONE = SetUp(1, 1)
ONE_MACHINE = SetUp(1, 1, alone=False)
TWO = SetUp(2, 2)
MEASURED = (ONE, ONE_MACHINE, SetUp(1, 2), TWO)
