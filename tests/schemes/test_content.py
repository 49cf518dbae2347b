"""The rules as content: mistakes are named by file and field, and the texts promise nothing."""

import re

import pytest

from bot.content import ContentError, read_yaml
from bot.schemes import content
from bot.schemes.content import SCHEMES

FACTS = read_yaml(SCHEMES / "facts.yml")
ENGLISH = re.compile(r"\b(is valid|under|schemas?|should|does not|required|expected|too|matches)\b")


def problems_of(folder):
    with pytest.raises(ContentError) as error:
        content.read(folder.path)
    return error.value.problems


def test_the_real_rules_are_valid(rules, schemes):
    assert set(schemes) == {path.stem for path in (SCHEMES / "rules").iterdir()}
    assert len(schemes) >= 25
    assert list(rules.facts) == [item["id"] for item in FACTS["facts"]]
    assert set(rules.steps) == set(rules.facts)


def test_the_copy_that_the_other_tests_damage_is_valid_itself(folder):
    folder.change("facts", lambda data: None)
    folder.change("rules/ioaz", lambda data: None)

    assert content.read(folder.path) == content.read()


def fact(data, name):
    return next(item for item in data["facts"] if item["id"] == name)


def condition(**fields):
    """Changes fields of the first condition of a rule; None takes a field away."""

    def change(data):
        wanted = {**data["conditions"][0], **fields}
        data["conditions"][0] = {k: v for k, v in wanted.items() if v is not None}

    return change


def in_group(**fields):
    """The same, for the first part of the first group of a rule."""

    def change(data):
        group = next(c for c in data["conditions"] if "any" in c)
        wanted = {**group["any"][0], **fields}
        group["any"][0] = {k: v for k, v in wanted.items() if v is not None}

    return change


def field(name, value):
    return lambda data: data.update({name: value})


def without(name):
    return lambda data: data.pop(name)


IOAZ, ZWOLLE, LOAN = "rules/ioaz", "rules/bescheiden_schaal", "rules/qredits"
WRONG_RULES = [
    # file, change, field that is reported, words in the message
    (IOAZ, field("id", "ioaz_oud"), "id", "gelijk zijn aan de bestandsnaam (ioaz)"),
    (IOAZ, field("id", "IOAZ"), "id", "niet de goede vorm"),
    (IOAZ, field("service", "weg"), "service", "'weg' bestaat niet"),
    (IOAZ, field("topic", "weg"), "topic", "'weg' bestaat niet"),
    (IOAZ, field("topic", "groet"), "topic", "'groet' bestaat niet"),
    (IOAZ, field("need", "geluk"), "need", "'geluk' bestaat niet"),
    (IOAZ, field("amount", "€ 5"), "", "onbekend veld: amount"),
    (IOAZ, without("talk_first"), "", "verplicht veld ontbreekt: talk_first"),
    (IOAZ, field("to_check", []), "to_check", "mag niet leeg zijn"),
    (IOAZ, field("to_check", ["x" * 241]), "to_check.0", "te lang: 241 tekens, hoogstens 240"),
    (IOAZ, field("sources", []), "sources", "mag niet leeg zijn"),
    (IOAZ, field("sources", [{"title": "Gemeente"}]), "sources.0", "ontbreekt: date"),
    (IOAZ, field("review_by", "2027-02-30"), "review_by", "bestaat niet"),
    (IOAZ, field("conditions", []), "conditions", "mag niet leeg zijn"),
    (IOAZ, condition(fact="lengte"), "conditions.0", "'lengte' bestaat niet"),
    (IOAZ, condition(**{"is": ["oud"]}), "conditions.0", "'oud' kan niet bij leeftijd"),
    (IOAZ, condition(**{"is": None}), "conditions.0", "verplicht veld ontbreekt: is_not"),
    (IOAZ, condition(**{"is": []}), "conditions.0.is", "mag niet leeg zijn"),
    (IOAZ, condition(is_not=["aow"]), "conditions.0", "onbekend veld: is_not"),
    (
        IOAZ,
        condition(**{"is": None, "is_not": ["oud"]}),
        "conditions.0",
        "'oud' kan niet bij leeftijd",
    ),
    (IOAZ, condition(why=None), "conditions.0", "verplicht veld ontbreekt: why"),
    (IOAZ, condition(why_not=None), "conditions.0", "verplicht veld ontbreekt: why_not"),
    (IOAZ, condition(why="x" * 241), "conditions.0.why", "te lang"),
    (IOAZ, condition(waarom="x"), "conditions.0", "onbekend veld: waarom"),
    (ZWOLLE, condition(**{"is": ["Zwol"]}), "conditions.0", "'Zwol' kan niet bij gemeente"),
    (
        ZWOLLE,
        condition(**{"is": None, "is_not": ["Assen"]}),
        "conditions.0",
        "bij gemeente kan alleen 'is'",
    ),
    (LOAN, in_group(fact="lengte"), "conditions.3", "'lengte' bestaat niet"),
    (LOAN, in_group(**{"is": ["weg"]}), "conditions.3", "'weg' kan niet bij bedrijf"),
    (LOAN, in_group(is_not=["loopt"]), "conditions.3.any.0", "onbekend veld: is_not"),
    (LOAN, in_group(why_not="Nee."), "conditions.3.any.0", "onbekend veld: why_not"),
    (LOAN, in_group(why=None), "conditions.3.any.0", "verplicht veld ontbreekt: why"),
    (
        LOAN,
        lambda data: data["conditions"][3]["any"].pop(),
        "conditions.3.any",
        "mag niet leeg zijn",
    ),
    (
        LOAN,
        lambda data: data["conditions"][3].pop("why_not"),
        "conditions.3",
        "verplicht veld ontbreekt: why_not",
    ),
]


