from bot.flows.model import Progress


def test_progress_survives_the_shape_in_which_rasa_keeps_it():
    progress = Progress.begin().with_known("gemeente", "Assen").with_answer("situatie", None)

    assert Progress.from_dict(progress.as_dict()) == progress


def test_every_passage_has_a_run_of_its_own():
    assert Progress.begin().run != Progress.begin().run


def test_answers_are_remembered_in_the_order_in_which_they_were_given():
    progress = Progress.begin().with_answer("a", "1").with_answer("b", "2").with_answer("a", "3")

    assert progress.answers == {"a": "3", "b": "2"}
    assert progress.given == ("b", "a")


def test_what_was_known_beforehand_was_not_given():
    progress = Progress.begin().with_known("gemeente", "Assen")

    assert progress.answers == {"gemeente": "Assen"}
    assert progress.given == ()


def test_a_question_can_be_opened_again():
    progress = Progress.begin().with_answer("a", "1").with_answer("b", "2").without("a")

    assert progress.answers == {"b": "2"}
    assert progress.given == ("b",)


def test_an_answer_leaves_earlier_progress_as_it_was():
    first = Progress.begin()
    first.with_answer("a", "1")

    assert first.answers == {}


def test_a_question_that_an_answer_made_needless_is_not_open(flow):
    def open_after(**answers):
        return [step.id for step in flow.open_steps(answers)]

    assert open_after() == ["gemeente", "situatie", "vraag", "akkoord"]
    assert open_after(akkoord="ja") == ["gemeente", "situatie", "vraag", "contact"]
    assert open_after(akkoord="nee") == ["gemeente", "situatie", "vraag"]
    assert open_after(gemeente="Assen", situatie=None) == ["vraag", "akkoord"]
