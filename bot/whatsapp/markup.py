"""Markdown in WhatsApp's own way of writing: *bold*, _italic_, lists, and addresses in full.

WhatsApp has no escape character. So a mark in somebody else's text that would begin or end a
formatting becomes a character that looks the same and does nothing.

While a text is being cut the marks are characters of the private-use area, so that a cut within
bold text can be mended (`finish`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

BOLD, END_BOLD, ITALIC, END_ITALIC = "\ue000", "\ue001", "\ue002", "\ue003"
MARKS = {BOLD: "*", END_BOLD: "*", ITALIC: "_", END_ITALIC: "_"}
PAIRS = ((BOLD, END_BOLD), (ITALIC, END_ITALIC))
# What `finish` may add to a part: both pairs, at both ends.
RESERVED = 4
# What the web chat reads as Markdown too (bot/gateway/markdown.py), and nothing else.
RULES = ("list", "newline", "escape", "emphasis", "link")
MARKDOWN = MarkdownIt("zero", {"breaks": True}).enable(list(RULES))

ADDRESS = re.compile(r"(https?://\S+)")
FORMATTING = re.compile(r"[*_~]+|`+|^>(?= )", re.MULTILINE)
LOOK_ALIKE = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", ">": "›"})
NOT_PRINTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\ue003\ufffe\uffff]")


@dataclass
class Run:
    """A piece of text in one style; `raw` is an address, which stays as it is."""

    text: str
    bold: bool = False
    italic: bool = False
    raw: bool = False


def clean(text: str) -> str:
    """The text without control characters, half characters, and our own marks."""
    return NOT_PRINTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: str) -> str:
    """Text that is no Markdown (from outside), so that WhatsApp formats nothing in it."""
    pieces = ADDRESS.split(clean(text))
    pieces[::2] = [FORMATTING.sub(_defuse, piece) for piece in pieces[::2]]
    return "".join(pieces)


def to_whatsapp(markdown: str) -> str:
    """Markdown as WhatsApp text, with the marks of this module; see `finish`."""
    lines: list[str] = []
    depth, bullet, begins = 0, "", False
    for token in MARKDOWN.parse(clean(markdown)):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            begins = depth == 0
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            # A list may be the first thing in an item of another list.
            bullet += f"{token.info}. " if token.info else "- "
        elif token.type == "list_item_close" and bullet:  # an empty item
            lines.append("  " * (depth - 1) + bullet.rstrip())
            bullet = ""
        elif token.type == "inline":
            # Paragraphs have an empty line between them; items do not.
            if lines and (begins or not bullet):
                lines.append("")
            text = "  " * (depth - 1) + bullet + _inline(token)
            lines += text.split("\n")
            bullet, begins = "", False
    return "\n".join(lines).strip()


def finish(parts: Sequence[str]) -> list[str]:
    """The parts of one text as they are sent: formatting that a cut went through is mended.

    Each part becomes at most `RESERVED` longer.
    """
    finished = []
    still_open: list[tuple[str, str]] = []
    for part in parts:
        text = "".join(begin for begin, _ in still_open) + part
        still_open = [pair for pair in PAIRS if text.count(pair[0]) > text.count(pair[1])]
        text += "".join(end for _, end in reversed(still_open))
        for _ in PAIRS:
            for begin, end in PAIRS:
                text = text.replace(begin + end, "")
        finished.append("".join(MARKS.get(character, character) for character in text))
    return finished


def _inline(token: Token) -> str:
    runs: list[Run] = []
    strong, emphasis = 0, 0
    links: list[tuple[str, int]] = []
    for child in token.children or ():
        match child.type:
            case "strong_open":
                strong += 1
            case "strong_close":
                strong -= 1
            case "em_open":
                emphasis += 1
            case "em_close":
                emphasis -= 1
            case "link_open":
                links.append((str(child.attrGet("href") or ""), len(runs)))
            case "link_close":
                target, begin = links.pop()
                runs += _address(target, "".join(run.text for run in runs[begin:]))
            case "softbreak" | "hardbreak":
                runs.append(Run("\n"))
            case _:
                runs.append(Run(child.content, strong > 0, emphasis > 0))
    return _write(_merge(runs))


def _address(target: str, label: str) -> list[Run]:
    """What follows the words of a link, so that they say where it leads; nothing said twice."""
    scheme, _, rest = target.partition(":")
    if scheme in ("tel", "mailto"):
        shown = rest.partition("?")[0]
        same = _bare(shown) in _bare(label) if _bare(shown) else True
        return [] if same else [Run(": "), Run(shown, raw=True)]
    if label.strip() in (target, target.partition("://")[2]) and label.strip().startswith("http"):
        return []
    return [Run(": " if label.strip() else ""), Run(target, raw=True)]


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum() or c == "@")


def _merge(runs: Sequence[Run]) -> list[Run]:
    merged: list[Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and (last.bold, last.italic, last.raw) == (run.bold, run.italic, run.raw):
            last.text += run.text
        elif run.text:
            merged.append(run)
    return merged


def _write(runs: Sequence[Run]) -> str:
    written = ""
    for number, run in enumerate(runs):
        after = runs[number + 1].text[:1] if number + 1 < len(runs) else ""
        text = run.text if run.raw else plain(run.text)
        if run.bold or run.italic:
            # WhatsApp formats within one line only.
            lines = text.split("\n")
            text = "\n".join(
                _style(
                    line,
                    run,
                    written[-1:] if not index else "",
                    after if index == len(lines) - 1 else "",
                )
                for index, line in enumerate(lines)
            )
        written += text
    return written


def _style(line: str, run: Run, before: str, after: str) -> str:
    """The line with marks, unless WhatsApp would show them: next to a letter, or around nothing."""
    core = line.strip()
    if not core:
        return line
    begin, end = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    if (not begin and before.isalnum()) or (not end and after.isalnum()):
        return line
    if run.italic:
        core = f"{ITALIC}{core}{END_ITALIC}"
    if run.bold:
        core = f"{BOLD}{core}{END_BOLD}"
    return begin + core + end


def _defuse(match: re.Match[str]) -> str:
    marks, text = match.group(), match.string
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    begins = not before.isalnum() and bool(after) and not after.isspace()
    ends = not after.isalnum() and bool(before) and not before.isspace()
    if begins or ends or marks[0] in "`>":
        return marks.translate(LOOK_ALIKE)
    return marks
