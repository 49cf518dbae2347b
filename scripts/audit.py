"""Compares the known vulnerabilities of all that is locked with data/security/vulnerabilities.yml.

pip-audit and npm ask their registries. What either finds and the list does not explain, what was
looked at too long ago, what is no longer locked, and above all a registry that gives no answer make
the audit fail: a question that nobody answered is not a clean result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from locks import NPM_FOLDERS, PYTHON_LOCKS, ROOT, normal, pins
from ruamel.yaml import YAML

LIST = ROOT / "data" / "security" / "vulnerabilities.yml"
# A choice: Rasa changes no more, but what attackers can do with its libraries does.
LOOK_AGAIN_AFTER_DAYS = 90
Source: TypeAlias = "Callable[[Path, Iterable[str]], Iterator[Finding]]"


class Unanswered(Exception):
    """A registry did not say whether there are vulnerabilities; the message (Dutch) says why."""


@dataclass(frozen=True)
class Finding:
    """A vulnerability that a registry knows in a locked package, under all of its names."""

    package: str
    ids: frozenset[str]
    where: str


@dataclass(frozen=True)
class Known:
    """One explained vulnerability of the list."""

    package: str
    version: str
    ids: frozenset[str]
    checked: date


def read(path: Path = LIST) -> list[Known]:
    """The list of explained vulnerabilities."""
    found = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["vulnerabilities"]
    return [
        Known(
            normal(item["package"]),
            item["version"],
            frozenset([item["id"], *item.get("aliases", ())]),
            item["checked"],
        )
        for item in found
    ]


def problems(
    findings: Iterable[Finding], known: Iterable[Known], locked: set[tuple[str, str]], today: date
) -> list[str]:
    """What has to be done before the audit is clean, in Dutch; empty when nothing.

    Args:
        findings: what the registries reported.
        known: the list.
        locked: every package with a version in which it is locked.
        today: the day on which the audit runs.
    """
    known = list(known)
    explained = {(item.package, name) for item in known for name in item.ids}
    said = {
        f"Niet in de lijst: {', '.join(sorted(found.ids))} in {found.package} ({found.where})"
        for found in findings
        if not any((found.package, name) in explained for name in found.ids)
    }
    for item in known:
        name = f"{min(item.ids)} in {item.package} {item.version}"
        if (item.package, item.version) not in locked:
            said.add(f"Staat niet meer vast in deze versie, dus weg ermee: {name}")
        if (today - item.checked).days > LOOK_AGAIN_AFTER_DAYS:
            said.add(f"Langer dan {LOOK_AGAIN_AFTER_DAYS} dagen niet bekeken: {name}")
    return sorted(said)


def python_findings(lock: Path, arguments: Iterable[str] = ()) -> Iterator[Finding]:
    """What pip-audit reports of one lock.

    Raises:
        Unanswered: it gave no report, or left a package out of it.
    """
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps"]
    command += ["--format", "json", "--progress-spinner", "off", "--aliases", "on"]
    report = _report([*command, "--requirement", str(lock), *arguments], lock.parent, lock.name)
    for item in report.get("dependencies", []):
        # To pip-audit, a service that does not know the package is no reason to fail.
        if "skip_reason" in item:
            raise Unanswered(f"{lock.name}: {item['skip_reason']}")
        for found in item["vulns"]:
            ids = frozenset([found["id"], *found["aliases"]])
            yield Finding(normal(item["name"]), ids, f"{lock.name}, {item['version']}")
    if len(report.get("dependencies", [])) < len(pins(lock.name, lock.parent)):
        raise Unanswered(f"{lock.name}: niet over elk pakket kwam een antwoord")


def npm_findings(folder: Path, arguments: Iterable[str] = ()) -> Iterator[Finding]:
    """What npm reports of the lock in one folder.

    Raises:
        Unanswered: the registry gave no report.
    """
    command = ["npm", "audit", "--json", "--package-lock-only", *arguments]
    report = _report(command, folder, folder.name)
    if "vulnerabilities" not in report:
        raise Unanswered(f"{folder.name}: {report.get('message', 'npm gaf geen verslag')}")
    for item in report["vulnerabilities"].values():
        for cause in item["via"]:
            if isinstance(cause, dict):  # otherwise the name of another vulnerable package
                ids = frozenset([cause["url"].rsplit("/", 1)[-1]])
                yield Finding(cause["name"], ids, f"{folder.name}, {cause['range']}")


def _report(command: list[str], folder: Path, name: str) -> dict[str, Any]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = None
    if not isinstance(report, dict):
        words = done.stderr.strip().splitlines() or ["geen uitvoer"]
        raise Unanswered(f"{name}: {words[-1]}")
    return report


def _locked() -> set[tuple[str, str]]:
    found = {pin for lock in PYTHON_LOCKS for pin in pins(lock).items()}
    for folder in NPM_FOLDERS:
        lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
        for path, item in lock["packages"].items():
            found.add((path.rpartition("node_modules/")[2], item.get("version", "")))
    return found


def main() -> int:
    """Runs the audit, says what it found, and returns the exit code."""
    # Where a gemeente has a service of its own: `--osv-url ...`, `--registry ...`.
    for_pip = os.environ.get("AUDIT_PIP_ARGS", "").split()
    for_npm = os.environ.get("AUDIT_NPM_ARGS", "").split()
    findings: list[Finding] = []
    unanswered: list[str] = []
    sources: list[tuple[Source, Path, list[str]]]
    sources = [(python_findings, ROOT / lock, for_pip) for lock in PYTHON_LOCKS]
    sources += [(npm_findings, ROOT / folder, for_npm) for folder in NPM_FOLDERS]
    for ask, what, arguments in sources:
        try:
            findings += ask(what, arguments)
        except Unanswered as error:
            unanswered.append(str(error))
    known = read()
    todo = problems(findings, known, _locked(), date.today())
    for line in todo:
        print(f"  {line}")
    for line in unanswered:
        print(f"  GEEN ANTWOORD  {line}")
    if unanswered:
        print(
            f"\nFOUT: {len(unanswered)} van de {len(sources)} vragen zijn niet beantwoord. "
            "Er kunnen kwetsbaarheden zijn die nu niemand ziet. "
            "Draai dit waar de registers bereikbaar zijn."
        )
        return 2
    print(f"{len(findings)} meldingen, {len(known)} in de lijst, {len(todo)} te doen")
    return 1 if todo else 0


if __name__ == "__main__":
    raise SystemExit(main())
