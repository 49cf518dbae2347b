"""The entry of one gemeente for the Algoritmeregister (publicatiestandaard 1.0).

The standard, field by field: https://github.com/MinBZK/Algoritmeregister-Publicatiestandaard. What
the register itself accepts is in `data/schemas/algoritmeregister.json`, with its source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.content import DATA, ContentError, name_of, read_yaml, validate
from bot.privacy.datamap import fill_terms
from bot.settings import Settings

TEMPLATE = DATA / "privacy" / "algoritmeregister.yml"
SCHEMA = "algoritmeregister"
STANDARD = "1.0"
# ISO 639-3, the one language that the register takes.
LANGUAGE = "nld"


def entry(
    settings: Settings,
    organisation: str,
    contact: str,
    given: Mapping[str, str] | None = None,
    path: Path = TEMPLATE,
) -> dict[str, Any]:
    """The entry as the register takes it.

    Args:
        organisation: full name, as in the list of TOOI: "Gemeente Assen".
        contact: e-mail address or page (https) for questions about the algorithm.
        given: more fields of the standard, in place of those of the template; empty ones are left.

    Raises:
        ContentError: the register would refuse it; says why.
    """
    content = {
        name: _filled(value, settings, organisation) for name, value in read_yaml(path).items()
    }
    found = {
        **content,
        "organization": organisation,
        "contact_email": contact,
        "status": "In gebruik" if settings.production else "In ontwikkeling",
        "source_id": f"startwijzer-{_plain(organisation)}",
        "lang": LANGUAGE,
        "standard_version": STANDARD,
        **{name: value for name, value in (given or {}).items() if value},
    }
    problems = validate(found, SCHEMA, name_of(path), organisation)
    if problems:
        raise ContentError(problems)
    return found


def _filled(value: Any, settings: Settings, organisation: str) -> Any:
    if not isinstance(value, str):
        return value
    return fill_terms(value.strip().replace("{organisatie}", organisation), settings)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
