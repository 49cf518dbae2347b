"""The arithmetic and the reading of the benchmark of turns; no process is started here."""

from __future__ import annotations

import asyncio
import re
import xml.etree.ElementTree as ElementTree
from itertools import islice
from pathlib import Path

import pytest

from bench.nlu.data import TRAINING
from bench.turns import figures, flame, measure
from bench.turns.charts import draw
from bench.turns.citizen import ACTION, BURST, CHOICE, FORM, TEXT, Citizen, Over, Turn, kind_of
from bench.turns.report import as_markdown
from bench.turns.scenarios import every_question, find, go_through, subject_choices
from bench.turns.stage_names import ACTION_CALL, HTTP, NLU, RASA, RASA_CALL, STAGES, of_turn
from bench.turns.stock import sample
from bench.turns.talk import Choice, Reply, TurnFailed
from bot.settings import ROOT


def turns(*milliseconds: float, kind: str = TEXT) -> list[Turn]:
    return [Turn(kind, 0.0, ms) for ms in milliseconds]


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert figures.percentile([4, 1, 3, 2], 0.5) == 2.5
    assert figures.percentile(range(101), 0.95) == 95
    assert figures.percentile([7], 0.95) == 7
    with pytest.raises(ValueError, match="no values"):
        figures.percentile([], 0.5)


def test_a_summary_pools_the_rounds_and_leaves_failures_and_other_kinds_out() -> None:
    failed = Turn(TEXT, 0.0, 9000, failed=True)
    rounds = [[*turns(10, 20, 30), failed], [*turns(40), *turns(5, kind=FORM)], []]
    found = figures.summary(rounds, TEXT)
    assert found == {"n": 4, "p50": 25, "p95": 38.5, "rounds": [20, 40, None]}
    assert figures.summary(rounds, CHOICE) is None
    assert figures.summary(rounds)["n"] == 5


def test_a_ratio_compares_what_was_measured_side_by_side() -> None:
    assert figures.ratio([10, 20, 10], [40, 60, 90]) == 4
    assert figures.ratio([10, None], [None, 5]) is None


def test_a_slope_is_that_of_the_line_that_fits_best() -> None:
    assert figures.slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert figures.slope([(0, 0), (1, 1), (2, 0)]) == 0
    with pytest.raises(ValueError, match="two different places"):
        figures.slope([(1, 1), (1, 2)])


def test_growth_looks_at_the_last_half_only() -> None:
    warming_up = [(number, number * 100.0) for number in range(10)]
    flat = [(number, 1000.0) for number in range(10, 20)]
    assert figures.growth([*warming_up, *flat]) == 0
    leaking = [(number, 1000.0 + number) for number in range(10, 20)]
    assert figures.growth([*warming_up, *leaking]) == pytest.approx(9 / 1014.5)
    assert figures.growth([(0, 1), (1, 2)]) is None


def test_the_worst_kind_decides_about_long_conversations() -> None:
    lengths = {"text": {"1": 10, "50": 9, "500": 11}, "form": {"1": 10, "50": 12, "200": 20}}
    assert figures.worst_length(lengths) == (2, 200)
    assert figures.worst_length({"text": {"1": 10}}) is None


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, None, TEXT),
        (None, "lengte", FORM),
        ("zs01", "zs02", FORM),
        ("zs02", "zs02", FORM),
        ("zs44", "besluit", ACTION),
        ("besluit", "besluit", FORM),
        ("besluit", None, ACTION),
    ],
)
def test_the_kind_of_a_turn_is_what_happened_in_it(
    before: str | None, after: str | None, kind: str
) -> None:
    assert kind_of(TEXT, before, after) == kind


