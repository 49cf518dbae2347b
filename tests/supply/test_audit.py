"""The audit is clean only when every question was answered and every answer explained."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import audit
import pytest
from audit import Finding, Known, Unanswered, npm_findings, problems, python_findings
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


class Registry(BaseHTTPRequestHandler):
    """Answers each question with the same status and body, as the server has them.

    npm also gets what the registry knows of a package.
    """

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer(self.server.body)

    def do_GET(self):
        version = {"name": "dompurify", "version": "3.0.0"}
        self.answer({"name": "dompurify", "versions": {"3.0.0": version}})

    def answer(self, body):
        body = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry():
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.status, server.body = 200, {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def lock(tmp_path):
    pytest.importorskip("pip_audit", reason="in .venv-modern only: make test-modern")
    path = tmp_path / "requirements.txt"
    path.write_text(f"keras==2.12.0 --hash=sha256:{'0' * 64}\n")
    return path


@pytest.fixture
def package(tmp_path):
    root = {"name": "x", "version": "1.0.0", "dependencies": {"dompurify": "3.0.0"}}
    packages = {"": root, "node_modules/dompurify": {"version": "3.0.0"}}
    lock = {"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (tmp_path / "package.json").write_text(json.dumps(root))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


def osv(registry):
    return ["--vulnerability-service", "osv", "--osv-url", f"{registry.url}/v1/query"]


def test_pip_audit_s_findings_are_read_with_all_their_names(registry, lock):
    affected = {
        "package": {"ecosystem": "PyPI", "name": "keras"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.13.0"}]}],
        "versions": ["2.12.0"],
    }
    vuln = {"id": "PYSEC-1", "aliases": ["CVE-1"], "details": "d", "affected": [affected]}
    registry.body = {"vulns": [{**vuln, "modified": "2026-01-01T00:00:00Z"}]}
    (one,) = python_findings(lock, osv(registry))
    assert (one.package, one.ids) == ("keras", {"PYSEC-1", "CVE-1"})


def test_a_service_that_fails_is_no_clean_result(registry, lock):
    registry.status = 503
    with pytest.raises(Unanswered):
        list(python_findings(lock, osv(registry)))


def test_a_service_out_of_reach_is_no_clean_result(registry, lock):
    registry.shutdown()
    registry.server_close()
    with pytest.raises(Unanswered):
        list(python_findings(lock, osv(registry)))


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


def test_the_program_fails_loudly_when_nobody_answers(registry, lock):
    registry.status = 503
    done = subprocess.run(
        [sys.executable, audit.__file__],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(lock.parent),
            "AUDIT_PIP_ARGS": " ".join(osv(registry)),
            "AUDIT_NPM_ARGS": f"--registry {registry.url} --fetch-retries 0",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout.count("GEEN ANTWOORD") == 6
    assert "FOUT: 6 van de 6 vragen zijn niet beantwoord" in done.stdout
