"""The basket as a patch of Rasa's training data that `git apply` accepts; nothing goes live by it.

Every example goes to the end of the file of its intent, in the style of that file. Where it comes
from goes to `data/provenance/nlu.yml`, outside the folder that Rasa reads: the day on which it was
said and who decided, but not which conversation.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.content import read_yaml
from bot.review.checks import Checked
from bot.settings import ROOT

NLU = "data/nlu"
PROVENANCE = "data/provenance/nlu.yml"
PROVENANCE_HEAD = """\
# Where examples in data/nlu come from that staff took from conversations: the day on which a
# citizen said it, what the bot made of it then, who decided what it meant, and when.
"""
# The last example of a file, with the space before it.
EXAMPLE = re.compile(r"^(?P<indent>[ ]+)- \S")


class PatchError(Exception):
    """A file of the training data is not as expected; the message (Dutch) says which."""


@dataclass(frozen=True)
class Patch:
    """A patch: its text, and the files as they become, by their path from the root."""

    text: str
    files: dict[str, str] = field(default_factory=dict)
    corrections: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to learn."""
        return not self.files


def make(checked: Sequence[Checked], day: date, root: Path = ROOT) -> Patch:
    """The patch of everything that passed its checks.

    Raises:
        PatchError: a file of the training data is not as expected.
    """
    accepted = [one for one in checked if one.goes_in]
    lines: dict[str, list[str]] = defaultdict(list)
    for one in accepted:
        lines[f"{NLU}/{one.item.correction.intent}.yml"].append(one.line)
    files = {}
    for path, examples in sorted(lines.items()):
        files[path] = with_examples(_read(root / path), examples, path)
    if not files:
        return Patch("")
    before = (root / PROVENANCE).read_text() if (root / PROVENANCE).exists() else ""
    files[PROVENANCE] = (before or PROVENANCE_HEAD) + "".join(_provenance(one) for one in accepted)
    pieces = [_header(accepted, day)]
    for path, text in files.items():
        pieces.append(_diff(path, _read(root / path) if (root / path).exists() else None, text))
    return Patch("".join(pieces), files, tuple(one.item.correction.id for one in accepted))


def with_examples(text: str, examples: Sequence[str], path: str) -> str:
    """The file with the examples behind its last one, and everything else as it is.

    Raises:
        PatchError: there is no list of examples in it.
    """
    lines = text.splitlines(keepends=True)
    last = next((n for n in reversed(range(len(lines))) if EXAMPLE.match(lines[n])), None)
    if last is None:
        raise PatchError(f"In {path} staat geen lijst met voorbeelden.")
    found = EXAMPLE.match(lines[last])
    indent = found["indent"] if found else ""
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    new = [f"{indent}- {example}\n" for example in examples]
    return "".join([*lines[: last + 1], *new, *lines[last + 1 :]])


def write(patch: Patch, root: Path) -> None:
    """Applies the patch to a copy of the data below `root`."""
    for path, text in patch.files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def provenance(root: Path = ROOT) -> list[dict[str, str]]:
    """Where examples come from, as far as that was kept."""
    path = root / PROVENANCE
    return list(read_yaml(path) or ()) if path.exists() else []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise PatchError(f"Ik kan {path.name} niet lezen: {error.strerror}.") from error


def _header(accepted: Sequence[Checked], day: date) -> str:
    """Who made what and how to use it; git skips what stands before the first file."""
    counts = Counter(one.item.correction.intent or "" for one in accepted)
    reviewers = sorted({one.item.by for one in accepted})
    number = f"{len(accepted)} voorbeeld" + ("en" if len(accepted) > 1 else "")
    lines = [
        f"Startwijzer: {number} uit gesprekken, gemaakt op {day.isoformat()}",
        f"Beoordeeld door: {', '.join(_one_line(name) for name in reviewers)}",
        *(f"  {intent}: {number}" for intent, number in sorted(counts.items())),
        "Toepassen: git apply --check BESTAND && git apply BESTAND; daarna startwijzer train",
    ]
    return "".join(f"{line}\n" for line in lines) + "\n"


def _provenance(one: Checked) -> str:
    correction = one.item.correction
    facts = {
        "example": one.line,
        "intent": correction.intent,
        "said_on": one.item.said_on.isoformat(),
        "understood_as": correction.understood_as,
        "reviewer": one.item.by,
        "decided_on": correction.at.date().isoformat(),
    }
    # A JSON string is a YAML string, whatever stands in it.
    rows = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in facts.items()]
    return "- " + "\n  ".join(rows) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _diff(path: str, before: str | None, after: str) -> str:
    old = f"a/{path}" if before is not None else "/dev/null"
    mode = "new file mode 100644\n" if before is None else ""
    lines = difflib.unified_diff(
        (before or "").splitlines(keepends=True), after.splitlines(keepends=True), old, f"b/{path}"
    )
    # Of a line without an end of line, git wants to hear so.
    body = [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    ]
    return f"diff --git a/{path} b/{path}\n{mode}" + "".join(body)
