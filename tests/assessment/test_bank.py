import pytest

from bot.assessment.bank import read_bank
from bot.assessment.result import summary
from bot.assessment.scoring import score
from bot.content import ContentError
from bot.flows import engine
from bot.flows.model import Said

NEW = {
    "id": "zs13",
    "theme": "markt",
    "text": "Ik weet wat mijn klanten willen betalen.",
    "explain": "Denk aan een prijs per uur of per stuk.",
    "construct": "inzicht in de markt",
    "source": "Zelf geformuleerd",
}


def add_item(data):
    data["items"].append(NEW)


def finished(bank, value="5"):
    flow = bank.flow()
    progress = engine.begin(flow, None, {}).progress
    for step in flow.steps:
        progress = engine.turn(flow, progress, Said(answer=f"{step.id}:{value}")).progress
    return progress


def test_every_statement_is_a_question_that_can_be_skipped_and_explained(bank):
    flow = bank.flow()

    assert [step.id for step in flow.steps] == [item.id for item in bank.items]
    for step in flow.steps:
        assert step.kind == "choice"
        assert step.skippable
        assert step.explain
        assert len(step.options) == 5
    assert (flow.id, flow.intent) == ("zelfscan", "zelfscan")


def test_motives_qualities_knowledge_and_circumstances_are_all_asked(bank):
    """Product: on motives, qualities, knowledge and circumstances."""
    asked = {item.theme for item in bank.items}

    assert asked == {theme.id for theme in bank.themes}
    assert {"drijfveren", "doorzetten", "markt", "omstandigheden"} <= asked


def test_every_statement_says_why_it_is_there(bank):
    assert all(item.construct and item.source for item in bank.items)


def test_statements_point_both_ways(bank):
    """Who always agrees does not look better than who thinks about it."""
    assert 2 <= sum(item.reverse for item in bank.items) < len(bank.items)


def test_an_item_in_the_file_is_a_question_without_code(changed):
    bank = read_bank(changed(add_item))
    flow = bank.flow()

    assert flow.steps[-1].ask == NEW["text"]
    progress = finished(bank)
    assert progress.done
    assert progress.answers["zs13"] == "5"
    opened = progress.without("zs13")
    (message,) = engine.ask_again(flow, opened, {}).messages
    assert "Vraag 13 van 13" in message.text


def test_an_item_in_the_file_counts_in_its_theme(bank, changed):
    larger = read_bank(changed(add_item))
    answers = {item.id: "1" for item in bank.items}

    before = {s.theme.id: s for s in score(larger, answers)}["markt"]
    after = {s.theme.id: s for s in score(larger, {**answers, "zs13": "5"})}["markt"]

    assert (before.answered, before.asked) == (3, 4)
    assert after.score > before.score


def test_the_result_tells_the_number_of_statements_that_there_are(changed):
    bank = read_bank(changed(add_item))

    text = "\n".join(message.text for message in summary(bank, finished(bank).answers))

    assert "twaalf" not in text


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d["items"][0].update(theme="weg"), "zs01", "theme", "'weg' bestaat niet"),
        (lambda d: d["themes"][0].update(topic="weg"), "drijfveren", "topic", "bestaat niet"),
        (lambda d: d["items"][1].update(id="zs01"), "zs01", "id", "komt twee keer voor"),
        (lambda d: d["items"][0].pop("explain"), "", "items.0", "ontbreekt: explain"),
        (lambda d: d["items"][0].update(punten=1), "", "items.0", "onbekend veld: punten"),
        (lambda d: d.update(scale=[]), "", "scale", ""),
        (lambda d: d.update(items=[]), "", "items", "mag niet leeg zijn"),
    ],
    ids=["theme", "topic", "id twice", "no explanation", "unknown field", "no scale", "no items"],
)
def test_a_mistake_in_the_file_is_reported(changed, change, item, field, message):
    path = changed(change)

    with pytest.raises(ContentError) as error:
        read_bank(path)

    (problem,) = error.value.problems
    assert (problem.file, problem.item, problem.field) == (str(path), item, field)
    assert message in problem.message