class Bot:
    """A side that asks three questions in its form."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def begin(self) -> Reply:
        return Reply((Choice("De zelfscan", "scan"), Choice("Iets anders", "other")), None, "groet")

    async def say(self, text: str) -> Reply:
        await asyncio.sleep(0)
        return self._next(text)

    async def choose(self, choice: Choice) -> Reply:
        return self._next(choice.key)

    def _next(self, heard: str) -> Reply:
        self.heard.append(heard)
        steps = [("a", ("x", "y")), ("vraag", ()), ("toestemming", ("ja", "nee")), (None, ())]
        step, options = steps[min(len(self.heard), len(steps)) - 1]
        return Reply(tuple(Choice(title, title) for title in options), step, None)


async def test_a_form_is_answered_to_its_end_and_consent_is_refused() -> None:
    bot, taken = Bot(), []
    citizen = Citizen(bot, taken)
    await go_through(citizen, None, find(await citizen.begin(), "scan"))
    assert [bot.heard[0], bot.heard[1], bot.heard[3]] == ["scan", "x", "nee"]
    assert [turn.kind for turn in taken] == ["start", FORM, FORM, FORM, ACTION]
    with pytest.raises(LookupError, match="De zelfscan, Iets anders"):
        find(await citizen.begin(), "adviseur")


async def test_messages_at_once_are_a_burst_and_a_failure_is_counted() -> None:
    taken: list[Turn] = []
    citizen = Citizen(Bot(), taken)
    await asyncio.gather(citizen.say("een"), citizen.say("twee"))
    assert [turn.kind for turn in taken] == [BURST, BURST]

    class Silent(Bot):
        async def say(self, text: str) -> Reply:
            raise TurnFailed("silence")

    with pytest.raises(TurnFailed):
        await Citizen(Silent(), taken).say("hallo")
    assert taken[-1].failed


async def test_nothing_is_said_after_the_time_is_up() -> None:
    bot = Bot()
    with pytest.raises(Over):
        await Citizen(bot, [], until=0.0).say("hallo")
    assert bot.heard == []


def test_questions_differ_for_longer_than_a_cache_remembers() -> None:
    asked = list(islice(every_question(), 4000))
    assert len(set(asked)) == len(asked)
    assert asked[:50] == list(islice(every_question(), 50)), "both sides hear the same"


def test_only_subjects_count_as_subjects() -> None:
    reply = Reply((Choice("Zelfscan", "1"), Choice("Belastingen", "2")), None, None)
    assert [choice.title for choice in subject_choices(reply)] == ["Belastingen"]


def test_the_stock_bot_learns_from_the_same_few_examples_every_time() -> None:
    found = sample(TRAINING, 20)
    assert found == sample(TRAINING, 20)
    assert len(found) > 70
    assert all(len(block["examples"].splitlines()) == 20 for block in found)


def test_what_the_stages_leave_of_a_turn_is_http() -> None:
    lines = [
        {"stages": {RASA_CALL: 30.0}},
        {"stages": {NLU: 8.0, RASA: 2.0, ACTION_CALL: 10.0}},
    ]
    found = of_turn(25.0, lines)
    assert found[NLU] == 8
    assert found[HTTP] == 15
    assert sum(found.values()) == 25
    assert set(found) == set(STAGES)


def test_a_mark_that_was_not_reached_is_left_out() -> None:
    played = [turns(*range(measure.AROUND * 4))]
    found = measure._at_marks(played, TEXT)
    assert set(found) == {"1", "50"}
    assert found["1"] == 10.5


def test_a_flame_graph_is_as_wide_as_what_was_seen() -> None:
    stacks = [(("rasa", "rasa.core:run", "bot.nlu.a:<listcomp>"), 30), (("rasa",), 10)]
    root = flame.tree(stacks)
    assert root.count == 40
    assert root.calls["rasa"].calls["rasa.core:run"].count == 30
    picture = ElementTree.fromstring(flame.svg(stacks, "a & b"))
    titles = [e.text for e in picture.iter() if e.tag.endswith("title")]
    assert "bot.nlu.a:<listcomp> 75.0%" in titles


def test_the_mean_turn_weighs_kinds_by_how_often_they_came() -> None:
    stages = {
        TEXT: {"n": 3, "stages": {NLU: 10.0, HTTP: 10.0}},
        FORM: {"n": 1, "stages": {NLU: 0.0, HTTP: 40.0}},
    }
    assert figures.mean_turn(stages) == 25
    assert figures.mean_turn({}) == 0


def a_run() -> dict:
    times = {"n": 3, "p50": 20.0, "p95": 40.0, "rounds": [20.0, 21.0]}
    slow = {"n": 3, "p50": 100.0, "p95": 140.0, "rounds": [100.0, 105.0]}
    tempo = {"per_second": 50.0, "rounds": [50.0], "p50": 20.0, "p95": 40.0, "failed": 0}
    stages = {"text": {"n": 1, "encoder_asked": 0.4, "stages": dict.fromkeys(STAGES, 1.0)}}
    memory = {"start": {"rss": 900.0, "pss": 700.0}, "samples": []}
    samples = [(number * 50, 900.0, 700.0 + number) for number in range(40)]
    return {
        "date": "2026-11-22",
        "machine": {
            "cores": 2,
            "processor": "a processor",
            "python": "3.10",
            "python_web": "3.13",
            "load": 0.1,
        },
        "quick": False,
        "examples_per_intent": 20,
        "minutes": 12.0,
        "training": {"ours": 150.0, "stock": 300.0},
        "kinds": {
            "ours": {TEXT: times, FORM: times, "understood": 0.9},
            "stock": {TEXT: slow, FORM: slow, "understood": 0.6},
        },
        "users": {"ours": {"32": tempo}, "stock": {"32": {**tempo, "rounds": [10.0]}}},
        "length": {"ours": {TEXT: {"1": 20.0, "500": 30.0}}, "stock": {TEXT: {"1": 90.0}}},
        "memory": {"ours": {**memory, "samples": samples}, "stock": memory},
        "start": {"ours": [9.0], "stock": [40.0]},
        "stages": {"ours": stages, "stock": stages},
        "scale": None,
        "skipped": {"two workers against one": "Redis is not installed"},
    }


def test_the_targets_stand_beside_what_was_measured() -> None:
    found = {figure.key: figure for figure in figures.figures(a_run())}
    assert found["text_p50"].reached
    assert found["form"].value == 5
    assert found["busy"].reached, "higher is better"
    assert found["length"].value == 1.5
    assert not found["length"].reached, "lower is better"
    assert found["memory"].value == 739
    assert found["leak"].value == pytest.approx(100 * 19 / 729.5)
    assert not found["leak"].reached
    assert "scale" not in found, "what was not measured has no figure"


def test_the_report_says_what_is_met_what_is_not_and_what_was_not_measured() -> None:
    run = a_run()
    text = as_markdown(run, figures.figures(run), ["images/bench-kinds.svg"])
    assert re.search(r"text turn at 1 user, p50 \| 20.0 ms \| ≤ 30 ms \| met", text)
    assert re.search(r"turn 500 against turn 1.*1.50 x \| ≤ 1.3 x \| \*\*not met\*\*", text)
    assert "two workers against one (Redis is not installed)" in text
    assert "| text | stock | 90 ms | not reached |" in text
    assert "encoder in 40%" in text
    assert "![A turn at one user](images/bench-kinds.svg)" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") >= 4 for line in rows)


def test_the_pictures_are_small_and_say_nothing_of_this_machine(tmp_path: Path) -> None:
    run = a_run()
    names = draw(run, tmp_path)
    assert len(names) == 5
    text = as_markdown(run, figures.figures(run), [f"images/{name}" for name in names])
    for name in names:
        picture = (tmp_path / name).read_text()
        assert len(picture) < 300_000
        assert str(ROOT) not in picture
        assert f"(images/{name})" in text
    assert "milliseconds" in (tmp_path / "bench-kinds.svg").read_text(), "text stays text"


def test_a_run_of_one_part_only_still_gives_a_report() -> None:
    run = a_run() | {
        "kinds": {"ours": {}, "stock": {}},
        "users": {"ours": {}, "stock": {}},
        "length": {"ours": {}, "stock": {}},
        "memory": {},
        "start": {"ours": [], "stock": []},
        "stages": {},
    }
    assert as_markdown(run, figures.figures(run), [])
