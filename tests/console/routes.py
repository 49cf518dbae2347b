"""All routes of the console with who may open them: the table of the test, and how to print it.

.venv/bin/python tests/console/routes.py            the routes x roles as a table
.venv/bin/python tests/console/routes.py --missing  lines for rights.yml that are not there yet
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from bot.console.page import Page
from bot.console.sections import SECTIONS
from bot.staff.roles import ROLES

TABLE = Path(__file__).with_name("rights.yml")
EVERYONE, SIGNED_IN = "iedereen", "aangemeld"


def name(page: Page) -> str:
    """The route as the table calls it."""
    return f"{page.method} {page.path}"


def pages() -> dict[str, Page]:
    """Every page of every section, by its name in the table."""
    return {name(page): page for section in SECTIONS for page in section.pages()}


def table() -> dict[str, list[str] | str]:
    """The table as it is written: route -> roles, or `iedereen`, or `aangemeld`."""
    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


def allowed(entry: list[str] | str, role: str | None) -> bool:
    """Whether the table lets this role (None: nobody logged in) open the route."""
    if entry == EVERYONE:
        return True
    if role is None:
        return False
    return entry == SIGNED_IN or role in entry


def line(page: Page) -> str:
    """What the code says of this page now; look whether that is what you mean."""
    if page.is_open:
        who = EVERYONE
    elif page.right is None:
        who = SIGNED_IN
    else:
        who = f"[{', '.join(role for role in ROLES if page.right in ROLES[role])}]"
    return f'"{name(page)}": {who}'


def matrix() -> str:
    """The table as Markdown."""
    columns = ["niemand", *ROLES]
    rows = [f"| route | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for route, entry in table().items():
        marks = ["x" if allowed(entry, role) else " " for role in (None, *ROLES)]
        rows.append(f"| `{route}` | {' | '.join(marks)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    if "--missing" in sys.argv:
        known = table()
        print("\n".join(line(page) for route, page in pages().items() if route not in known))
    else:
        print(matrix())
