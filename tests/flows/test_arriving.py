"""Messages before a question when someone arrives at it, and passages that start from something."""

import pytest

from bot.conversations.messages import Image, Message
from bot.flows import engine
from bot.flows.model import Flow, Option, Progress, Said, Step

YES_NO = (Option("ja", "Ja", ("ja",)), Option("nee", "Nee", ("nee",)))
BACK, SKIP = Said("terug", "vorige_vraag"), Said("weet ik niet", "weet_niet")
PICTURE = Image("https://voorbeeld.nl", "Een plaatje.")


def question(name, **special):
    return Step(name, f"Vraag over {name}?", "choice", YES_NO, "Daarom.", skippable=True, **special)


@pytest.fixture
def made():
    """The progress with which the profile was made, each time."""
    return []


@pytest.fixture
def flow(made):
    def profile(progress):
        made.append(progress)
        answers = progress.answers
        return [Message(f"Je zei: {answers['geld']}.", image=PICTURE), Message("Let hierop.")]

    return Flow(
        "proef",
        "btw",
        "de vragen",
        "Ik vraag wat.",
        (question("geld"), question("besluit", reconfirm=True), question("einde")),
        before={"besluit": profile},
    )


def play(flow, *said):
    outcome = engine.begin(flow, None, {})
    for one in said:
        outcome = engine.turn(flow, outcome.progress, Said(one) if isinstance(one, str) else one)
    return outcome


def texts(outcome):
    return [message.text for message in outcome.messages]


def profile_of(value):
    return [f"Je zei: {value}.", "Let hierop.", "**Vraag 2 van 3.** Vraag over besluit?"]


# --- before a question ---


def test_who_arrives_at_a_question_gets_what_comes_before_it(flow, made):
    outcome = play(flow, "ja")

    assert texts(outcome) == profile_of("ja")
    assert outcome.messages[0].image == PICTURE
    assert outcome.messages[-1].about.step == "besluit"
    assert outcome.messages[-1].choices
    assert [progress.answers for progress in made] == [{"geld": "ja"}]


def test_nothing_comes_before_the_other_questions(flow, made):
    assert texts(play(flow)) == ["Ik vraag wat.\n\n**Vraag 1 van 3.** Vraag over geld?"]
    assert texts(play(flow, "ja", "ja")) == ["**Vraag 3 van 3.** Vraag over einde?"]


def test_it_comes_after_a_button_and_after_skipping_too(flow):
    assert texts(play(flow, Said(answer="geld:nee"))) == profile_of("nee")
    note, *others = texts(play(flow, SKIP))
    assert "We slaan deze vraag over." in note
    assert others == profile_of("None")


@pytest.mark.parametrize(
    "said",
    [
        Said("paars", "nlu_fallback"),
        Said("leg uit", "uitleg_vraag"),
        Said("wat is btw", "btw", True, confidence=0.2),
        Said("", answer="besluit:weg"),
        Said("", answer="einde:ja"),
    ],
    ids=["not understood", "explanation", "vague", "no such answer", "not asked yet"],
)
def test_who_stays_at_a_question_does_not_get_it_again(flow, made, said):
    outcome = play(flow, "ja", said)

    assert outcome.messages[-1].about.step == "besluit"
    assert len(outcome.messages) == 1
    assert "Je zei" not in texts(outcome)[0]
    assert len(made) == 1


def test_after_something_else_the_question_alone_is_repeated(flow, made):
    progress = play(flow, "ja").progress
    assert engine.turn(flow, progress, Said("wat is bbz?", "bbz", True)) is None

    outcome = engine.ask_again(flow, progress, {})

    assert texts(outcome) == ["Terug naar de vragen.\n\n**Vraag 2 van 3.** Vraag over besluit?"]
    assert len(made) == 1


def test_who_goes_back_and_answers_otherwise_gets_it_anew(flow, made):
    outcome = play(flow, "ja", BACK, "nee")

    assert texts(outcome) == profile_of("nee")
    assert [progress.answers["geld"] for progress in made] == ["ja", "nee"]
    assert made[0].run == made[1].run


def test_who_corrects_an_earlier_answer_gets_it_anew_with_a_note_first(flow):
    """After the decision too: that is asked again, because the profile changed."""
    for said in (["ja"], ["ja", "ja"]):
        outcome = play(flow, *said, Said(answer="geld:nee"))
        assert texts(outcome) == ["Aangepast: Nee.", *profile_of("nee")]
        assert outcome.progress.answers == {"geld": "nee"}


def test_who_comes_back_later_gets_it_again(flow):
    left = play(flow, "ja", Said("stop", "stoppen"))
    assert left.ended == "left"

    outcome = engine.begin(flow, left.progress, {})

    assert texts(outcome) == ["We gaan verder met: de vragen.", *profile_of("ja")]


def test_it_comes_when_all_before_it_was_known(flow):
    known = Flow(
        "proef",
        "btw",
        "de vragen",
        "Ik vraag wat.",
        (question("geld", known="geld"), *flow.steps[1:]),
        before=flow.before,
    )
    outcome = engine.begin(known, None, {"geld": "ja"})

    assert texts(outcome) == ["Ik vraag wat.", *profile_of("ja")]


# --- a passage that starts from something ---

FRESH = Progress("nieuw", {"geld": "ja"})
DONE = Progress(
    "oud", {"geld": "nee", "besluit": "ja", "einde": "ja"}, ("geld", "besluit"), (), True
)


@pytest.mark.parametrize("progress", [None, DONE], ids=["the first time", "after the end"])
def test_a_new_passage_starts_from_what_is_given(flow, progress):
    outcome = engine.begin(flow, progress, {}, FRESH)

    assert outcome.progress == FRESH
    assert outcome.messages[-1].about.step == "besluit"
    assert texts(outcome)[0] == "Ik vraag wat."


def test_without_anything_given_a_new_passage_is_empty(flow):
    outcome = engine.begin(flow, DONE, {})

    assert outcome.progress.answers == {}
    assert outcome.progress.run not in ("oud", "nieuw")


def test_who_is_half_way_goes_on_and_does_not_start_anew(flow):
    half = play(flow, "nee").progress

    outcome = engine.begin(flow, half, {}, FRESH)

    assert outcome.progress == half
    assert texts(outcome)[0] == "We gaan verder met: de vragen."


def test_what_a_passage_starts_from_was_not_given_in_it(flow):
    """So that 'terug' does not undo what was answered in an earlier passage."""
    outcome = engine.begin(flow, None, {}, FRESH)
    back = engine.turn(flow, outcome.progress, BACK)

    assert "Dit is de eerste vraag." in texts(back)[0]
    assert back.progress.answers == {"geld": "ja"}
