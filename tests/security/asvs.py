"""The checklist of ASVS 4.0.3, level 2, as it is kept, and as a table for people.

.venv/bin/python tests/security/asvs.py > docs/asvs.md
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "data" / "security" / "asvs.yml"
PAGE = ROOT / "docs" / "asvs.md"
STATES = {"met": "met", "not_applicable": "n/a", "open": "**open**"}
# The items of each section by their level, in order; "-" is one of level 3, or a deleted one.
# From the list of OWASP (github.com/OWASP/ASVS, folder 4.0, English).
LEVELS = {
    "1.1": "2222222",
    "1.2": "2222",
    "1.4": "2--22",
    "1.5": "2222",
    "1.6": "2222",
    "1.7": "22",
    "1.8": "22",
    "1.9": "22",
    "1.10": "2",
    "1.11": "22",
    "1.12": "-2",
    "1.14": "222222",
    "2.1": "111111111111",
    "2.2": "111",
    "2.3": "122",
    "2.4": "22222",
    "2.5": "1111112",
    "2.6": "222",
    "2.7": "111122",
    "2.8": "1222222",
    "2.9": "222",
    "2.10": "2222",
    "3.1": "1",
    "3.2": "1112",
    "3.3": "1122",
    "3.4": "11111",
    "3.5": "222",
    "3.7": "1",
    "4.1": "111-1",
    "4.2": "11",
    "4.3": "112",
    "5.1": "11111",
    "5.2": "11111111",
    "5.3": "1111111111",
    "5.4": "222",
    "5.5": "1111",
    "6.1": "222",
    "6.2": "122222",
    "6.3": "22",
    "6.4": "22",
    "7.1": "1122",
    "7.2": "22",
    "7.3": "2-22",
    "7.4": "122",
    "8.1": "2222",
    "8.2": "111",
    "8.3": "11112222",
    "9.1": "111",
    "9.2": "2222",
    "10.2": "22",
    "10.3": "111",
    "11.1": "11111222",
    "12.1": "122",
    "12.2": "2",
    "12.3": "111112",
    "12.4": "11",
    "12.5": "11",
    "12.6": "1",
    "13.1": "1-122",
    "13.2": "111-22",
    "13.3": "12",
    "13.4": "22",
    "14.1": "2222",
    "14.2": "111222",
    "14.3": "-11",
    "14.4": "1111111",
    "14.5": "1112",
}
CHAPTERS = {
    1: "Architecture",
    2: "Logging in",
    3: "Sessions",
    4: "Access",
    5: "Input and output",
    6: "Cryptography",
    7: "Errors and logs",
    8: "Data",
    9: "Connections",
    10: "Malicious code",
    11: "Business logic",
    12: "Files",
    13: "API",
    14: "Configuration",
}
INTRODUCTION = """\
# ASVS 4.0.3, level 2

Every item of levels 1 and 2 of the OWASP Application Security Verification Standard 4.0.3, in our
own words; the numbers are those of the standard. It is our own judgement, nobody else has checked
it. What is met names the test or the place that shows it (tests without `tests/` and `test_`); for
what is open or does not apply there is the reason. Made from `data/security/asvs.yml` by
`.venv/bin/python tests/security/asvs.py`; a test fails when an item, a test or a place is missing.
"""


@dataclass(frozen=True)
class Item:
    """One item: `subject` is what should be so, `by` the tests and places that show it is."""

    number: str
    level: int
    subject: str
    status: str
    by: tuple[str, ...]
    note: str


def levels():
    """Level by number of the item, of everything in levels 1 and 2."""
    return {
        f"{section}.{place}": int(level)
        for section, row in LEVELS.items()
        for place, level in enumerate(row, 1)
        if level != "-"
    }


def items():
    """The checklist as it is kept."""
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [
        Item(
            str(number),
            entry["level"],
            entry["subject"],
            entry["status"],
            tuple(entry.get("by", ())),
            entry.get("note", ""),
        )
        for number, entry in found["items"].items()
    ]


def page():
    """The table for people."""
    found = items()
    lines = [INTRODUCTION, "| | level 1 | level 2 |", "|---|---|---|"]
    count = Counter((item.status, item.level) for item in found)
    for status, name in STATES.items():
        lines.append(f"| {name} | {count[status, 1]} | {count[status, 2]} |")
    chapter = 0
    for item in found:
        if int(item.number.split(".")[0]) != chapter:
            chapter = int(item.number.split(".")[0])
            lines += ["", f"## V{chapter} {CHAPTERS[chapter]}", ""]
            lines += ["| item | level | what should be so | status | shown by, or why |"]
            lines += ["|---|---|---|---|---|"]
        why = "<br>".join(filter(None, [*(f"`{_short(place)}`" for place in item.by), item.note]))
        state = STATES[item.status]
        lines.append(f"| V{item.number} | {item.level} | {item.subject} | {state} | {why} |")
    return "\n".join(lines) + "\n"


def _short(place):
    return place.removeprefix("tests/").replace("/test_", "/").replace("::test_", "::")


if __name__ == "__main__":
    print(page(), end="")
