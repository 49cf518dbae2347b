import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.page import Page
from bot.assessment.quickscan import (
    UNCLEAR,
    URGENT,
    outcome,
    page,
    read_quickscan,
    summary,
)
from bot.catalogue.wording import ADVISER
from bot.content import DATA, ContentError, read_yaml
from bot.conversations import why
from bot.flows import engine
from bot.flows.model import Said
from bot.flows.reading import normalise, read
from bot.taxonomy import taxonomy

SCAN = read_quickscan()
CASES = read_yaml(Path(__file__).with_name("quickscan_cases.yml"))
SERVICES = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
LINK = "https://voorbeeld.nl/pdf"
URGENCIES = ["uitzetting", "afsluiting", "deurwaarder", "loon"]
ANSWERS = st.fixed_dictionaries(
    {
        step.id: st.sampled_from([None, *(option.value for option in step.options)])
        for step in SCAN.flow.steps
    }
)
HEALTHY = {
    "urgentie": "niets",
    "kas": "ja",
    "schulden": "geen",
    "opdrachten": "genoeg",
    "winst": "ja",
    "oorzaak": "niet_minder",
    "prive": "ja",
    "personeel": "nee",
    "energie": "ja",
}


def of(answers):
    return outcome(SCAN, answers).id


def text_of(answers):
    return "\n\n".join(message.text for message in summary(SCAN, answers, LINK))


def played(answers):
    """The progress of someone who gives these answers and skips the other questions."""
    turned = engine.begin(SCAN.flow, None, {})
    while turned.ended == "no":
        step = turned.messages[-1].about.step
        said = Said("weet ik niet", "weet_niet")
        if answers.get(step):
            said = Said(answer=f"{step}:{answers[step]}")
        turned = engine.turn(SCAN.flow, turned.progress, said)
    return turned.progress


# --- the outcome ---


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_people_with_a_business_get_the_outcome_that_fits_them(case):
    """Reasoned by hand in the table, not taken from a run."""
    assert of(case["answers"]) == case["outcome"]
    assert of(played(case["answers"]).answers) == case["outcome"]


def test_the_table_has_every_outcome():
    assert {case["outcome"] for case in CASES} == {found.id for found in SCAN.outcomes}


def test_every_outcome_can_be_reached():
    chance, found = random.Random(5), set()
    for _ in range(3000):
        answers = {s.id: chance.choice([o.value for o in s.options]) for s in SCAN.flow.steps}
        found.add(of(answers))

    assert found == {"urgent", "gezond", "stoppen", "levensvatbaar", "onduidelijk"}


@given(ANSWERS)
def test_there_is_always_one_outcome_and_its_conditions_hold(answers):
    found = outcome(SCAN, answers)
    applying = SCAN.flow.applying(answers)

    assert found in SCAN.outcomes
    if found.id != UNCLEAR:
        assert found.fits(applying)


@given(ANSWERS)
def test_what_is_urgent_goes_first_whatever_else_was_answered(answers):
    assert (of(answers) == URGENT) is (answers["urgentie"] in URGENCIES)


@pytest.mark.parametrize("urgency", URGENCIES)
def test_one_urgent_answer_is_enough(urgency):
    assert of({"urgentie": urgency}) == URGENT
    assert of({**HEALTHY, "urgentie": urgency}) == URGENT


@given(ANSWERS)
def test_too_few_answers_say_nothing(answers):
    applying = SCAN.flow.applying({**answers, "urgentie": None})
    answered = sum(value not in (None, "weet_niet") for value in applying.values())

    if answered < 5:
        assert of({**answers, "urgentie": None}) == UNCLEAR


@pytest.mark.parametrize(("number", "expected"), [(4, UNCLEAR), (5, "gezond")])
def test_five_answers_are_enough(number, expected):
    five = {name: HEALTHY[name] for name in ("kas", "schulden", "opdrachten", "winst", "prive")}

    assert SCAN.least_answered == 5
    assert of(dict(list(five.items())[:number])) == expected
    assert of({**dict(list(five.items())[:number]), "energie": None}) == expected


def test_who_does_not_know_the_cause_did_not_answer():
    four = {"urgentie": "niets", "schulden": "veel", "opdrachten": "minder", "winst": "soms"}

    assert of({**four, "oorzaak": "weet_niet"}) == UNCLEAR
    assert of({**four, "oorzaak": "tijdelijk"}) == "levensvatbaar"


@given(ANSWERS)
def test_the_order_of_the_answers_does_not_matter(answers):
    assert of(dict(reversed(answers.items()))) == of(answers)


