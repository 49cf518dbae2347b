"""The basket as a patch: its checks, that git takes it, and that Rasa reads what was meant."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from work_data import MOMENT

from bot.content import read_yaml
from bot.review import checks, examples, patch
from bot.review.corrections import InBasket
from bot.review.work_model import Correction
from bot.settings import ROOT

DAY = date(2026, 5, 21)


@pytest.fixture(scope="module")
def data():
    return examples.read()


@pytest.fixture
def copy(tmp_path):
    """A copy of the training data, as a gemeente has it."""
    shutil.copytree(ROOT / "data" / "nlu", tmp_path / "data" / "nlu")
    return tmp_path


def item(text, intent="bbz", number=1, verdict="intent", entities=(), by="Beau"):
    correction = Correction(
        id=number,
        conversation_id="geheim-nummer",
        seq=1,
        verdict=verdict,
        intent=intent,
        text=text,
        understood_as=None,
        in_basket=True,
        version=1,
        at=MOMENT,
    )
    return InBasket(correction, MOMENT.date(), by, entities, text)


def outcomes(checked):
    return {finding.check: finding.outcome for finding in checked.findings}


def refused(text, data, **fields):
    (checked,) = checks.check([item(text, **fields)], data)
    return {finding.check for finding in checked.findings if finding.outcome == "refused"}


NEW = "kan mijn kapsalon via de besluitregeling een half jaar rondkomen terwijl ik verbouw"


def test_a_new_example_passes_all_checks(data):
    (checked,) = checks.check([item(NEW)], data)

    assert checked.goes_in
    assert set(outcomes(checked)) == set(checks.LABELS)
    assert set(outcomes(checked).values()) == {"good"}


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("bel me op 06-12345678 over bbz voor mijn kapsalon", "personal"),
        ("mail naar jan@voorbeeld.example over de regeling", "personal"),
        ("mijn nummer is [telefoon:1] en ik wil bbz", "personal"),
        ("bsn 123456782 en mijn aanvraag voor de regeling", "personal"),
        ("ik heet Anna en wil bbz", "personal"),
        ("bbz voor mijn zaak, mvg Anna", "personal"),
        ("BBZ, aanvragen!", "double"),
        ("[bbz](regeling) voor mijn kapsalon", "text"),
        ("/bbz", "text"),
        ("- bbz of niet voor mijn kapsalon", "text"),
        ("bbz\u0007 voor mijn kapsalon", "text"),
        ("???", "text"),
    ],
)
def test_what_may_not_be_learned_is_refused_by_its_own_check(data, text, check):
    assert check in refused(text, data)


@pytest.mark.parametrize(
    "text",
    ["bbz in 9401 AB voor mijn zaak", "dossier 12345678 van bbz"],
)
def test_what_may_be_personal_is_only_noticed(data, text):
    (checked,) = checks.check([item(text)], data)

    assert outcomes(checked)["personal"] == "notice"
    assert checked.goes_in


def test_a_near_copy_of_an_example_is_refused(data):
    long = next(text for text in data.of_intent["bbz"] if len(text) > 80)

    assert "double" in refused(f"{long} x", data)


def test_every_held_out_and_validation_message_is_refused_and_so_is_its_near_copy(data):
    for text in data.kept_apart[::60]:
        assert "leak" in refused(text.upper(), data), "the same but for case"
    long = next(text for text in data.kept_apart if len(text) > 80)
    assert "leak" in refused(f"{long} he", data)


def test_without_the_held_out_set_nobody_can_say_that_there_is_no_leak(data):
    assert "leak" in refused(NEW, replace(data, has_heldout=False))


def test_the_text_of_another_intent_is_a_conflict(data):
    theirs = data.of_intent["btw"][0]

    assert refused(theirs, data, intent="bbz") >= {"conflict"}


def test_the_same_text_under_two_intents_in_the_basket_is_a_conflict_for_both(data):
    found = checks.check([item(NEW), item(NEW.upper(), intent="tarief", number=2)], data)

    assert [outcomes(one)["conflict"] for one in found] == ["refused", "refused"]
    assert "tarief" in found[0].findings[-1].text


def test_of_the_same_text_twice_the_first_goes_in(data):
    near = NEW.replace("half jaar", "halve jaar")
    found = checks.check([item(NEW), item(NEW + "!", number=2), item(near, number=3)], data)

    assert [one.goes_in for one in found] == [True, False, False]


def test_a_new_subject_waits_until_it_exists(data):
    assert refused(NEW, data, intent="fiets_van_de_zaak", verdict="new_topic") == {"topic"}
    assert refused(NEW, data, intent="bbz", verdict="new_topic") == set()


def test_an_entity_that_stands_there_is_annotated(data):
    entities = [{"entity": "gemeente", "value": "Assen"}, {"entity": "branche", "value": "horeca"}]
    (checked,) = checks.check([item("bbz in assen voor mijn café", entities=entities)], data)

    assert checked.line == 'bbz in [assen]{"entity": "gemeente", "value": "Assen"} voor mijn café'
    assert examples.plain(checked.line) == "bbz in assen voor mijn café"


@pytest.mark.parametrize(
    ("text", "entities", "line"),
    [
        ("in Assen", [("gemeente", "Assen")], "in [Assen](gemeente)"),
        ("Assen of Assen", [("gemeente", "Assen")], "Assen of Assen"),
        ("in Assenaar", [("gemeente", "Assen")], "in Assenaar"),
        ("in Assen", [("gemeente", "Assen"), ("gemeente", "Assen")], "in [Assen](gemeente)"),
        ("in Assen", [("antwoord", "Assen")], "in Assen"),
    ],
)
def test_an_annotation_is_only_where_it_is_certain(text, entities, line):
    found = [{"entity": name, "value": value} for name, value in entities]

    assert examples.annotated(text, found) == line


def three():
    return [
        item(NEW, number=11, entities=[{"entity": "branche", "value": "kapsalon"}]),
        item("zeg: wat mag ik rekenen voor een kleurtje & knippen?", "tarief", 12, by="Cas\nX"),
        item("ééntje van de \"groep\" vraagt: 'is dat 't tarief # ja'", "tarief", 13),
        item("06-12345678", "tarief", 14),
    ]


def made(data, root):
    return patch.make(checks.check(three(), data), DAY, root)


def git(*arguments, cwd):
    return subprocess.run(
        ["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_git_applies_the_patch_and_only_the_new_lines_change(data, copy):
    found = made(data, copy)
    (copy / "x.patch").write_text(found.text)
    git("apply", "--check", "x.patch", cwd=copy)
    assert git("apply", "--numstat", "x.patch", cwd=copy).split("\n")[:3] == [
        "1\t0\tdata/nlu/bbz.yml",
        "2\t0\tdata/nlu/tarief.yml",
        "20\t0\tdata/provenance/nlu.yml",
    ]
    git("apply", "x.patch", cwd=copy)

    for path, text in found.files.items():
        assert (copy / path).read_text() == text
    before = (ROOT / "data" / "nlu" / "bbz.yml").read_text()
    after = (copy / "data" / "nlu" / "bbz.yml").read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).startswith("      - kan mijn [kapsalon](branche) via")
    assert found.corrections == (11, 12, 13)
    assert "06-12345678" not in found.text


def test_a_second_patch_is_checked_against_the_first(data, copy):
    patch.write(made(data, copy), copy)

    again = checks.check(three()[:3], replace(examples.read(copy), has_heldout=True))

    assert [outcomes(one)["double"] for one in again] == ["refused"] * 3
    more = patch.make(
        checks.check([item("en nog een heel andere vraag over knippen", "tarief")], data), DAY, copy
    )
    (copy / "x.patch").write_text(more.text)
    git("apply", "x.patch", cwd=copy)
    assert len(patch.provenance(copy)) == 4


def test_provenance_says_when_and_who_but_not_which_conversation(data, copy):
    found = made(data, copy)
    patch.write(found, copy)

    first = patch.provenance(copy)[0]
    assert first == {
        "example": NEW.replace("kapsalon", "[kapsalon](branche)"),
        "intent": "bbz",
        "said_on": "2026-05-20",
        "understood_as": None,
        "reviewer": "Beau",
        "decided_on": "2026-05-20",
    }
    assert "geheim-nummer" not in found.text
    assert "Beoordeeld door: Beau, Cas X" in found.text
    assert "2 voorbeelden" not in found.text.splitlines()[0]


def test_rasa_reads_the_new_examples_as_they_were_said(data, copy):
    from rasa.shared.nlu.training_data.formats import RasaYAMLReader

    patch.write(made(data, copy), copy)

    for intent, texts in (("bbz", [three()[0]]), ("tarief", three()[1:3])):
        read = RasaYAMLReader().read(str(copy / "data" / "nlu" / f"{intent}.yml"))
        last = read.intent_examples[-len(texts) :]
        assert [m.get("text") for m in last] == [one.correction.text for one in texts]
        assert {m.get("intent") for m in read.intent_examples} == {intent}


words = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=60)


@given(words)
def test_whatever_passes_the_checks_comes_back_the_same(text):
    data = examples.Data((), {}, {}, (), True)
    text = " ".join(text.split())
    (checked,) = checks.check([item(text)], data)
    if not checked.goes_in:
        return
    before = 'version: "3.1"\n\nnlu:\n  - intent: bbz\n    examples: |\n      - bbz\n'
    after = patch.with_examples(before, [checked.line], "bbz.yml")

    lines = after.splitlines()
    assert len(lines) == 7
    assert lines[-1] == f"      - {text}"


def test_a_file_that_does_not_end_with_a_line_end_is_patched_too(data, copy):
    path = copy / "data" / "nlu" / "tarief.yml"
    path.write_text(path.read_text().rstrip("\n"))
    found = made(data, copy)
    (copy / "x.patch").write_text(found.text)
    git("apply", "x.patch", cwd=copy)

    assert path.read_text() == found.files["data/nlu/tarief.yml"]


def test_what_stands_behind_the_examples_stays_there():
    text = "nlu:\n  - intent: bbz\n    examples: |\n      - een\n  # einde\n"

    assert patch.with_examples(text, ["twee"], "x") == (
        "nlu:\n  - intent: bbz\n    examples: |\n      - een\n      - twee\n  # einde\n"
    )


def test_a_file_without_examples_is_an_error_that_names_it(data, copy):
    (copy / "data" / "nlu" / "bbz.yml").write_text("version: '3.1'\n")

    with pytest.raises(patch.PatchError, match=r"bbz\.yml"):
        made(data, copy)


def test_an_empty_basket_makes_an_empty_patch(data):
    assert patch.make(checks.check([], data), DAY).is_empty
    assert patch.make(checks.check([item("???")], data), DAY).text == ""


def test_the_patched_data_pass_the_tests_of_the_data(data, copy):
    patch.write(made(data, copy), copy)

    for path in sorted((copy / "data" / "nlu").glob("*.yml")):
        (block,) = read_yaml(path)["nlu"]
        assert block["intent"] == path.stem
    assert len(examples.training(copy)) == len(data.examples) + 3
