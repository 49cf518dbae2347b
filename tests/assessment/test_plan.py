import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.page import Bar, Page
from bot.assessment.plan import (
    CHANGE,
    again,
    page,
    read_plan,
    revision,
    summary,
    was_made,
)
from bot.catalogue.wording import ADVISER
from bot.content import DATA, ContentError
from bot.flows import engine
from bot.flows.model import Progress, Said
from bot.taxonomy import taxonomy

PLAN = read_plan()
IDS = [part.step for part in PLAN.parts]
SERVICES = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
SKIP = Said("weet ik niet", "weet_niet")
OWN_WORDS = {name: f"In mijn woorden: {name}." for name in IDS}
PROFILE = Page(
    "Jouw profiel",
    "Dit zie ik.",
    [],
    bars=[Bar("Wat je drijft", "carries", 0.8), Bar("Je markt", "unknown", None)],
)


def first_time(answers):
    """The progress of someone who makes a plan and skips what is not among the answers."""
    outcome = engine.begin(PLAN.flow, None, {})
    while outcome.ended == "no":
        text = answers.get(outcome.messages[-1].about.step)
        outcome = engine.turn(PLAN.flow, outcome.progress, Said(text) if text else SKIP)
    return outcome.progress


def come_back(done):
    """As `actions/scans.py` begins: a new passage through one part, from the answers of before."""
    assert was_made(done)
    return engine.begin(revision(PLAN), done, {}, again(done))


def changed_part(done, part, *said):
    """The outcome after choosing a part and saying all this."""
    outcome = come_back(done)
    assert outcome.messages[-1].about.step == CHANGE
    for one in (Said(answer=f"{CHANGE}:{part}"), *said):
        assert was_made(outcome.progress)
        outcome = engine.turn(revision(PLAN), outcome.progress, one)
    return outcome


def page_of(answers, profile=None):
    return page(PLAN, answers, profile, "22 november 2026")


def parts_of(made):
    """What stands on the page, by the number of the part."""
    return [section.paragraphs[0] for section in made.sections]


# --- the first time ---


def test_about_a_dozen_questions_that_can_be_skipped_and_explained():
    assert 11 <= len(PLAN.flow.steps) <= 13
    for step in PLAN.flow.steps:
        assert (step.kind, step.skippable) == ("text", True)
        assert step.explain
    assert [step.id for step in PLAN.flow.steps] == IDS


def test_the_plan_is_about_all_that_a_plan_needs():
    """Idea, customer, problem, price, costs, hours, money needed, first three steps."""
    needed = {"idee", "klant", "probleem", "prijs", "kosten", "uren", "geld", "stappen"}

    assert needed <= set(IDS)


def test_progress_is_shown():
    outcome = engine.begin(PLAN.flow, None, {})
    second = engine.turn(PLAN.flow, outcome.progress, Said("Ik maak kantoren schoon"))

    assert "Vraag 1 van 12." in outcome.messages[-1].text
    assert "Vraag 2 van 12." in second.messages[-1].text


def test_the_page_has_every_answer_in_their_own_words():
    answers = first_time(OWN_WORDS).answers
    made = page_of(answers)

    assert parts_of(made) == [OWN_WORDS[name] for name in IDS]
    assert not any(section.empty for section in made.sections)
    for part, section in zip(PLAN.parts, made.sections, strict=True):
        assert section.heading == f"{part.section}: {part.heading.lower()}"


def test_an_empty_part_has_its_own_hint_and_is_marked():
    answers = first_time({"idee": "Ik bak taart."}).answers
    first, *others = page_of(answers).sections

    assert (first.paragraphs, first.empty) == (["Ik bak taart."], False)
    assert all(section.empty for section in others)
    assert [section.paragraphs[0] for section in others] == [p.hint for p in PLAN.parts[1:]]
    assert len({part.hint for part in PLAN.parts}) == len(PLAN.parts)


@given(st.fixed_dictionaries({name: st.none() | st.text(min_size=1) for name in IDS}))
def test_a_page_has_every_part_once_whatever_was_written(answers):
    made = page_of(answers)

    assert len(made.sections) == len(PLAN.parts)
    for part, section in zip(PLAN.parts, made.sections, strict=True):
        assert section.paragraphs == [answers[part.step] or part.hint]
        assert section.empty is (answers[part.step] is None)
    stored = json.loads(json.dumps(made.as_dict()))
    assert json.loads(json.dumps(Page.from_dict(stored).as_dict())) == stored


def test_a_part_that_was_never_asked_is_empty_too():
    assert all(section.empty for section in page_of({}).sections)


def test_the_bars_of_the_profile_go_along():
    made = page_of(OWN_WORDS, PROFILE)

    assert list(made.bars) == list(PROFILE.bars)
    assert "Wat je drijft: dit draagt je." in made.alt()
    assert made.title == "Mijn ondernemingsplan"
    assert list(page_of(OWN_WORDS).bars) == []


def test_the_plan_goes_with_its_version_and_date():
    made = page_of({})

    assert (made.version, made.made_on) == (PLAN.version, "22 november 2026")


# --- coming back ---


def test_who_comes_back_chooses_one_part_by_its_name():
    outcome = come_back(first_time(OWN_WORDS))
    (message,) = outcome.messages

    assert message.about.step == CHANGE
    assert "Welk deel van je plan wil je veranderen?" in message.text
    assert [choice.title for choice in message.choices] == [part.heading for part in PLAN.parts]
    assert outcome.progress.answers == OWN_WORDS


@pytest.mark.parametrize("part", IDS)
def test_changing_one_part_keeps_the_rest(part):
    outcome = changed_part(first_time(OWN_WORDS), part, Said("Nu is het anders."))

    assert outcome.ended == "done"
    expected = {**OWN_WORDS, part: "Nu is het anders."}
    assert parts_of(page_of(outcome.progress.answers)) == [expected[name] for name in IDS]


