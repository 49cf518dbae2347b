import pytest

from bot.assessment.bank import read_bank
from bot.flows import engine
from bot.flows.model import Said
from bot.referral.intake import read_intake

TOPIC = Said("wat is bbz?", "bbz", is_topic=True)
ASSEN = Said("Assen", "informatie_geven", entities={"gemeente": "Assen"})


def play(flow, *said, known=None):
    """Begins the flow and says all this; the last outcome."""
    outcome = engine.begin(flow, None, known or {})
    for one in said:
        outcome = engine.turn(flow, outcome.progress, one)
    return outcome


def asked(outcome):
    return outcome.messages[-1].about.step


def text(outcome):
    return "\n\n".join(message.text for message in outcome.messages)


def test_a_flow_begins_with_its_intro_and_first_question_in_one_message(flow):
    outcome = engine.begin(flow, None, {})

    assert [message.text for message in outcome.messages] == [
        "Ik stel een paar vragen.\n\n**Vraag 1 van 4.** Waar woon je?"
    ]
    assert outcome.messages[0].about.flow == "proef"
    assert asked(outcome) == "gemeente"
    assert outcome.ended == "no"


def test_one_question_is_asked_at_a_time(flow):
    outcome = play(flow, ASSEN)

    assert len(outcome.messages) == 1
    assert text(outcome) == "**Vraag 2 van 4.** Wat past bij jou?"


def test_the_options_become_buttons_that_carry_their_question(flow):
    (message,) = play(flow, ASSEN).messages

    assert [(c.title, c.intent, c.answer) for c in message.choices] == [
        ("Ik heb een baan", "informatie_geven", "situatie:baan"),
        ("Ik heb bijstand", "informatie_geven", "situatie:bijstand"),
        ("Ik ben zzp'er", "informatie_geven", "situatie:zzp"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        Said("Ik heb bijstand", "informatie_geven", answer="situatie:bijstand"),
        Said("2"),
        Said("twee"),
        Said("bijstand", "starten_vanuit_bijstand", is_topic=True),
    ],
    ids=["button", "number", "word for a number", "words"],
)
def test_a_question_is_answered_in_many_ways(flow, said):
    outcome = play(flow, ASSEN, said)

    assert outcome.progress.answers == {"gemeente": "Assen", "situatie": "bijstand"}
    assert asked(outcome) == "vraag"


def test_a_question_may_name_what_was_answered(flow):
    outcome = play(flow, ASSEN, Said("2"), Said("Hoe begin ik?"))

    assert "Mag ik dat sturen naar Assen?" in text(outcome)


def test_a_flow_without_numbers_asks_without_numbers():
    assert "Vraag 1" not in text(engine.begin(read_intake(), None, {}))


def test_after_the_last_answer_the_flow_is_done(flow):
    outcome = play(
        flow,
        ASSEN,
        Said("2"),
        Said("Hoe begin ik?"),
        Said("ja"),
        Said("[telefoon:1]", "informatie_geven"),
    )

    assert outcome.ended == "done"
    assert outcome.progress.done
    assert outcome.progress.answers == {
        "gemeente": "Assen",
        "situatie": "bijstand",
        "vraag": "Hoe begin ik?",
        "akkoord": "ja",
        "contact": "[telefoon:1]",
    }


def test_a_question_that_is_needless_is_not_asked(flow):
    outcome = play(flow, ASSEN, Said("2"), Said("Hoe begin ik?"), Said("nee"))

    assert outcome.ended == "done"
    assert "contact" not in outcome.progress.answers


# --- moves within a flow ---


def test_a_question_that_may_be_skipped_is_skipped_without_reproach(flow):
    outcome = play(flow, ASSEN, Said("geen idee", "weet_niet"))

    assert outcome.progress.answers["situatie"] is None
    assert "Dat geeft niet" in text(outcome)
    assert asked(outcome) == "vraag"


def test_a_question_that_may_not_be_skipped_is_explained(flow):
    outcome = play(flow, Said("weet ik niet", "weet_niet"))

    assert outcome.progress.answers == {}
    assert "Elke gemeente is anders." in text(outcome)
    assert asked(outcome) == "gemeente"


