"""Only what needs Rasa stays behind on Python 3.10."""

from __future__ import annotations

import sys

import pytest
from two_pythons import ROOT, needs_rasa, needs_tools

from bot.database import make_engine
from bot.run import parts
from bot.settings import Settings, python_rasa


@pytest.mark.parametrize(
    "file",
    [
        "rasa/test_patches.py",
        "test_run.py",
        "review/test_story.py",
        "nlu/test_data.py",
        "faults/test_parts_away.py",
    ],
)
def test_a_test_that_needs_rasa_is_left_out(file):
    assert needs_rasa(ROOT / "tests" / file)


@pytest.mark.parametrize("file", ["test_database.py", "test_settings.py", "supply/test_locks.py"])
def test_a_test_that_does_not_is_run(file):
    assert not needs_rasa(ROOT / "tests" / file)


@pytest.mark.parametrize("file", ["supply/test_sbom.py", "supply/test_pip_audit.py"])
def test_a_test_of_the_tools_is_left_out_beside_rasa(file):
    assert needs_tools(ROOT / "tests" / file)
    assert not needs_rasa(ROOT / "tests" / file)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import rasa.core", True),
        ("def test():\n    from rasa_sdk import Tracker", True),
        ("from helper import x", True),
        ("from lazy import x", False),
        ("import json", False),
    ],
)
def test_the_rule_follows_what_importing_a_test_runs(tmp_path, code, expected):
    folder = tmp_path / "tests" / "some"
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text("from spacy import blank")
    (folder / "lazy.py").write_text("def x():\n    import rasa")
    (folder / "test_it.py").write_text(code)
    assert needs_rasa(folder / "test_it.py", tmp_path) is expected


def test_rasa_runs_in_a_python_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHON_RASA", "/opt/rasa/bin/python")
    settings = Settings.from_environment({"VAR_DIR": str(tmp_path)})
    first = {part.name: part.command[0] for part in parts(settings)}
    assert first == {
        "actions": "/opt/rasa/bin/python",
        "rasa": "/opt/rasa/bin/python",
        "web": sys.executable,
    }


def test_without_the_setting_all_share_one_python():
    assert python_rasa({}) == sys.executable


@pytest.mark.parametrize("name", ["postgresql", "postgresql+psycopg2"])
def test_an_address_of_postgresql_means_the_same_in_each_sqlalchemy(name):
    engine = make_engine(f"{name}://startwijzer:p%40ss@127.0.0.1:5432/startwijzer")
    assert engine.url.drivername == "postgresql+psycopg2"
    assert engine.driver == "psycopg2"
