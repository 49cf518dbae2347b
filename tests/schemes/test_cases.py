"""What the rules say of situations that were judged by hand, from the law and its facts."""

from pathlib import Path

import pytest

from bot.content import read_yaml
from bot.schemes.rules import judge, judge_all, next_fact
from bot.schemes.situation import from_input

HERE = Path(__file__).parent
CASES = read_yaml(HERE / "cases.yml")["schemes"]
PERSONS = read_yaml(HERE / "persons.yml")["persons"]
VERDICTS = {"past": "may_fit", "niet": "does_not_fit", "open": "unknown"}
ROWS = [
    pytest.param(name, expected, case[expected], case["why"], id=f"{name}-{number}-{expected}")
    for name, cases in CASES.items()
    for number, case in enumerate(cases)
    for expected in VERDICTS
    if expected in case
]
# Schemes that are lost to who acts in the wrong order, with the one to speak first.
FIRST_TALK = {
    "bijstand": "gemeente",
    "ww": "UWV",
    "wia": "UWV",
    "wajong": "UWV",
    "ziektewet": "UWV",
}


def test_every_scheme_has_cases_of_every_verdict(schemes):
    assert set(CASES) == set(schemes)
    for name, cases in CASES.items():
        assert len(cases) >= 3, name
        assert {key for case in cases for key in case if key != "why"} == set(VERDICTS), name
        assert all(case["why"] for case in cases), name


@pytest.mark.parametrize(("name", "expected", "given", "why"), ROWS)
def test_a_scheme_is_judged_as_the_law_says(rules, schemes, name, expected, given, why):
    found = judge(schemes[name], from_input(rules, given))

    assert found.verdict == VERDICTS[expected], (why, found.reasons, found.ask)


def test_there_are_enough_persons_and_every_scheme_fits_one_of_them(schemes):
    assert len(PERSONS) >= 12
    assert len({person["name"] for person in PERSONS}) == len(PERSONS)
    for person in PERSONS:
        assert set(person["may_fit"]) | set(person["must_not"]) <= set(schemes), person["name"]
        assert not set(person["may_fit"]) & set(person["must_not"]), person["name"]
    fitting = {name for person in PERSONS for name in person["may_fit"]}
    assert set(schemes) - fitting == {"start_met_ziektewet"}


@pytest.mark.parametrize("person", PERSONS, ids=[person["name"] for person in PERSONS])
def test_a_person_hears_what_may_fit_and_nothing_else(rules, person):
    found = judge_all(rules.schemes, from_input(rules, person["given"]))
    verdicts = {finding.scheme.id: finding.verdict for finding in found}

    fitting = {name for name, verdict in verdicts.items() if verdict == "may_fit"}
    assert fitting == set(person["may_fit"])
    assert {name: verdicts[name] for name in person["must_not"]} == dict.fromkeys(
        person["must_not"], "does_not_fit"
    )


@pytest.mark.parametrize("person", PERSONS, ids=[person["name"] for person in PERSONS])
def test_of_a_whole_person_nothing_that_could_be_asked_is_still_open(rules, person):
    known = from_input(rules, person["given"])

    assert next_fact(rules.schemes, rules.facts, known, set()) is None


@pytest.mark.parametrize("person", PERSONS, ids=[person["name"] for person in PERSONS])
def test_who_answers_the_questions_hears_what_the_whole_person_hears(rules, person):
    """The channel knows the gemeente; then the questions of one conversation are enough."""
    whole = from_input(rules, person["given"])
    known = {"gemeente": whole["gemeente"]}
    for _ in range(rules.most_questions):
        name = next_fact(rules.schemes, rules.facts, known, set())
        if name is None:
            break
        known[name] = whole[name]

    found = {f.scheme.id for f in judge_all(rules.schemes, known) if f.verdict == "may_fit"}
    assert found <= set(person["may_fit"])
    # Being a childminder touches one scheme, so it is asked last; it has a topic of its own.
    assert set(person["may_fit"]) - found <= {"gastouder"}


@pytest.mark.parametrize("income", FIRST_TALK)
def test_who_starts_with_a_benefit_is_sent_to_who_pays_it_first(rules, income):
    """Registering with KVK before that can cost someone their benefit."""
    given = {"inkomen": income, "bedrijf": "nog_niet", "leeftijd": 40, "gemeente": "Tilburg"}
    by_income = [
        scheme
        for scheme in rules.schemes
        if any("inkomen" in condition.facts() for condition in scheme.conditions)
        and judge(scheme, from_input(rules, given)).verdict != "does_not_fit"
    ]

    assert by_income
    for scheme in by_income:
        text = scheme.talk_first
        assert FIRST_TALK[income] in text, scheme.id
        if "KVK" in text:
            assert text.index(FIRST_TALK[income]) < text.index("KVK"), scheme.id


@pytest.mark.parametrize("name", ["ioaz", "bbz_stoppen", "ww_terugval"])
def test_who_stops_is_told_to_ask_before_leaving_the_register(schemes, name):
    text = schemes[name].talk_first

    assert "KVK" in text
    assert "nog niet uit" in text or "voordat je je uitschrijft" in text