def test_a_plan_is_refined_again_and_again():
    progress = first_time({name: OWN_WORDS[name] for name in ("idee", "klant")})
    runs, expected = {progress.run}, {"idee": OWN_WORDS["idee"], "klant": OWN_WORDS["klant"]}

    for round_, part in enumerate(("prijs", "klant", "prijs"), start=1):
        outcome = changed_part(progress, part, Said(f"Ronde {round_}."))
        progress, expected[part] = outcome.progress, f"Ronde {round_}."
        runs.add(progress.run)
        assert outcome.ended == "done"
        made = page_of(progress.answers)
        hints = {part.step: part.hint for part in PLAN.parts}
        assert parts_of(made) == [expected.get(name, hints[name]) for name in IDS]

    assert expected == {"idee": OWN_WORDS["idee"], "klant": "Ronde 2.", "prijs": "Ronde 3."}
    assert len(runs) == 4


def test_the_question_of_a_part_comes_without_a_number():
    outcome = changed_part(first_time(OWN_WORDS), "prijs")

    text = outcome.messages[-1].text
    assert text == f"Je schreef eerder: {OWN_WORDS['prijs']}\n\n{PLAN.flow.step('prijs').ask}"
    assert outcome.messages[-1].about.step == "prijs"


def test_a_part_can_be_chosen_in_words_or_by_its_number():
    progress = come_back(first_time(OWN_WORDS)).progress

    for text in ("mijn prijs", "5"):
        outcome = engine.turn(revision(PLAN), progress, Said(text))
        assert outcome.messages[-1].about.step == "prijs"


def test_back_leads_to_the_choice_of_a_part():
    back = Said("terug", "vorige_vraag")
    outcome = changed_part(first_time(OWN_WORDS), "prijs", back)

    assert outcome.messages[-1].about.step == CHANGE
    assert outcome.progress.answers == OWN_WORDS


def test_another_part_with_an_older_button():
    outcome = changed_part(first_time(OWN_WORDS), "prijs", Said(answer=f"{CHANGE}:klant"))

    assert outcome.messages[-1].about.step == "klant"
    assert "Aangepast: Mijn klant." in outcome.messages[-1].text


def test_not_knowing_does_not_wipe_out_what_was_written():
    outcome = changed_part(first_time(OWN_WORDS), "prijs", SKIP)

    assert outcome.progress.answers["prijs"] == OWN_WORDS["prijs"]
    assert outcome.messages[-1].about.step == "prijs"
    assert PLAN.flow.step("prijs").explain in outcome.messages[-1].text


def test_a_part_that_was_empty_may_stay_so():
    outcome = changed_part(first_time({"idee": "Taart."}), "prijs", SKIP)

    assert outcome.ended == "done"
    assert outcome.progress.answers["prijs"] is None
    assert outcome.progress.answers["idee"] == "Taart."


def test_who_stops_half_way_keeps_the_plan_and_goes_on_with_the_part():
    left = changed_part(first_time(OWN_WORDS), "prijs", Said("stop", "stoppen"))
    assert left.ended == "left"
    assert was_made(left.progress)

    outcome = engine.begin(revision(PLAN), left.progress, {})

    assert outcome.messages[-1].about.step == "prijs"
    done = engine.turn(revision(PLAN), outcome.progress, Said("Vijftig euro."))
    assert done.ended == "done"
    assert done.progress.answers == {**OWN_WORDS, "prijs": "Vijftig euro.", CHANGE: "prijs"}


def test_who_is_still_making_the_first_plan_has_none_to_change():
    progress = Progress.begin()
    for name in IDS:
        assert not was_made(progress)
        progress = progress.with_answer(name, OWN_WORDS[name])
    assert not was_made(progress)
    assert was_made(first_time({}))


# --- what is said at the end ---


def test_the_end_offers_the_page_a_change_and_a_person():
    (message,) = summary(PLAN, "https://voorbeeld.nl/pdf")
    change, *others = message.choices

    assert "](https://voorbeeld.nl/pdf)" in message.text
    assert "7 dagen" in message.text
    assert (change.intent, change.answer) == (PLAN.flow.intent, "start:plan")
    assert [choice.intent for choice in others] == [*PLAN.topics, ADVISER.intent]
    assert (message.about.flow, list(message.about.services)) == ("plan", list(PLAN.services))


def test_all_that_is_named_exists():
    assert set(PLAN.services) <= SERVICES
    assert {*PLAN.topics, PLAN.flow.intent} <= set(taxonomy().intents)


# --- mistakes in the file ---


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        (lambda d: d["services"].append("weg"), "services", "'weg' bestaat niet"),
        (lambda d: d["topics"].append("weg"), "topics", "'weg' bestaat niet"),
        (lambda d: d["steps"][0].pop("hint"), "steps.0", "ontbreekt: hint"),
        (lambda d: d["steps"][2].update(kop="x"), "steps.2", "onbekend veld: kop"),
        (lambda d: d.pop("ready"), "", "ontbreekt: ready"),
    ],
)
def test_a_mistake_in_the_file_is_reported(changed, change, field, message):
    path = changed("plan", change)

    with pytest.raises(ContentError) as error:
        read_plan(path)

    (problem,) = error.value.problems
    assert (problem.file, problem.item, problem.field) == (str(path), "", field)
    assert message in problem.message


def test_the_same_question_twice_is_reported(changed):
    with pytest.raises(ContentError, match="idee: id: dit id komt twee keer voor"):
        read_plan(changed("plan", lambda d: d["steps"][1].update(id="idee")))
