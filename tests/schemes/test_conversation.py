"""The questions in a conversation, and how the findings are told."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.wording import ADVISER
from bot.conversations import why
from bot.flows import engine
from bot.flows.model import Said
from bot.flows.reading import read as read_answer
from bot.schemes import conversation
from bot.schemes.content import GEMEENTE, read
from bot.schemes.rules import judge_all, next_fact
from bot.schemes.situation import from_input
from bot.taxonomy import taxonomy

RULES = read()
FLOW = conversation.flow(RULES)
SKIP = Said("weet ik niet", "weet_niet")
OTHERS_DECIDE = "Jouw gemeente, UWV of de Belastingdienst beslist. Ik kan niets beloven."
PERSON = from_input(
    RULES,
    {
        "inkomen": "bijstand",
        "bedrijf": "nog_niet",
        "leeftijd": 38,
        "uren": 18,
        "leven_van_bedrijf": "deels",
        "geldzorgen": "ja",
        "geld_nodig": 0,
        "omzet": 8000,
        "studie": "nee",
        "kinderopvang": "nee",
        "gemeente": "Assen",
    },
)


def asked(outcome):
    return outcome.messages[-1].about.step


def text(outcome):
    return "\n\n".join(message.text for message in outcome.messages)


def said(step, value):
    if step == GEMEENTE:
        return Said(value, "informatie_geven", entities={"gemeente": value})
    return Said(value, "informatie_geven", answer=f"{step}:{value}")


def until(step, person=PERSON, known=None):
    """Answers the questions of this person until this one is asked."""
    outcome = engine.begin(FLOW, None, known or {})
    for _ in RULES.facts:
        if outcome.ended == "done" or asked(outcome) == step:
            break
        outcome = engine.turn(FLOW, outcome.progress, said(asked(outcome), person[asked(outcome)]))
    assert outcome.ended == "no" and asked(outcome) == step, f"{step} is never asked"
    return outcome


def to_the_end(outcome, say):
    """Goes on until no question comes: the last outcome, and the questions on the way."""
    seen = []
    while outcome.ended == "no":
        seen.append(asked(outcome))
        assert len(seen) <= len(RULES.facts), "the questions never end"
        outcome = engine.turn(FLOW, outcome.progress, say(asked(outcome)))
    return outcome, seen


def told(person, local=lambda _: None):
    messages = conversation.result(RULES, person, local)
    return messages, "\n\n".join(message.text for message in messages)


# --- the questions ---


def test_the_flow_begins_with_what_it_is_for_and_the_question_that_settles_most():
    outcome = engine.begin(FLOW, None, {})

    assert RULES.intro in text(outcome)
    assert asked(outcome) == next_fact(RULES.schemes, RULES.facts, {}, set())
    assert RULES.facts[asked(outcome)].ask in text(outcome)
    assert f"hoogstens {RULES.most_questions}" in text(outcome)


def test_a_question_has_a_button_for_every_answer_and_can_be_explained():
    outcome = until("leeftijd")

    assert [c.answer for c in outcome.messages[-1].choices] == [
        f"leeftijd:{value}" for value in RULES.facts["leeftijd"].values
    ]
    explained = engine.turn(FLOW, outcome.progress, Said("waarom?", "uitleg_vraag"))
    assert RULES.facts["leeftijd"].explain in text(explained)
    assert asked(explained) == "leeftijd"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("17", "onder_18"),
        ("ik ben 23 jaar", "van_18_tot_27"),
        ("Ik ben 58.", "van_55_tot_aow"),
        ("67 of ouder", "aow"),
    ],
)
def test_an_age_is_read_from_a_number_in_a_sentence(words, value):
    outcome = engine.turn(FLOW, until("leeftijd").progress, Said(words, "informatie_geven"))

    assert outcome.progress.answers["leeftijd"] == value
    assert asked(outcome) != "leeftijd"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("50 duizend", "tot_50000"),
        ("50k", "tot_50000"),
        ("51k", "tot_250000"),
        ("ongeveer 15.000 euro", "tot_50000"),
        ("niets", "niets"),
        ("0", "niets"),
    ],
)
def test_an_amount_is_read_as_people_write_it(words, value):
    outcome = engine.turn(FLOW, until("geld_nodig").progress, Said(words, "informatie_geven"))

    assert outcome.progress.answers["geld_nodig"] == value


@pytest.mark.parametrize("words", ["200", "oud genoeg", "tussen 20 en 30", "1990"])
def test_what_is_no_age_is_asked_again(words):
    before = until("leeftijd")
    outcome = engine.turn(FLOW, before.progress, Said(words, "informatie_geven"))

    assert outcome.progress == before.progress
    assert asked(outcome) == "leeftijd"
    assert "Typ een getal" in text(outcome)


@pytest.mark.parametrize(
    "words", ["weet ik niet", "dat weet ik niet", "geen idee", "geen flauw idee"]
)
@pytest.mark.parametrize("step", RULES.steps)
def test_whoever_does_not_know_skips_the_question(step, words):
    """The intro says so; 'niet' in it must not be taken for a no."""
    assert read_answer(RULES.steps[step], Said(words, "weet_niet")) is None
    assert RULES.steps[step].skippable


def test_a_question_that_was_skipped_is_not_asked_again_and_is_not_known():
    before = engine.begin(FLOW, None, {})
    first = asked(before)
    outcome = engine.turn(FLOW, before.progress, SKIP)

    assert outcome.progress.answers == {first: None}
    assert conversation.situation(outcome.progress.answers) == {}
    outcome, seen = to_the_end(outcome, lambda step: SKIP)
    assert first not in seen
    assert len(seen) == len(set(seen)) == RULES.most_questions - 1


def test_no_more_questions_are_asked_than_was_said():
    begun = engine.begin(FLOW, None, {})
    outcome, seen = to_the_end(begun, lambda step: said(step, PERSON[step]))

    assert outcome.progress.done
    assert list(outcome.progress.given) == seen
    assert len(seen) == RULES.most_questions


def test_fewer_questions_may_be_asked():
    flow = conversation.flow(replace(RULES, most_questions=2))
    outcome = engine.begin(flow, None, {})
    outcome = engine.turn(flow, outcome.progress, SKIP)
    outcome = engine.turn(flow, outcome.progress, SKIP)

    assert outcome.ended == "done"


def test_what_is_known_already_is_not_asked_and_does_not_count():
    known = {"inkomen": "bijstand", "bedrijf": "nog_niet", "gemeente": "Assen"}
    outcome = engine.begin(FLOW, None, known)

    assert outcome.progress.answers == known
    assert "Vraag 1" in text(outcome)
    outcome, seen = to_the_end(outcome, lambda step: said(step, PERSON[step]))
    assert set(seen).isdisjoint(known)
    assert list(outcome.progress.given) == seen
    assert RULES.most_questions - len(known) < len(seen) <= RULES.most_questions


def test_who_is_done_after_a_few_answers_is_asked_no_more():
    begun = engine.begin(FLOW, None, {"bedrijf": "gestopt", "leeftijd": "onder_18"})
    _, seen = to_the_end(begun, lambda step: SKIP)

    assert len(seen) < RULES.most_questions


def test_back_opens_the_question_that_was_asked_before():
    before = until("leeftijd")
    last = before.progress.given[-1]
    outcome = engine.turn(FLOW, before.progress, Said("terug", "vorige_vraag"))

    assert asked(outcome) == last
    assert last not in outcome.progress.answers


# --- what is told ---


def test_what_may_fit_is_told_with_reason_check_and_first_step(schemes):
    messages, whole = told(PERSON)

    for name in ("parttime_ondernemen", "schuldhulp", "kor"):
        scheme = schemes[name]
        assert f"**{scheme.name}**" in messages[0].text
        assert scheme.to_check[0] in messages[0].text
        assert scheme.talk_first in messages[0].text
        assert scheme.conditions[0].why in messages[0].text
        assert scheme.service in messages[0].about.services
    assert messages[0].text.startswith("**Dit past misschien bij je:**")
    assert whole.endswith(OTHERS_DECIDE)


def test_what_does_not_fit_is_told_with_its_reason(schemes):
    _, whole = told(PERSON)

    assert "**Dit past waarschijnlijk niet:**" in whole
    assert f"- {schemes['bbz_starter'].name}: Je moet 1.225 uur per jaar" in whole


def test_what_is_far_from_fitting_is_not_told():
    """Of a scheme of which nothing holds someone needs no reason why not."""
    _, whole = told({"inkomen": "loondienst"})

    assert "waarschijnlijk niet" not in whole


def test_what_is_open_is_told_with_the_question_that_decides(schemes):
    _, whole = told({"inkomen": "bijstand", "bedrijf": "nog_niet", "leeftijd": "van_27_tot_55"})

    assert "**Dit weet ik nog niet zeker:**" in whole
    scheme = schemes["parttime_ondernemen"]
    line = f"- {scheme.name}: {scheme.conditions[0].why} Het hangt nog af van deze vraag: "
    assert line + RULES.facts["uren"].ask in whole


def test_of_someone_of_whom_nothing_is_known_nothing_is_said():
    messages, whole = told({})

    assert "Een adviseur weet vaak meer dan ik" in messages[0].text
    assert messages[0].about.services == []
    assert list(messages[-1].choices) == [why.choice("regelingen"), ADVISER]
    assert "hangt nog af" not in whole
    assert "waarschijnlijk niet" not in whole


def test_who_fits_nowhere_is_sent_to_an_adviser(rules):
    person = from_input(rules, {"inkomen": "loondienst", "bedrijf": "gestopt", "leeftijd": 40})
    messages, whole = told({**person, "geldzorgen": "nee", "jaren_ondernemer": "vanaf_10"})

    assert "Een adviseur weet vaak meer dan ik" in whole
    assert ADVISER in messages[-1].choices
    assert OTHERS_DECIDE in whole


def test_a_service_of_the_own_gemeente_is_named():
    provider = SimpleNamespace(name="Gemeente Assen")
    local = SimpleNamespace(name="PTO Drenthe", status="actueel", provider=provider)
    gone = SimpleNamespace(name="Oude hulp", status="onbekend", provider=provider)
    services = {"parttime_ondernemen": local, "schuldhulp": gone}
    _, whole = told(PERSON, lambda scheme: services.get(scheme.id))

    assert "- In jouw gemeente heet dit: PTO Drenthe (Gemeente Assen)." in whole
    assert "- In jouw gemeente was er: Oude hulp. Vraag je gemeente of dit nog bestaat." in whole
    assert whole.count("In jouw gemeente") == 2


def test_the_buttons_are_a_few_subjects_and_an_adviser(schemes):
    messages, _ = told(PERSON)

    intents = [choice.intent for choice in messages[-1].choices]
    assert intents[-2:] == [why.INTENT, ADVISER.intent]
    assert 1 <= len(intents) - 2 <= conversation.MOST_BUTTONS
    assert len(intents) == len(set(intents))
    assert intents[0] == schemes["parttime_ondernemen"].topic
    assert all(taxonomy().intents[intent].is_topic for intent in intents[:-2])
    assert [message.choices for message in messages[:-1]] == [()]


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.none()
            | st.sampled_from(["Assen", "Zwolle", "Urk"] if name == GEMEENTE else list(fact.values))
            for name, fact in RULES.facts.items()
        },
    )
)
def test_whoever_it_is_nothing_is_promised_and_the_list_stays_short(answers):
    messages, whole = told(answers)
    findings = judge_all(RULES.schemes, conversation.situation(answers))
    fitting = [f.scheme for f in findings if f.verdict == "may_fit"]

    assert OTHERS_DECIDE in messages[-1].text
    assert ADVISER in messages[-1].choices
    assert len(messages) == 2
    for words in ("krijg je", "je hebt recht", "je voldoet", "dit past bij je", "gegarandeerd"):
        assert words not in whole.lower()
    assert ("misschien" in whole) is bool(fitting)
    assert all(scheme.name in messages[0].text for scheme in fitting)
    shown = [scheme for scheme in fitting if f"**{scheme.name}**" in messages[0].text]
    assert shown == fitting[: conversation.MOST_FITTING]
    assert {scheme.service for scheme in shown} == set(messages[0].about.services)
    assert len(messages[-1].text) < 2500


def test_a_question_that_makes_no_sense_is_not_told_as_what_it_hangs_on():
    """Someone of 60 who has stopped hears nothing of caring for children at home."""
    person = {"leeftijd": 60, "bedrijf": "gestopt", "geldzorgen": "nee", "jaren_ondernemer": 20}
    _, whole = told(from_input(RULES, person))

    assert "gastouder" not in whole.lower()


def test_a_service_is_named_once():
    messages, _ = told({"inkomen": "ww", "bedrijf": "nog_niet", "leven_van_bedrijf": "helemaal"})

    services = list(messages[0].about.services)
    assert services == ["uwv-startperiode-ww"]


def test_a_finding_as_json_says_what_to_check_only_when_it_is_of_use(schemes):
    findings = {f.scheme.id: f for f in judge_all(RULES.schemes, PERSON)}
    fits = conversation.as_dict(findings["kor"])
    fails = conversation.as_dict(findings["ioaz"])

    assert fits["verdict"] == "may_fit"
    assert fits["to_check"] == list(schemes["kor"].to_check)
    assert fits["sources"] == [dict(source) for source in schemes["kor"].sources]
    assert (fails["verdict"], fails["to_check"], fails["ask"]) == ("does_not_fit", [], [])
    assert fails["reasons"]