@pytest.mark.parametrize(
    ("file", "change", "field", "message"),
    WRONG_RULES,
    ids=[f"{file}-{field}-{n}" for n, (file, _, field, _) in enumerate(WRONG_RULES)],
)
def test_a_mistake_in_a_rule_is_told_with_its_file_and_field(folder, file, change, field, message):
    folder.change(file, change)

    problems = problems_of(folder)

    assert {problem.file for problem in problems} == {str(folder.file(file))}
    assert any(p.field == field and message in p.message for p in problems), problems
    assert not any(ENGLISH.search(problem.message) for problem in problems), problems


WRONG_FACTS = [
    # change, item, field, words in the message
    (without("title"), "", "", "verplicht veld ontbreekt: title"),
    (without("intent"), "", "", "verplicht veld ontbreekt: intent"),
    (without("most_questions"), "", "", "verplicht veld ontbreekt: most_questions"),
    (field("most_questions", 0), "", "most_questions", "minstens 1"),
    (field("facts", []), "", "facts", "mag niet leeg zijn"),
    (lambda d: d["facts"][0].pop("ask"), "", "facts.0", "verplicht veld ontbreekt: ask"),
    (lambda d: d["facts"][0].pop("kind"), "", "facts.0", "verplicht veld ontbreekt: kind"),
    (lambda d: d["facts"][0].update(kind="text"), "", "facts.0.kind", "kies uit: choice, number"),
    (lambda d: d["facts"][0].pop("options"), "", "facts.0", "verplicht veld ontbreekt: options"),
    (lambda d: d["facts"][0].update(vraag="x"), "", "facts.0", "onbekend veld: vraag"),
    (lambda d: d["facts"][2]["options"][0].pop("to"), "", "facts.2.options.0", "ontbreekt: to"),
    (lambda d: d["facts"][2]["options"][0].pop("from"), "", "facts.2.options.0", "ontbreekt: from"),
    (
        lambda d: d["facts"][0]["options"][0].update({"from": 1, "to": 2}),
        "",
        "facts.0.options.0",
        "onbekend veld: from, to",
    ),
    (lambda d: d["facts"].append(dict(d["facts"][0])), "inkomen", "id", "komt twee keer voor"),
    (
        lambda d: d["facts"][0]["options"].append({"value": "ww", "title": "Ook WW"}),
        "inkomen",
        "options",
        "'ww' komt twee keer voor",
    ),
    (
        lambda d: fact(d, "studie").update(unless={"lengte": ["groot"]}),
        "studie",
        "unless",
        "'lengte' bestaat niet",
    ),
    (
        lambda d: fact(d, "studie").update(unless={"bedrijf": ["nog_niet", "weg"]}),
        "studie",
        "unless",
        "'weg' kan niet bij bedrijf",
    ),
    (
        lambda d: fact(d, "studie").update(unless={"gemeente": ["Asen"]}),
        "studie",
        "unless",
        "'Asen' kan niet bij gemeente",
    ),
    (
        lambda d: d["implied"]["target_group"].update(rijk={"inkomen": "geen"}),
        "rijk",
        "target_group",
        "dit bestaat niet",
    ),
    (lambda d: d["implied"]["phase"].update(later={}), "later", "phase", "dit bestaat niet"),
    (
        lambda d: d["implied"]["target_group"].update(ww={"inkomen": "veel"}),
        "ww",
        "target_group",
        "dit bestaat niet",
    ),
    (
        lambda d: d["implied"]["target_group"].update(ww={"lengte": "groot"}),
        "ww",
        "target_group",
        "dit bestaat niet",
    ),
    (lambda d: d["implied"].update(need={}), "", "implied", "onbekend veld: need"),
]


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    WRONG_FACTS,
    ids=[f"{item}-{field}-{n}" for n, (_, item, field, _) in enumerate(WRONG_FACTS)],
)
def test_a_mistake_in_the_facts_is_told_with_its_file_and_field(
    folder, change, item, field, message
):
    folder.change("facts", change)

    problems = problems_of(folder)

    wanted = (str(folder.file("facts")), item, field)
    found = [p for p in problems if (p.file, p.item, p.field) == wanted]
    assert any(message in problem.message for problem in found), problems
    assert not any(ENGLISH.search(problem.message) for problem in problems), problems


def test_every_mistake_in_every_file_is_told_at_once(folder):
    folder.file("rules/bmkb").write_text("id: bmkb\n\tname: x\n")
    folder.change(IOAZ, field("need", "geluk"))
    folder.change(LOAN, without("name"))
    folder.change("facts", lambda data: fact(data, "studie").update(unless={"lengte": []}))

    files = {problem.file.rsplit("/", 1)[-1] for problem in problems_of(folder)}

    assert files == {"bmkb.yml", "ioaz.yml", "qredits.yml", "facts.yml"}


def test_a_condition_that_gives_what_is_not_allowed_means_all_the_rest(rules, schemes):
    (age,) = (c for c in schemes["schuldhulp"].conditions if "leeftijd" in c.facts())

    assert age.values == set(rules.facts["leeftijd"].values) - {"onder_18"}
