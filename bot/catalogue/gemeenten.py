"""The gemeenten that exist, from the same list by which the bot recognises them."""

from __future__ import annotations

from functools import lru_cache

from bot.content import DATA, read_yaml


@lru_cache
def names() -> frozenset[str]:
    """The names of all gemeenten, as people call them."""
    return frozenset(
        item["value"] for item in read_yaml(DATA / "entities" / "gemeenten.yml")["values"]
    )
