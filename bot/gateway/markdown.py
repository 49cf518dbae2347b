"""Markdown of the bot as safe HTML: paragraphs, lists, bold, italics and links, nothing else.

Two walls: the parser knows no raw HTML and no other links than those below, and what it makes is
cleaned by a sanitiser that allows only what is listed here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Final

import nh3
from markdown_it import MarkdownIt

from bot.privacy.detect import TOKEN

TAGS: Final = frozenset(["p", "br", "strong", "em", "ul", "ol", "li", "a"])
SCHEMES: Final = frozenset(["http", "https", "tel", "mailto"])
SAFE_LINK = re.compile(r"(?:https?://[^/\s]|tel:|mailto:)\S*", re.IGNORECASE)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True})
    parser.enable(["list", "newline", "escape", "emphasis", "link"])
    # A link that leads elsewhere stays the text that it was written as.
    parser.validateLink = _is_safe  # type: ignore[method-assign]
    return parser


def _is_safe(url: str) -> bool:
    return SAFE_LINK.fullmatch(url) is not None


_PARSER = _parser()
# The bot says the same words to many people; parsing them takes a millisecond.
REMEMBERED: Final = 1_000


def render(text: str, details: dict[str, str]) -> str:
    """The text as HTML.

    Args:
        details: what replaces each token (`[telefoon:1]`) in the text; plain text, never Markdown.
    """
    return TOKEN.sub(lambda match: escape(details.get(match.group(), match.group())), _clean(text))


@lru_cache(maxsize=REMEMBERED)
def _clean(text: str) -> str:
    """The HTML with its tokens still in place, so nothing of anyone is remembered."""
    return nh3.clean(
        _PARSER.render(text),
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes=set(SCHEMES),
        attribute_filter=_only_safe,
        link_rel=None,
    ).strip()


def _only_safe(tag: str, attribute: str, value: str) -> str | None:
    return value if _is_safe(value) else None
