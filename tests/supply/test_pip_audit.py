"""pip-audit says what it found and when it did not get to know."""

from __future__ import annotations

import subprocess
import sys

import audit
import pip_audit  # noqa: F401 - this file is for where it is
import pytest
from audit import Unanswered, python_findings


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text(f"keras==2.12.0 --hash=sha256:{'0' * 64}\n")
    return path


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