@pytest.mark.parametrize(
    ("change", "is_healthy"),
    [
        ({}, True),
        ({"prive": "net"}, True),
        ({"winst": "soms"}, True),
        ({"kas": "krap"}, False),
        ({"schulden": "overzicht", "schuldeisers": "bank"}, False),
        ({"opdrachten": "minder"}, False),
        ({"prive": "nee"}, False),
        ({"winst": "nee"}, False),
    ],
)
def test_a_business_looks_healthy_only_when_everything_points_to_it(change, is_healthy):
    assert (of({**HEALTHY, **change}) == "gezond") is is_healthy


def test_stopping_well_is_never_said_with_work_enough_or_money_enough():
    for change in ({"opdrachten": "genoeg"}, {"kas": "ja"}):
        sick = {**HEALTHY, "kas": "nee", "opdrachten": "nauwelijks", "winst": "nee"}
        assert of(sick) == "stoppen"
        assert of({**sick, **change}) != "stoppen"


# --- answers that no longer apply ---


def test_an_answer_to_a_question_that_no_longer_applies_does_not_count():
    """To whom the debts are, and then: there are no debts after all."""
    four = {"kas": "ja", "opdrachten": "genoeg", "winst": "ja", "schulden": "overzicht"}
    with_creditor = {**four, "schuldeisers": "belastingdienst"}
    assert of(with_creditor) == "levensvatbaar"
    assert "Belastingdienst, uiterlijk twee weken" in text_of(with_creditor)

    corrected = {**with_creditor, "schulden": "geen"}

    assert of(corrected) == UNCLEAR
    assert "Belastingdienst, uiterlijk twee weken" not in text_of(corrected)
    assert "Aan wie moet je" not in str(page(SCAN, corrected, "vandaag").as_dict())


def test_correcting_with_an_older_button_does_the_same():
    progress = played({**HEALTHY, "schulden": "veel", "schuldeisers": "bank", "energie": "nee"})
    reopened = progress.without("energie")
    outcome_ = engine.turn(SCAN.flow, reopened, Said(answer="schulden:geen"))

    assert "Vraag 9 van 9." in outcome_.messages[-1].text
    assert "schuldeisers" not in SCAN.flow.applying(outcome_.progress.answers)


@pytest.mark.parametrize(
    ("debts", "number"), [("geen", 9), ("overzicht", 10), ("veel", 10), (None, 9)]
)
def test_who_has_no_debts_is_not_asked_to_whom(debts, number):
    turned = engine.begin(SCAN.flow, None, {})
    for name in ("urgentie", "kas", "schulden"):
        answers = {"urgentie": "niets", "kas": "ja", "schulden": debts}
        said = Said("geen idee", "weet_niet")
        if answers[name]:
            said = Said(answer=f"{name}:{answers[name]}")
        turned = engine.turn(SCAN.flow, turned.progress, said)

    asked = turned.messages[-1].about.step
    assert asked == ("schuldeisers" if number == 10 else "opdrachten")
    assert f"Vraag 4 van {number}." in turned.messages[-1].text


# --- what is said ---


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_outcome_comes_with_its_steps_in_order_and_who_helps(case):
    found = outcome(SCAN, case["answers"])
    first, second = summary(SCAN, case["answers"], LINK)

    assert first.text.startswith(f"**{found.label}**\n\n{found.text}")
    places = [second.text.index(f"{n}. {s}") for n, s in enumerate(found.steps, start=1)]
    assert places == sorted(places)
    assert f"]({LINK})" in second.text
    assert [choice.intent for choice in second.choices] == [
        *found.topics,
        why.INTENT,
        ADVISER.intent,
    ]
    for message in (first, second):
        assert list(message.about.services) == list(found.services)
        assert (message.about.topic, message.about.flow) == ("quickscan", "quickscan")


@given(ANSWERS)
def test_each_warning_is_said_when_its_answer_was_given(answers):
    text, applying = text_of(answers), SCAN.flow.applying(answers)
    for warning in SCAN.warnings:
        said = applying.get(warning.when.step) in warning.when.values
        assert (warning.text in text) is said


def test_all_outcomes_have_services_and_topics_that_exist_and_steps_to_take():
    for found in SCAN.outcomes:
        assert set(found.services) <= SERVICES, found.id
        assert set(found.topics) <= set(taxonomy().intents), found.id
        assert len(found.steps) >= 3
        assert len(set(found.steps)) == len(found.steps)
    assert len({found.text for found in SCAN.outcomes}) == len(SCAN.outcomes)


def test_the_outcomes_lead_to_who_helps_in_trouble():
    named = {found.id: set(found.services) for found in SCAN.outcomes}

    assert {"gemeente-schuldhulp", "geldfit-zakelijk"} <= named["urgent"]
    assert {"bbz-stoppen", "gemeente-schuldhulp"} <= named["stoppen"]
    assert {"ondernemersklankbord", "bbz-gevestigd"} <= named["levensvatbaar"]


