"""Numbers by which somebody chooses: "2", "twee", "nummer 2", "de tweede"."""

from __future__ import annotations

import re

WORDS = (
    *("een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien"),
    *("elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien"),
    *("negentien", "twintig"),
)
ORDINALS = (
    *("eerste", "tweede", "derde", "vierde", "vijfde", "zesde", "zevende", "achtste", "negende"),
    "tiende",
)
BEFORE = re.compile(r"^(?:(?:nummer|nr|optie|keuze|antwoord|de|het)\b[ .:]*)+")
# What a phone makes of a digit that is sent as a picture.
KEYCAP = re.compile("[\ufe0f\u20e3]")


def number_in(text: str) -> int | None:
    """The number that the whole text is, from 1, or None when it says anything else."""
    said = KEYCAP.sub("", text).casefold().replace("é", "e").strip(" \t\n.!)(:'\"")
    said = BEFORE.sub("", said)
    if match := re.fullmatch(r"([0-9]{1,3})(?:e|de|ste)?", said):
        return int(match.group(1)) or None
    for names in (WORDS, ORDINALS):
        if said in names:
            return names.index(said) + 1
    return None
