"""Writes what the product is made of to var/sbom/, as CycloneDX, checked against its schema.

Three files: what runs in Rasa's Python, what runs in the newest one, and what the widget carries to
the browser. The environments also hold tools of developers: only what the lock of an installation
pins is written, and all of that.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locks import RASA_LOCK, ROOT, WEB_LOCK, normal, pins

FOLDER = ROOT / "var" / "sbom"
ENVIRONMENTS = {"rasa": (".venv", RASA_LOCK), "web": (".venv-modern", WEB_LOCK)}


class SbomError(Exception):
    """The file would not be true or not be valid; the message (Dutch) says what is wrong."""


def only_locked(bom: dict[str, Any], locked: Mapping[str, str]) -> dict[str, Any]:
    """The same inventory without what the lock does not pin.

    Raises:
        SbomError: the environment lacks a package of the lock, or has another version of it.
    """
    here = {normal(item["name"]): item for item in bom["components"]}
    versions = {name: item["version"] for name, item in here.items() if name in locked}
    if versions != dict(locked):
        wrong = sorted(n for n in locked if versions.get(n) != locked[n])
        raise SbomError(f"De omgeving is niet die van het slot: {', '.join(wrong)}")
    kept = {here[name]["bom-ref"] for name in locked}
    root = bom["metadata"]["component"]["bom-ref"]
    edges = [
        {**edge, "dependsOn": [ref for ref in edge.get("dependsOn", []) if ref in kept]}
        for edge in bom["dependencies"]
        if edge["ref"] in kept | {root}
    ]
    components = [item for item in bom["components"] if item["bom-ref"] in kept]
    return {**bom, "components": components, "dependencies": edges}


def check(text: str) -> None:
    """Checks an inventory against the schema of the version that it says it has.

    Raises:
        SbomError: it is not valid.
    """
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    if error := JsonStrictValidator(version).validate_str(text):
        raise SbomError(f"Geen geldige CycloneDX: {error}")


def of_python(environment: Path, lock: str) -> str:
    """The inventory of one lock, as installed in an environment."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-format", "JSON"]
    command += ["--pyproject", "pyproject.toml", "--mc-type", "application"]
    command += ["--output-reproducible", str(environment / "bin" / "python")]
    return json.dumps(only_locked(json.loads(_run(command, ROOT)), pins(lock)), indent=2)


def of_widget() -> str:
    """The inventory of what the widget carries to the browser."""
    command = ["npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"]
    return _run(command, ROOT / "bot" / "widget")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SbomError(f"{command[0]} is mislukt: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Writes the three files and returns the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        files = {name: of_python(ROOT / venv, lock) for name, (venv, lock) in ENVIRONMENTS.items()}
        files["widget"] = of_widget()
        for name, text in files.items():
            check(text)
            path = FOLDER / f"startwijzer-{name}.cdx.json"
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {len(json.loads(text)['components'])} onderdelen")
    except SbomError as error:
        print(f"FOUT: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