def test_a_question_is_explained_and_asked_again(flow):
    outcome = play(flow, ASSEN, Said("leg uit", "uitleg_vraag"))

    assert text(outcome) == "Regels verschillen.\n\n**Vraag 2 van 4.** Wat past bij jou?"
    assert outcome.messages[-1].choices


def test_back_opens_the_previous_question(flow):
    outcome = play(flow, ASSEN, Said("2"), Said("terug", "vorige_vraag"))

    assert "Terug naar de vorige vraag." in text(outcome)
    assert asked(outcome) == "situatie"
    assert outcome.progress.answers == {"gemeente": "Assen"}


def test_back_twice_opens_two_questions(flow):
    back = Said("terug", "vorige_vraag")

    assert asked(play(flow, ASSEN, Said("2"), back, back)) == "gemeente"


def test_before_the_first_question_there_is_nothing(flow):
    outcome = play(flow, Said("terug", "vorige_vraag"))

    assert "Dit is de eerste vraag." in text(outcome)
    assert asked(outcome) == "gemeente"


def test_a_skipped_question_can_be_gone_back_to(flow):
    outcome = play(flow, ASSEN, Said("geen idee", "weet_niet"), Said("terug", "vorige_vraag"))

    assert asked(outcome) == "situatie"


def test_stopping_keeps_the_answers_and_says_how_to_go_on(flow):
    outcome = play(flow, ASSEN, Said("stop", "stoppen"))

    assert outcome.ended == "left"
    assert outcome.progress.answers == {"gemeente": "Assen"}
    assert not outcome.progress.done
    assert "blijven bewaard" in text(outcome)
    assert [choice.intent for choice in outcome.messages[-1].choices] == [
        "medewerker_spreken",
        "hulp",
    ]


def test_a_flow_that_was_left_goes_on_where_it_was(flow):
    left = play(flow, ASSEN, Said("stop", "stoppen"))
    outcome = engine.begin(flow, left.progress, {})

    assert outcome.progress == left.progress
    assert "We gaan verder met: je aanvraag." in text(outcome)
    assert "Ik stel een paar vragen." not in text(outcome)
    assert asked(outcome) == "situatie"


def test_a_flow_that_was_done_begins_anew(flow):
    done = play(flow, ASSEN, Said("2"), Said("Hoe?"), Said("nee")).progress
    outcome = engine.begin(flow, done, {})

    assert outcome.progress.run != done.run
    assert outcome.progress.answers == {}
    assert "Ik stel een paar vragen." in text(outcome)


def test_after_something_else_the_question_is_asked_again(flow):
    outcome = engine.ask_again(flow, play(flow, ASSEN).progress, {})

    assert text(outcome).startswith("Terug naar je aanvraag.")
    assert asked(outcome) == "situatie"
    assert outcome.progress.answers == {"gemeente": "Assen"}


# --- what was known already ---


def test_what_is_known_is_not_asked(flow):
    outcome = engine.begin(flow, None, {"gemeente": "Breda", "leeftijd": "40"})

    assert outcome.progress.answers == {"gemeente": "Breda"}
    assert asked(outcome) == "situatie"


def test_what_became_known_in_the_meantime_is_not_asked_after_resuming(flow):
    left = play(flow, Said("stop", "stoppen"))

    for outcome in (
        engine.begin(flow, left.progress, {"gemeente": "Breda"}),
        engine.ask_again(flow, left.progress, {"gemeente": "Breda"}),
    ):
        assert outcome.progress.answers == {"gemeente": "Breda"}
        assert asked(outcome) == "situatie"


def test_what_someone_answered_wins_over_what_was_known(flow):
    progress = play(flow, ASSEN).progress
    outcome = engine.begin(flow, progress, {"gemeente": "Breda"})

    assert outcome.progress.answers["gemeente"] == "Assen"


def test_a_question_that_someone_went_back_to_is_not_filled_in_again(flow):
    """Rasa remembers the gemeente of the first answer; 'terug' was said to change it."""
    known = {"gemeente": "Assen"}
    reopened = play(flow, ASSEN, Said("terug", "vorige_vraag")).progress

    assert asked(engine.ask_again(flow, reopened, known)) == "gemeente"


