import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assessment.bank import read_bank
from bot.flows import engine
from bot.flows.model import Progress, Said
from bot.referral.intake import read_intake
from bot.taxonomy import taxonomy

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
        "Ik stel een paar vragen.\n\n**Vraag 1 van 5.** Waar woon je?"
    ]
    assert outcome.messages[0].about.flow == "proef"
    assert asked(outcome) == "gemeente"
    assert outcome.ended == "no"


def test_one_question_is_asked_at_a_time(flow):
    outcome = play(flow, ASSEN)

    assert len(outcome.messages) == 1
    assert text(outcome) == "**Vraag 2 van 5.** Wat past bij jou?"


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

    assert text(outcome) == "Regels verschillen.\n\n**Vraag 2 van 5.** Wat past bij jou?"
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


def test_back_to_a_question_by_its_number_keeps_the_later_answers():
    flow = read_bank().flow()
    outcome = play(flow, *[Said("4")] * 5, Said("terug naar vraag 3", "vorige_vraag"))

    assert "Terug naar vraag 3." in text(outcome)
    assert asked(outcome) == flow.steps[2].id
    assert set(outcome.progress.answers) == {flow.steps[n].id for n in (0, 1, 3, 4)}
    after = engine.turn(flow, outcome.progress, Said("1"))
    assert asked(after) == flow.steps[5].id
    assert after.progress.answers[flow.steps[2].id] == "1"


@pytest.mark.parametrize("number", [0, 9, 13, 99])
def test_back_to_a_question_that_was_not_answered_goes_to_the_previous_one(number):
    flow = read_bank().flow()
    outcome = play(flow, *[Said("4")] * 5, Said(f"terug naar vraag {number}", "vorige_vraag"))

    assert "Terug naar de vorige vraag." in text(outcome)
    assert asked(outcome) == flow.steps[4].id


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
    progress = engine.begin(flow, None, {}).progress

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


@pytest.mark.parametrize("intent", ["bevestigen", "smalltalk", "nlu_fallback", "groet", "klacht"])
def test_free_text_takes_any_words_as_an_answer(flow, intent):
    progress = play(flow, ASSEN, Said("2")).progress
    outcome = engine.turn(flow, progress, Said("Ik wil weten of het mag", intent))

    assert outcome.progress.answers["vraag"] == "Ik wil weten of het mag"


@pytest.mark.parametrize(
    "intent", ["privacy", "gegevens_wissen", "opnieuw_beginnen", "ben_je_een_bot"]
)
def test_some_moves_are_never_free_text(flow, intent):
    progress = play(flow, ASSEN, Said("2")).progress

    assert engine.turn(flow, progress, Said("wat doe je met mijn gegevens", intent)) is None


@pytest.mark.parametrize(
    ("intent", "step"),
    [("stoppen", None), ("vorige_vraag", "situatie"), ("uitleg_vraag", "vraag")],
)
def test_moves_work_where_free_text_is_asked(flow, intent, step):
    progress = play(flow, ASSEN, Said("2")).progress
    outcome = engine.turn(flow, progress, Said("toch maar even niet", intent))

    assert "vraag" not in outcome.progress.answers
    assert asked(outcome) == step


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


# --- whatever is said ---


def intake():
    return read_intake(
        lambda answers: {
            "dienst": "Loket",
            "aanbieder": "Gemeente",
            "reden": "",
            "gemeente": answers.get("gemeente") or "je gemeente",
            "bewaartermijn": "180",
        }
    )


FLOWS = [read_bank().flow(), intake()]
INTENTS = [None, "nlu_fallback", *taxonomy().intents]
WORDS = [
    "ja",
    "nee",
    "soms",
    "twee",
    "4",
    "bijstand",
    "terug naar vraag 3",
    "akkoord",
    "wat is bbz?",
]
WORDS += ["[telefoon:1]", "[email:2] {x}", "plan", "{gemeente}", "leg uit", "vraag ٣", ""]


def said_in(flow):
    answers = [f"{step.id}:{option.value}" for step in flow.steps for option in step.options]

    def build(words, intent, gemeente, answer):
        topic = intent in taxonomy().intents and taxonomy().intents[intent].is_topic
        return Said(words, intent, topic, {"gemeente": gemeente} if gemeente else {}, answer)

    return st.builds(
        build,
        st.one_of(st.sampled_from(WORDS), st.text(max_size=20)),
        st.one_of(st.sampled_from(sorted(engine.MOVES)), st.sampled_from(INTENTS)),
        st.sampled_from([None, None, "Assen", "Breda"]),
        st.one_of(st.none(), st.none(), st.sampled_from([*answers, "", "weg", "weg:1", "zs01:"])),
    )


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
@given(data=st.data())
def test_whatever_is_said_the_flow_holds(flow, data):
    known = data.draw(st.sampled_from([{}, {"gemeente": "Assen", "situatie": "zwaar_weer"}]))
    outcome = engine.begin(flow, None, known)
    for said in data.draw(st.lists(said_in(flow), max_size=25)):
        before = outcome.progress
        open_before = flow.open_steps(before.answers)
        turned = engine.turn(flow, before, said)
        if turned is None:
            # Something else comes in between, and then the flow goes on where it was.
            resumed = engine.ask_again(flow, before, known)
            assert before.answers.items() <= resumed.progress.answers.items()
            continue
        outcome = turned
        after = outcome.progress
        went_back = said.intent == engine.BACK and said.answer is None
        corrected = (
            said.answer is not None
            and open_before
            and not said.answer.startswith(f"{open_before[0].id}:")
        )
        if not went_back and not corrected:
            assert before.answers.items() <= after.answers.items()
        assert after.run == before.run
        assert set(after.given) <= set(after.answers)
        still_open = flow.open_steps(after.answers)
        if outcome.ended == "left":
            assert said.intent == engine.LEAVE
            assert after.answers == before.answers
        else:
            assert (outcome.ended == "done") is (still_open == [])
        assert after.done is (outcome.ended == "done")
        if outcome.ended == "no":
            assert asked(outcome) == still_open[0].id
        for name, value in after.answers.items():
            step = flow.step(name)
            if step.options and value is not None and name not in known:
                assert step.option(value) is not None
        assert Progress.from_dict(after.as_dict()) == after
        if outcome.ended == "done":
            break


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
@given(data=st.data())
def test_an_emergency_is_never_taken_for_an_answer(flow, data):
    outcome = engine.begin(flow, None, {})
    said = data.draw(said_in(flow))
    emergency = Said(said.text, "noodsituatie", False, said.entities)

    assert engine.turn(flow, outcome.progress, emergency) is None


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_who_only_goes_on_reaches_the_end(flow):
    outcome = engine.begin(flow, None, {})
    for _ in flow.steps:
        if outcome.ended == "done":
            break
        step = flow.step(asked(outcome))
        option = f"{step.id}:{step.options[0].value}" if step.options else None
        outcome = engine.turn(
            flow,
            outcome.progress,
            Said("[telefoon:1]", "informatie_geven", False, {"gemeente": "Assen"}, option),
        )

    assert outcome.ended == "done"
