"""The fixed vocabulary: phases, needs, providers, situations and intents of `data/taxonomy.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.content import DATA, read_yaml


@dataclass(frozen=True)
class Need:
    """A need of an entrepreneur, with the phases in which it plays."""

    label: str
    phases: tuple[str, ...]


@dataclass(frozen=True)
class Intent:
    """A subject that the bot recognises; `phase` and `need` where the subject has them."""

    label: str
    group: str
    phase: str | None
    need: str | None

    @property
    def is_topic(self) -> bool:
        """A subject of its own, not a move in the conversation such as yes or goodbye."""
        return self.group != "gesprek"


@dataclass(frozen=True)
class Taxonomy:
    """Identifiers with their Dutch labels."""

    phases: Mapping[str, str]
    providers: Mapping[str, str]
    target_groups: Mapping[str, str]
    needs: Mapping[str, Need]
    intents: Mapping[str, Intent]


@lru_cache
def taxonomy() -> Taxonomy:
    """The vocabulary, read once a process."""
    data = read_yaml(DATA / "taxonomy.yml")
    return Taxonomy(
        phases=data["phases"],
        providers=data["providers"],
        target_groups=data["target_groups"],
        needs={
            name: Need(need["label"], tuple(need["phases"])) for name, need in data["needs"].items()
        },
        intents={
            name: Intent(i["label"], i["group"], i.get("phase"), i.get("need"))
            for name, i in data["intents"].items()
        },
    )
