"""The words around choices in WhatsApp, and their short names (`data/whatsapp/outbound.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate

WORDING = DATA / "whatsapp" / "outbound.yml"


@dataclass(frozen=True)
class Wording:
    """What stands around choices; `short` has a name of at most 20 characters for a longer one.

    `more` is the text above a further page of choices, with `{page}` and `{pages}`.
    """

    list_button: str
    section: str
    choose: str
    more: str
    numbers: str
    short: Mapping[str, str]


def load_wording(path: Path = WORDING) -> Wording:
    """Reads the words.

    Raises:
        ContentError: with every mistake in the file.
    """
    data: Any = read_yaml(path)
    problems = validate(data, "whatsapp_outbound", name_of(path))
    if not problems and "{" in data["more"].replace("{page}", "").replace("{pages}", ""):
        problems = [Problem(name_of(path), "", "more", "alleen {page} en {pages} worden ingevuld")]
    if problems:
        raise ContentError(problems)
    return Wording(**data)


@lru_cache
def wording() -> Wording:
    """The words of this installation, read once."""
    return load_wording()
