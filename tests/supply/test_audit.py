"""The audit is clean only when every question was answered and every answer explained."""

from __future__ import annotations

import json
from datetime import date, timedelta

import audit
import pytest
from audit import Finding, Known, Unanswered, npm_findings, problems
from ruamel.yaml import YAML

TODAY = date(2026, 11, 22)
KNOWN = Known("keras", "2.12.0", frozenset({"CVE-1", "GHSA-1"}), TODAY)
LOCKED = {("keras", "2.12.0")}


def found(*ids, package="keras"):
    return Finding(package, frozenset(ids), "requirements.txt, 2.12.0")


def test_what_the_list_explains_is_no_problem():
    assert problems([found("PYSEC-1", "GHSA-1")], [KNOWN], LOCKED, TODAY) == []


def test_what_the_list_does_not_explain_is_a_problem():
    said = problems([found("CVE-2")], [KNOWN], LOCKED, TODAY)
    assert said == ["Niet in de lijst: CVE-2 in keras (requirements.txt, 2.12.0)"]


def test_the_same_name_in_another_package_is_not_explained():
    assert len(problems([found("CVE-1", package="skops")], [KNOWN], LOCKED, TODAY)) == 1


def test_an_item_of_90_days_old_counts_and_an_older_one_does_not():
    assert problems([], [KNOWN], LOCKED, TODAY + timedelta(days=90)) == []
    (said,) = problems([], [KNOWN], LOCKED, TODAY + timedelta(days=91))
    assert said.startswith("Langer dan 90 dagen niet bekeken: CVE-1")


def test_an_item_of_another_version_has_to_go():
    (said,) = problems([], [KNOWN], {("keras", "2.13.1")}, TODAY)
    assert said.startswith("Staat niet meer vast in deze versie")


def test_the_list_is_about_what_is_locked():
    known = audit.read()
    assert known
    assert problems([], known, audit._locked(), max(item.checked for item in known)) == []


def test_every_item_says_whether_it_can_be_reached_and_why():
    items = YAML(typ="safe").load(audit.LIST.read_text(encoding="utf-8"))["vulnerabilities"]
    for item in items:
        assert isinstance(item["reachable"], bool), item["id"]
        assert all(item[field].strip() for field in ("what", "why", "mitigation")), item["id"]
        assert isinstance(item["checked"], date), item["id"]


@pytest.fixture
def package(tmp_path):
    root = {"name": "x", "version": "1.0.0", "dependencies": {"dompurify": "3.0.0"}}
    packages = {"": root, "node_modules/dompurify": {"version": "3.0.0"}}
    lock = {"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (tmp_path / "package.json").write_text(json.dumps(root))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


def test_npm_s_findings_are_read(registry, package):
    url = "https://github.com/advisories/GHSA-1"
    about = {"id": 1, "url": url, "title": "t", "severity": "high", "vulnerable_versions": "<3.1.0"}
    registry.body = {"dompurify": [about]}
    (one,) = npm_findings(package, ["--registry", registry.url])
    assert (one.package, one.ids) == ("dompurify", {"GHSA-1"})


def test_npm_without_an_answer_is_no_clean_result(registry, package):
    registry.status = 405
    with pytest.raises(Unanswered):
        list(npm_findings(package, ["--registry", registry.url]))
