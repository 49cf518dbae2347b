"""Questions where any words could be the answer: what is a move, and what belongs in the answer."""

import pytest

from bot.assessment.plan import read_plan
from bot.flows import engine
from bot.flows.model import Said

ASSEN = Said("Assen", "informatie_geven", entities={"gemeente": "Assen"})
PLAN = read_plan().flow


@pytest.fixture
def progress(flow):
    """At the question for free text."""
    outcome = engine.begin(flow, None, {})
    for said in (ASSEN, Said("2")):
        outcome = engine.turn(flow, outcome.progress, said)
    assert outcome.messages[-1].about.step == "vraag"
    return outcome.progress


def at(name):
    """The progress of someone at this question of the plan."""
    progress = engine.begin(PLAN, None, {}).progress
    for step in PLAN.steps:
        if step.id == name:
            break
        progress = progress.with_answer(step.id, "Iets.")
    return progress


def said(text, intent):
    return Said(text, intent, is_topic=intent not in engine.MOVES)


# --- the same words, shorter or longer ---


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("dan stop ik ermee", "stoppen"),
        ("Als niemand het koopt stop ik", "stoppen"),
        ("toch maar even niet", "stoppen"),
        ("Ik ga terug naar mijn oude baas", "vorige_vraag"),
        ("Ik leg aan klanten uit hoe het werkt", "uitleg_vraag"),
        ("Ik weet nog niet hoeveel klanten er komen", "weet_niet"),
    ],
)
def test_a_sentence_is_an_answer_even_when_nlu_hears_a_move(flow, progress, text, intent):
    outcome = engine.turn(flow, progress, said(text, intent))

    assert outcome.progress.answers["vraag"] == text
    assert outcome.ended == "no"
    assert outcome.messages[-1].about.step == "akkoord"


@pytest.mark.parametrize("text", ["stop", "ik stop", "stop er mee", "Stop!"])
def test_a_short_stop_leaves(flow, progress, text):
    outcome = engine.turn(flow, progress, said(text, "stoppen"))

    assert outcome.ended == "left"
    assert "vraag" not in outcome.progress.answers


@pytest.mark.parametrize("text", ["terug", "vorige vraag", "ga eens een vraag terug"])
def test_a_short_back_goes_back(flow, progress, text):
    outcome = engine.turn(flow, progress, said(text, "vorige_vraag"))

    assert outcome.messages[-1].about.step == "situatie"
    assert "vraag" not in outcome.progress.answers


@pytest.mark.parametrize("text", ["leg uit", "wat bedoel je", "kun je dat even uitleggen"])
def test_a_short_question_about_the_question_is_explained(flow, progress, text):
    outcome = engine.turn(flow, progress, said(text, "uitleg_vraag"))

    assert outcome.messages[-1].text.startswith("Dan leest de adviseur dat.")
    assert outcome.progress == progress


@pytest.mark.parametrize("text", ["weet ik niet", "geen idee", "dat weet ik nog niet"])
def test_not_knowing_skips_a_part_of_the_plan(text):
    outcome = engine.turn(PLAN, at("prijs"), said(text, "weet_niet"))

    assert outcome.progress.answers["prijs"] is None
    assert outcome.messages[-1].about.step == "vinden"


def test_not_knowing_explains_what_cannot_be_skipped(flow, progress):
    outcome = engine.turn(flow, progress, said("weet ik niet", "weet_niet"))

    assert "vraag" not in outcome.progress.answers
    assert "Dan leest de adviseur dat." in outcome.messages[-1].text


def test_stopping_belongs_in_the_plan_of_what_can_go_wrong():
    outcome = engine.turn(PLAN, at("risico"), said("dan stop ik ermee", "stoppen"))

    assert outcome.progress.answers["risico"] == "dan stop ik ermee"
    assert outcome.messages[-1].about.step == "stappen"
    left = engine.turn(PLAN, at("risico"), said("stop", "stoppen"))
    assert left.ended == "left"


@pytest.mark.parametrize(
    ("intent", "words"),
    [("stoppen", 3), ("vorige_vraag", 5), ("uitleg_vraag", 5), ("weet_niet", 5)],
)
def test_a_move_has_so_many_words_at_most(flow, progress, intent, words):
    short, long = (" ".join(["woord"] * number) for number in (words, words + 1))

    assert "vraag" not in engine.turn(flow, progress, said(short, intent)).progress.answers
    assert engine.turn(flow, progress, said(long, intent)).progress.answers["vraag"] == long


@pytest.mark.parametrize("intent", ["stoppen", "vorige_vraag", "uitleg_vraag"])
def test_where_options_are_asked_a_long_move_is_still_a_move(flow, intent):
    outcome = engine.turn(flow, engine.begin(flow, None, {}).progress, ASSEN)
    text = "ik zou nu toch wel heel graag iets anders willen"

    moved = engine.turn(flow, outcome.progress, said(text, intent))

    assert "situatie" not in moved.progress.answers
    assert moved.ended == ("left" if intent == "stoppen" else "no")


# --- other intents ---


@pytest.mark.parametrize(
    "intent", ["bevestigen", "smalltalk", "nlu_fallback", "groet", "klacht", "bbz", None]
)
def test_any_words_are_an_answer(flow, progress, intent):
    outcome = engine.turn(flow, progress, Said("Ik wil weten of het mag", intent))

    assert outcome.progress.answers["vraag"] == "Ik wil weten of het mag"


@pytest.mark.parametrize(
    "intent", ["noodsituatie", "privacy", "gegevens_wissen", "opnieuw_beginnen", "ben_je_een_bot"]
)
@pytest.mark.parametrize("text", ["wissen", "wil je nu alles wat ik tegen je heb gezegd weggooien"])
def test_some_things_are_never_an_answer(flow, progress, intent, text):
    assert engine.turn(flow, progress, Said(text, intent)) is None
