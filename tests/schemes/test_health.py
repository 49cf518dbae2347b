"""Where someone lives of can say something of their health: told before, and it may be skipped."""

import pytest

from bot.flows import engine
from bot.flows.model import Said
from bot.schemes import conversation
from bot.schemes.content import read

RULES = read()
FLOW = conversation.flow(RULES)


@pytest.fixture
def asked():
    """At the question for income."""
    outcome = engine.begin(FLOW, None, {"bedrijf": "nog_niet"})
    assert outcome.messages[-1].about.step == "inkomen"
    return outcome


def test_before_the_choice_someone_reads_why_what_happens_and_that_it_may_be_skipped(asked):
    text = asked.messages[-1].text

    assert "omdat bij elke uitkering andere regels horen" in text
    assert "zegt iets over je gezondheid" in text
    assert "Kies je die, dan vind je goed dat ik haar gebruik" in text
    assert "Medewerkers die de bot beter maken, kunnen haar lezen" in text
    assert "Je hoeft dit niet te zeggen" in text
    assert asked.messages[-1].choices[-1].title == "Liever niet zeggen"


@pytest.mark.parametrize(
    "said",
    [
        Said("", "informatie_geven", answer="inkomen:liever_niet"),
        Said("dat zeg ik liever niet", "ontkennen"),
        Said("Liever niet zeggen", "ontkennen"),
        Said("weet ik niet", "weet_niet"),
    ],
)
def test_who_would_rather_not_say_goes_on_and_nothing_is_kept_of_it(asked, said):
    outcome = engine.turn(FLOW, asked.progress, said)

    assert outcome.progress.answers == {"bedrijf": "nog_niet", "inkomen": None}
    assert outcome.messages[-1].about.step not in (None, "inkomen")
    assert conversation.situation(outcome.progress.answers) == {"bedrijf": "nog_niet"}


def test_not_saying_is_no_fact_of_the_rules():
    assert "liever_niet" not in RULES.facts["inkomen"].values
    assert "gezondheid" not in RULES.facts["inkomen"].ask, "it is named in other answers too"


def test_every_question_with_a_benefit_of_illness_says_so_first():
    for fact in RULES.facts.values():
        of_illness = {"wia", "wajong", "ziektewet"} & set(fact.values)
        assert bool(of_illness) == ("gezondheid" in RULES.steps[fact.id].ask), fact.id