def test_urgent_begins_with_calling_today():
    urgent = next(found for found in SCAN.outcomes if found.id == URGENT)

    assert urgent.steps[0].startswith("Bel vandaag je gemeente")


def test_nothing_is_a_verdict_or_a_reproach():
    texts = [text for found in SCAN.outcomes for text in (found.label, found.text, *found.steps)]
    texts += [warning.text for warning in SCAN.warnings]
    for text in [SCAN.flow.intro, *texts]:
        assert not re.search(r"geschikt|eigen schuld|gefaald|had je maar|domme?\b", text.lower())
        assert "!" not in text
    assert "niet voor te schamen" in SCAN.flow.intro


@given(ANSWERS)
def test_the_page_has_the_impression_the_steps_and_their_own_answers(answers):
    found = outcome(SCAN, answers)
    made = page(SCAN, answers, "22 november 2026")
    impression, steps, own = made.sections

    assert impression.heading == found.label
    assert list(steps.points) == list(found.steps)
    given_ = [n for n, value in SCAN.flow.applying(answers).items() if value is not None]
    assert len(own.points) == len(given_)
    for name in given_:
        step = SCAN.flow.step(name)
        assert f"{step.ask} {step.option(answers[name]).title}." in own.points
    assert "geen oordeel" in made.intro
    assert (made.version, made.bars) == (SCAN.version, ())
    assert Page.from_dict(made.as_dict()) == Page.from_dict(made.as_dict())


# --- the questions ---


@pytest.mark.parametrize("step", SCAN.flow.steps, ids=lambda step: step.id)
def test_every_question_can_be_explained_skipped_and_answered_in_words(step):
    assert step.explain
    assert step.skippable
    for option in step.options:
        for phrase in (option.title, *option.words):
            assert read(step, Said(phrase)) == option.value, phrase


@pytest.mark.parametrize("step", SCAN.flow.steps, ids=lambda step: step.id)
def test_no_phrase_stands_at_two_answers(step):
    own = [{normalise(p) for p in (o.title, *o.words)} for o in step.options]

    assert sum(map(len, own)) == len(set().union(*own))


def test_there_are_about_ten_questions():
    assert len(SCAN.flow.steps) == 10


# --- mistakes in the file ---


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d["outcomes"][0].update(id="nood"), "urgent", "outcomes", "ontbreekt"),
        (lambda d: d["outcomes"][-1].update(id="rest"), "onduidelijk", "outcomes", "ontbreekt"),
        (
            lambda d: d["outcomes"][-1].update(when={"all": [{"step": "kas", "is": ["ja"]}]}),
            "onduidelijk",
            "when",
            "geen voorwaarden",
        ),
        (
            lambda d: d["outcomes"][1]["when"]["all"][0].update(step="weg"),
            "gezond",
            "when",
            "'weg: ja' bestaat niet",
        ),
        (
            lambda d: d["outcomes"][2]["when"]["any"][0].update({"is": ["misschien"]}),
            "stoppen",
            "when",
            "'winst: misschien' bestaat niet",
        ),
        (
            lambda d: d["signals"][0]["when"].update({"is": ["weg"]}),
            "0",
            "when",
            "'urgentie: weg' bestaat niet",
        ),
        (
            lambda d: d["steps"][3].update(only_if={"schulden": ["heel veel"]}),
            "schuldeisers",
            "when",
            "'schulden: heel veel' bestaat niet",
        ),
        (lambda d: d["outcomes"][1]["services"].append("weg"), "gezond", "services", "'weg'"),
        (lambda d: d["outcomes"][1].update(topics=["weg"]), "gezond", "topics", "'weg'"),
        (lambda d: d["steps"][1].update(id="urgentie"), "urgentie", "id", "twee keer"),
        (lambda d: d["outcomes"][1].update(steps=["Bel."]), "", "outcomes.1.steps", ""),
        (lambda d: d.pop("least_answered"), "", "", "ontbreekt: least_answered"),
    ],
)
def test_a_mistake_in_the_file_is_reported(changed, change, item, field, message):
    path = changed("quickscan", change)

    with pytest.raises(ContentError) as error:
        read_quickscan(path)

    found = [(p.file, p.item, p.field) for p in error.value.problems]
    assert found == [(str(path), item, field)]
    assert message in error.value.problems[0].message


def test_a_question_without_options_is_a_mistake_of_what_needs_them(changed):
    path = changed("quickscan", lambda d: d["steps"][9].pop("options"))

    with pytest.raises(ContentError, match="'energie: nee' bestaat niet"):
        read_quickscan(path)
