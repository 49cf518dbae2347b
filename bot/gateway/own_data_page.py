"""What is kept of a conversation as a page that people can read and print; without any script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from bot.gateway import markdown
from bot.privacy.access import LINK_TERM
from bot.privacy.datamap import in_words
from bot.referral.message import moment_in_words

TEMPLATES: Final = Path(__file__).parent / "templates"
# The style stands in the page, so that it stays readable as a saved file.
STYLE: Final = (TEMPLATES / "own_data.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing but this one style, by its hash; nothing runs, and nothing is fetched.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
SECTIONS: Final = {
    "gesprek": "Over het gesprek",
    "aantallen": "Hoeveel er bewaard is",
    "berichten": "De berichten",
    "uitslagen": "Uitslagen en plannen",
    "begrepen": "Wat de bot begreep",
    "onthouden": "Wat de bot onthield",
    "overig": "Wat er verder bewaard is",
    "rechten": "Je rechten",
}
# What someone thought of an answer, or of the conversation (`bot.conversations.ratings`).
RATINGS: Final = {
    "up": "duim omhoog",
    "down": "duim omlaag",
    "yes": "ja",
    "partly": "een beetje",
    "no": "nee",
    None: "niets",
}


def render(found: Mapping[str, Any], download: str) -> str:
    """The page, in Dutch; everything of the citizen in it is escaped.

    Args:
        found: what `bot.privacy.access.of_the_conversation` gives.
        download: the address of the same as JSON.
    """
    return _template().render(
        found=found,
        download=download,
        sections=SECTIONS,
        ratings=RATINGS,
        style=Markup(STYLE),  # noqa: S704 - our own file
        term=in_words(LINK_TERM),
    )


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["markdown"] = _markdown
    return environment.get_template("own_data.html")


def _markdown(text: str) -> Markup:
    """What the bot said, as the chat shows it: `bot.gateway.markdown` cleans it."""
    return Markup(markdown.render(text, {}))  # noqa: S704


def _moment(value: Any) -> str:
    """A moment (ISO 8601 with its zone) in Dutch words; anything else as it is."""
    text = str(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment_in_words(moment) if moment.tzinfo else text
