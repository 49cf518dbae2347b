"""`python -m bench.privacy [SET ...]`: what is masked of each kind, as a table in markdown.

A set is `development` (the default), `blind` or a file of the same form.
"""

from __future__ import annotations

import sys

from bench.privacy.score import score, sentences


def main(sets: list[str]) -> None:
    """Prints the table of each set, with everything that was missed or masked for nothing."""
    for name in sets or ["development"]:
        rows = sentences(name)
        without = sum(not row["details"] for row in rows)
        print(f"{name}: {len(rows)} sentences, of which {without} without a detail\n")
        print(score(rows), end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
