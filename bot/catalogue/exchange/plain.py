"""Foreign text as plain text: markup, control characters and invisible characters are taken out.

Samenwerkende Catalogi (IPM 4.0 version 2.01, par. 3.2) allows no markup in metadata, and the
national catalogue gives `productHTML` back escaped up to three times (its example of an SRU
answer), so every text is unescaped and stripped until nothing of markup is left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Literal

Kind = Literal["heading", "item", "text"]

# Deeper escaping than this is no accident; then every character that could be markup is dropped.
MOST_ROUNDS = 5
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
ITEMS = frozenset(["li", "dd"])
BLOCKS = (
    HEADINGS
    | ITEMS
    | frozenset(["address", "article", "aside", "blockquote", "br", "caption", "div", "dl", "dt"])
    | frozenset(["fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend"])
    | frozenset(["main", "nav", "ol", "option", "p", "pre", "section", "table", "tbody", "td"])
    | frozenset(["tfoot", "th", "thead", "tr", "ul"])
)
# What stands in these is for a machine.
UNSEEN = frozenset(["script", "style"])

# Controls that are no white space (Cc); format characters such as the zero-width space and the
# right-to-left override (Cf); letters without a shape; halves of a character (Cs); private use
# (Co); noncharacters. As ranges, so that every version of Unicode gives the same text.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    "\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0xF0000, 0x10000))
    + "]"
)
_MARKUP = re.compile(r"<[A-Za-z/!?]|&(?:#\d|#[xX][0-9A-Fa-f]|[A-Za-z][A-Za-z0-9]*;)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARATION = re.compile(r"<[!?][^<>]*>?")
_LONE = re.compile(r"<(?=[A-Za-z/!?])(?![^<>]*>)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Line:
    """A line of text: a heading, an item of a list, or other text; never empty."""

    kind: Kind
    text: str


def plain(value: str) -> str:
    """The text on one line: no markup, no characters that are not seen, single spaces.

    What is plain already comes back as it is.
    """
    return " ".join(line.text for line in lines(value))


def lines(value: str) -> list[Line]:
    """The lines of a text that may hold HTML, as someone would see them."""
    return _lines(value, MOST_ROUNDS)


def visible(value: str) -> str:
    """The text without control characters, and without characters that only hide or turn text.

    What is left can stand in XML 1.0 (par. 2.2) and in UTF-8.
    """
    return _INVISIBLE.sub("", value)


def _lines(value: str, rounds: int) -> list[Line]:
    seen = visible(value)
    if not _MARKUP.search(seen):
        text = _SPACE.sub(" ", seen).strip()
        return [Line("text", text)] if text else []
    if not rounds:
        return _lines(re.sub("[<>&]", " ", seen), 0)
    found: list[Line] = []
    for line in _parsed(seen):
        inner = _lines(line.text, rounds - 1)
        if line.kind == "text":
            found += inner
        elif inner:
            found.append(Line(line.kind, " ".join(part.text for part in inner)))
    return found


def _parsed(value: str) -> list[Line]:
    """The lines of HTML after one round; its entities are still to be looked at again.

    Before the parser sees it, comments and declarations are gone, and a `<` that opens no tag has
    a space after it (`x <y` is text): each of those can make the parser of the standard library
    read the rest of the text again and again (CVE-2025-6069), or stop at a declaration.
    """
    if "<" not in value:
        return [Line("text", unescape(value))]
    value = _DECLARATION.sub(" ", _COMMENT.sub(" ", value))
    parser = _Reader()
    parser.feed(_LONE.sub("< ", value))
    parser.close()
    return parser.result()


class _Reader(HTMLParser):
    """Collects the text of HTML by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._found: list[Line] = []
        self._parts: list[str] = []
        self._kind: Kind = "text"
        self._unseen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins a line where someone would see one begin."""
        if tag in UNSEEN:
            self._unseen = tag
        elif tag in BLOCKS:
            self._break()
            if tag in HEADINGS:
                self._kind = "heading"
            elif tag in ITEMS:
                self._kind = "item"

    def handle_endtag(self, tag: str) -> None:
        """Ends the line of a block."""
        if tag == self._unseen:
            self._unseen = None
        elif tag in BLOCKS:
            self._break()
            if tag in HEADINGS or tag in ITEMS:
                self._kind = "text"

    def handle_data(self, data: str) -> None:
        """Keeps what is seen."""
        if not self._unseen:
            self._parts.append(data)

    def result(self) -> list[Line]:
        """All lines."""
        self._break()
        return self._found

    def _break(self) -> None:
        text = "".join(self._parts)
        if text.strip():
            self._found.append(Line(self._kind, text))
            self._kind = "text"
        self._parts = []