def test_a_flow_of_which_everything_is_known_is_done_at_once(flow):
    progress = play(flow, ASSEN, Said("2"), Said("Hoe?")).progress
    complete = progress.with_answer("akkoord", "nee")

    assert engine.begin(flow, complete, {}).ended == "done"
    assert engine.turn(flow, complete, Said("hallo")).ended == "done"


# --- correcting ---


def test_an_older_button_corrects_its_answer_and_the_present_question_stays(flow):
    outcome = play(flow, ASSEN, Said("2"), Said("Ik heb een baan", answer="situatie:baan"))

    assert outcome.progress.answers["situatie"] == "baan"
    assert "Aangepast: Ik heb een baan." in text(outcome)
    assert asked(outcome) == "vraag"


def test_an_older_button_for_a_skipped_question_answers_it(flow):
    skipped = Said("geen idee", "weet_niet")
    outcome = play(flow, ASSEN, skipped, Said("", answer="situatie:zzp"))

    assert outcome.progress.answers["situatie"] == "zzp"


@pytest.mark.parametrize(
    "answer", ["akkoord:ja", "contact:[telefoon:1]", "situatie:weg", "situatie:", "situatie"]
)
def test_a_choice_that_was_not_offered_changes_nothing(flow, answer):
    before = play(flow, ASSEN)
    outcome = engine.turn(flow, before.progress, Said("", answer=answer))

    assert outcome.progress == before.progress
    assert "Dat begrijp ik niet als antwoord" in text(outcome)
    assert asked(outcome) == "situatie"


@pytest.mark.parametrize("answer", ["anders:ja", "", "zs01:5"])
def test_a_choice_of_something_else_is_about_something_else(flow, answer):
    progress = play(flow, ASSEN).progress

    assert engine.turn(flow, progress, Said("", answer=answer)) is None


# --- interruptions ---


def test_a_question_about_a_topic_interrupts(flow):
    assert engine.turn(flow, play(flow, ASSEN).progress, TOPIC) is None


def test_yes_but_a_question_is_not_an_answer():
    flow = read_bank().flow()
    progress = play(flow, Said(answer="lengte:kort")).progress

    assert engine.turn(flow, progress, Said("ja maar wat is bbz?", "bbz", True)) is None


@pytest.mark.parametrize("number", range(5))
def test_an_emergency_interrupts_every_question(flow, number):
    answers = [ASSEN, Said("2"), Said("Hoe?"), Said("ja")][:number]
    progress = play(flow, *answers).progress
    emergency = Said("ja ik wil dood 2 [telefoon:1]", "noodsituatie", False, {"gemeente": "Assen"})

    assert engine.turn(flow, progress, emergency) is None


def test_free_text_takes_a_topic_as_an_answer(flow):
    progress = play(flow, ASSEN, Said("2")).progress
    outcome = engine.turn(flow, progress, Said("Hoe vraag ik bbz aan?", "bbz", True))

    assert outcome.progress.answers["vraag"] == "Hoe vraag ik bbz aan?"


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        (0, "Die gemeente ken ik niet"),
        (1, "Kies een van de knoppen, of typ het nummer"),
        (4, "geen telefoonnummer of e-mailadres"),
    ],
)
@pytest.mark.parametrize("intent", ["nlu_fallback", "informatie_geven", "buiten_bereik", None])
def test_what_is_not_understood_gets_a_hint_and_the_question_again(flow, answers, hint, intent):
    before = play(flow, *[ASSEN, Said("2"), Said("Hoe?"), Said("ja")][:answers])
    outcome = engine.turn(flow, before.progress, Said("paars", intent))

    assert hint in text(outcome)
    assert outcome.progress == before.progress
    assert asked(outcome) == asked(before)


def test_an_empty_message_is_no_free_text(flow):
    outcome = play(flow, ASSEN, Said("2"), Said("  "))

    assert asked(outcome) == "vraag"
    assert "in je eigen woorden" in text(outcome)
