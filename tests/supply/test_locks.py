"""What is installed is exactly what was locked."""

from __future__ import annotations

import re

import pytest
from locks import PYTHON_LOCKS, RASA_LOCK, ROOT, WEB_LOCK, pins

LOCKS = sorted({*PYTHON_LOCKS, RASA_LOCK, WEB_LOCK})


def test_every_lock_is_looked_at():
    assert sorted(path.name for path in ROOT.glob("requirements*.txt")) == LOCKS


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^#.*\n", "", text).strip())
    assert len(packages) == len(pins(lock)) > 0
    assert [package for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|^-|\s/|@", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("small", "large"),
    [(RASA_LOCK, "requirements-dev.txt"), (WEB_LOCK, "requirements-modern-dev.txt")],
)
def test_the_tests_run_with_what_is_installed(small, large):
    assert pins(small).items() <= pins(large).items()


def test_what_faces_people_has_nothing_of_rasa():
    web = pins(WEB_LOCK)
    assert {"rasa", "rasa-sdk", "sanic", "tensorflow", "spacy", "numpy"} & set(web) == set()
    assert web["sqlalchemy"].startswith("2.")


def test_the_image_has_the_python_that_the_tests_have():
    version = (ROOT / "scripts" / "python-modern").read_text(encoding="utf-8").strip()
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM python:(\S+?)-slim\S* AS (\w+)$", image, re.MULTILINE) == [
        ("3.10", "rasa"),
        (version, "base"),
    ]
    assert f"--python /usr/local/bin/python{version} /opt/web" in image
    installed = re.findall(r"--python (/opt/\w+)/bin/python \S+ --require-hashes -r (\S+)", image)
    assert installed == [("/opt/rasa", RASA_LOCK), ("/opt/web", WEB_LOCK)]
