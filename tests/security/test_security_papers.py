"""The threat model and the ASVS list: complete, and every test that they name is there."""

import ast
import re
from functools import lru_cache

import pytest
from asvs import FILE, PAGE, ROOT, STATES, items, levels, page

MODEL = ROOT / "docs" / "security.md"
BOUNDARIES = {
    "Citizen and gateway",
    "WhatsApp and gateway",
    "Gateway and Rasa",
    "Rasa and actions",
    "Processes and database",
    "Staff and console",
    "Console and gateway",
    "Hand-over to the desk: mail, Open Klant, webhook",
    "Operator and backup",
}
THREAT = re.compile(r"^\| ([STRIDE]\d+) \| (.*?) \| (.*?) \| (.*) \|$", re.M)
NAMED = re.compile(r"`([a-z_]+(?:/[a-z_]+)?)::(\w+)`")


@lru_cache
def names_in(path):
    """The names of the tests in a file, none when it is not there."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    )


def is_there(place):
    """Whether this test (`path::name`) or file exists."""
    path, _, name = place.partition("::")
    return name in names_in(ROOT / path) if name else (ROOT / path).exists()


def threats():
    """(id, threat, measure, tests as `path::name`) of every row."""
    for number, threat, measure, tried in THREAT.findall(MODEL.read_text(encoding="utf-8")):
        places = []
        for file, name in NAMED.findall(tried):
            folder, _, last = file.rpartition("/")
            places.append(
                "/".join(filter(None, ["tests", folder, f"test_{last}.py"])) + f"::test_{name}"
            )
        yield number, threat, measure, places


def test_every_boundary_is_there():
    headings = re.findall(r"^## \d+\. (.+)$", MODEL.read_text(encoding="utf-8"), re.M)

    assert set(headings) == BOUNDARIES
    for part in MODEL.read_text(encoding="utf-8").split("\n## ")[1:10]:
        assert len(THREAT.findall(part)) >= 2, part[:40]


def test_every_threat_has_a_measure_and_a_test_that_exists():
    found = list(threats())
    assert len(found) > 50
    numbers = [number for number, *_ in found]

    assert len(set(numbers)) == len(numbers), "each has a number of its own"
    assert {number[0] for number in numbers} == set("STRIDE")
    for number, threat, measure, places in found:
        assert threat.strip() and measure.strip(), number
        assert places, f"{number} names no test"
        for place in places:
            assert is_there(place), f"{number} names {place}"


def test_the_check_sees_a_test_that_does_not_exist():
    assert is_there("tests/security/test_security_papers.py::test_every_boundary_is_there")
    assert not is_there("tests/security/test_security_papers.py::test_nothing")
    assert not is_there("tests/security/test_nothing.py::test_nothing")
    assert not is_there("docs/nothing.md")


def test_every_item_of_both_levels_is_in_the_list_once_and_in_order():
    assert len(levels()) == 259, "128 items of level 1 and 131 of level 2 in ASVS 4.0.3"
    assert [item.number for item in items()] == list(levels())
    assert {item.number: item.level for item in items()} == levels()
    keys = re.findall(r'^  "([\d.]+)":$', FILE.read_text(encoding="utf-8"), re.M)
    assert len(keys) == len(set(keys)) == 259, "no item stands in the file twice"


@pytest.mark.parametrize("item", items(), ids=lambda item: item.number)
def test_each_item_is_shown_by_what_exists_or_says_why_not(item):
    assert item.status in STATES
    assert item.subject and "|" not in item.subject + item.note
    if item.status == "met":
        assert item.by, "what shows it?"
    else:
        assert item.note, "why?"
    for place in item.by:
        assert is_there(place), place


def test_the_page_is_what_the_generator_makes():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/security/asvs.py"


def test_how_to_report_is_written_down_and_leads_to_the_rest():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    assert "/.well-known/security.txt" in text
    for name in re.findall(r"`(docs/\w+\.md)`", text):
        assert (ROOT / name).exists()
