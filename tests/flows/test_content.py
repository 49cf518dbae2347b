import pytest
from ruamel.yaml import YAML

from bot.content import ContentError, read_yaml
from bot.flows.content import RATHER_NOT, options, read_flow, step
from bot.referral.intake import HAS_RESULT, INTAKE, read_intake
from bot.taxonomy import taxonomy


@pytest.fixture
def changed(tmp_path):
    """Writes a changed copy of the intake: give a function that changes its data."""

    def write(change):
        data = read_yaml(INTAKE)
        change(data)
        path = tmp_path / "intake.yml"
        with path.open("w", encoding="utf-8") as stream:
            YAML(typ="safe").dump(data, stream)
        return path

    return write


def test_the_real_intake_is_valid():
    assert read_flow(INTAKE, "intake", "steps")["id"] == "doorverwijzing"


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d["steps"][1].update(id="gemeente"), "gemeente", "id", "komt twee keer voor"),
        (lambda d: d["steps"][0].pop("ask"), "", "steps.0", "ontbreekt: ask"),
        (lambda d: d["steps"][0].update(kind="cijfer"), "", "steps.0.kind", "kies uit: choice"),
        (lambda d: d["steps"][0].update(vraag="x"), "", "steps.0", "onbekend veld: vraag"),
        (lambda d: d.update(steps=[]), "", "steps", "mag niet leeg zijn"),
    ],
    ids=["id twice", "no question", "unknown kind", "unknown field", "no steps"],
)
def test_a_mistake_is_reported_with_its_file_and_field(changed, change, item, field, message):
    path = changed(change)

    with pytest.raises(ContentError) as error:
        read_flow(path, "intake", "steps")

    (problem,) = error.value.problems
    assert (problem.file, problem.item, problem.field) == (str(path), item, field)
    assert message in problem.message


def test_a_question_has_sensible_defaults():
    found = step({"id": "a", "ask": " Waarom? \n", "kind": "text"})

    assert (found.ask, found.explain, found.known, found.skippable) == ("Waarom?", "", None, False)
    assert found.options == ()
    assert found.only_if == {}


def test_the_value_of_an_option_is_text():
    (option,) = options([{"value": 1, "title": "Oneens", "words": ["nee"]}])

    assert (option.value, option.title, option.words, option.intents) == (
        "1",
        "Oneens",
        ("nee",),
        (),
    )


def test_every_question_of_the_intake_can_be_explained_and_names_what_exists():
    flow = read_intake()
    ids = [step.id for step in flow.steps]

    for number, found in enumerate(flow.steps):
        assert found.explain, found.id
        # Whether there is a result is known when the intake begins.
        assert set(found.only_if) - {HAS_RESULT} <= set(ids[:number]), found.id
        assert set(found.reopens.values()) <= set(ids[:number]), found.id
        assert set(found.reopens) <= {option.value for option in found.options}, found.id
        for option in found.options:
            assert set(option.intents) <= set(taxonomy().intents)
        for name, allowed in found.only_if.items():
            if name != HAS_RESULT:
                assert set(allowed) <= {option.value for option in flow.step(name).options}


def test_situations_and_phases_of_the_intake_are_those_of_the_vocabulary():
    steps = {item["id"]: step(item) for item in read_yaml(INTAKE)["steps"]}

    situations = {o.value for o in steps["situatie"].options} - {RATHER_NOT.value}
    assert situations <= set(taxonomy().target_groups)
    assert {o.value for o in steps["fase"].options} == set(taxonomy().phases)
