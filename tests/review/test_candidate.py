"""A candidate model beside the live one, and what it would change. Training itself is not run."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from work_data import MOMENT, conversation, correction, missed, person, said

from bot.cli import cli
from bot.conversations import log
from bot.review import candidate, checks, compare, corrections, examples, patch, training
from bot.review.cli import group
from bot.review.compare import Answer
from bot.settings import ROOT, Settings

NEW = "kan mijn kapsalon via de besluitregeling een half jaar rondkomen terwijl ik verbouw"
OTHER = "wat reken ik voor een kleurtje plus knippen bij een stamklant"


@pytest.fixture
def filled(database):
    """Three decisions: one that can be learned, one that nothing was wrong with, one unclear."""
    with database.session() as session:
        conversation(session, "a")
        beau = person(session)
        missed(session, "a", 1, NEW)
        correction(session, "a", 1, NEW, "bbz", beau)
        said(session, "a", 3, OTHER, intent="tarief")
        correction(session, "a", 3, OTHER, "tarief", beau, verdict="right", in_basket=False)
        conversation(session, "z", gemeente="Zwolle")
        missed(session, "z", 1, "blub blub")
        correction(session, "z", 1, "blub blub", None, beau, verdict="unclear", in_basket=False)
    return database


def made_patch(database, root=ROOT):
    with database.session() as session:
        basket = corrections.basket(session, None)
    return patch.make(checks.check(basket, examples.read()), date(2026, 5, 21), root)


def decided(database):
    with database.session() as session:
        return corrections.decided(session, None)


@pytest.fixture
def prepared(filled, tmp_path):
    return training.prepare(made_patch(filled), tmp_path, MOMENT)


def test_a_candidate_has_its_own_data_with_the_basket_in_it(filled, prepared, tmp_path):
    before = (ROOT / "data" / "nlu" / "bbz.yml").read_text()

    assert prepared.folder.parent == tmp_path / "candidates"
    assert prepared.folder.stat().st_mode & 0o077 == 0
    assert (prepared.folder / "data" / "nlu" / "bbz.yml").read_text() == f"{before}      - {NEW}\n"
    names = {path.name for path in (ROOT / "data" / "nlu").iterdir()}
    assert {path.name for path in (prepared.folder / "data" / "nlu").iterdir()} == names
    for name in ("domain.yml", "config.yml"):
        assert (prepared.folder / name).read_bytes() == (ROOT / name).read_bytes()
    assert (prepared.folder / training.PATCH).read_text() == made_patch(filled).text


def test_nothing_live_changes_by_making_a_candidate(filled, tmp_path):
    live = [*(ROOT / "data" / "nlu").iterdir(), *(ROOT / "models").glob("*"), ROOT / "domain.yml"]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in live}

    training.prepare(made_patch(filled), tmp_path, MOMENT)

    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in live} == before
    assert not (ROOT / "data" / "provenance").exists()


def test_a_candidate_knows_what_it_learned(filled, prepared):
    (first, *_) = decided(filled)

    assert candidate.learned(prepared.model) == {first.correction.id}
    assert candidate.learned(ROOT / "models" / "startwijzer.tar.gz") == frozenset()
    assert [one.id for one in candidate.every(prepared.folder.parents[1])] == [prepared.id]


def test_old_candidates_go_with_what_citizens_said_in_them(filled, prepared, tmp_path):
    newer = training.prepare(made_patch(filled), tmp_path, MOMENT + timedelta(days=9))

    assert candidate.purge(tmp_path, MOMENT + timedelta(days=1)) == 1
    assert not prepared.folder.exists()
    assert [one.id for one in candidate.every(tmp_path)] == [newer.id]


def test_without_anything_to_learn_there_is_no_candidate(tmp_path):
    with pytest.raises(training.CandidateError, match="niets"):
        training.prepare(patch.Patch(""), tmp_path, MOMENT)
    assert list(tmp_path.iterdir()) == []


def test_rasa_takes_the_command_that_trains(prepared):
    from rasa.__main__ import create_argument_parser

    words = training.command(prepared)
    arguments = create_argument_parser().parse_args(words[3:])

    assert words[1:3] == ["-m", "rasa"]
    assert Path(arguments.nlu) == prepared.folder / "data" / "nlu"
    assert Path(arguments.out) / f"{arguments.fixed_model_name}.tar.gz" == prepared.model
    assert arguments.config == str(prepared.folder / "config.yml")
    assert arguments.domain == str(prepared.folder / "domain.yml")


def test_rasa_finds_the_new_example_in_the_data_of_the_candidate(prepared):
    from rasa.shared.importers.rasa import RasaFileImporter

    arguments = [str(prepared.folder / name) for name in ("config.yml", "domain.yml")]
    found = RasaFileImporter(*arguments, [str(prepared.folder / "data" / "nlu")]).get_nlu_data()

    assert NEW in [message.get("text") for message in found.intent_examples]


def test_training_that_fails_says_where_the_reason_is(prepared, tmp_path):
    shutil.rmtree(prepared.folder / "data")

    with pytest.raises(training.CandidateError, match=r"training\.log"):
        training.train(prepared, lambda _: None, tmp_path)  # from here there is no Rasa project
    assert (prepared.folder / training.LOG).read_text()
    assert not prepared.model.exists()


def answers(**by_text):
    """A model with fixed answers, for what is not about Rasa."""

    def ask(model, texts):
        return [Answer(by_text[model.name].get(text), 0.8) for text in texts]

    return ask


@pytest.fixture
def comparison(filled, prepared):
    """Learned: fixed. Not learned: one broken, one that stays not understood."""
    ask = answers(**{"current": {OTHER: "tarief"}, "model.tar.gz": {NEW: "bbz", OTHER: "subsidie"}})
    rows = compare.compare(decided(filled), Path("current"), prepared.model, ask)
    with filled.session() as session:
        return compare.store(session, "nu", prepared.id, rows).id


def report(database, number, gemeenten=None):
    with database.session() as session:
        return compare.report(session, session.get(compare.ModelComparison, number), gemeenten)


def test_a_comparison_says_what_is_fixed_broken_and_the_same(filled, comparison):
    found = report(filled, comparison)

    assert [line.item.said for line in found.of("fixed")] == [NEW]
    assert [line.item.said for line in found.of("broken")] == [OTHER]
    assert [line.item.said for line in found.of("same")] == ["blub blub"]
    assert found.of("changed") == []
    assert found.score() == compare.Score(3, before=2, after=2)
    assert found.score(learned=True) == compare.Score(1, before=0, after=1)
    assert found.score(learned=False) == compare.Score(2, before=2, after=1)
    assert compare.Score(0, 0, 0).before_share is None


def test_another_mistake_is_a_change(filled):
    ask = answers(current={NEW: "btw"}, other={NEW: "tarief"})
    rows = compare.compare(decided(filled)[:1], Path("current"), Path("other"), ask)
    with filled.session() as session:
        kept = compare.store(session, "a", "b", rows)
        assert [one.outcome for one in compare.report(session, kept, None).lines] == ["changed"]


def test_a_comparison_keeps_no_words_and_forgets_what_was_erased(filled, comparison):
    with filled.session() as session:
        stored = json.dumps(session.get(compare.ModelComparison, comparison).items)
        assert NEW not in stored
        log.erase(session, "a")

    assert [line.item.said for line in report(filled, comparison).lines] == ["blub blub"]


def test_a_gemeente_sees_only_its_own_messages_in_a_comparison(filled, comparison):
    found = report(filled, comparison, frozenset({"Zwolle"}))

    assert [line.item.said for line in found.lines] == ["blub blub"]
    assert found.score().n == 1


def test_nothing_reviewed_and_no_model_are_clear_errors(filled, tmp_path):
    with pytest.raises(compare.ComparisonError, match="nog niets"):
        compare.compare([], Path("a"), Path("b"))
    with pytest.raises(compare.ComparisonError, match="geen model"):
        compare.compare(decided(filled), tmp_path / "weg.tar.gz", tmp_path / "weg.tar.gz")


def test_a_model_that_rasa_cannot_load_is_a_clear_error(tmp_path):
    broken = tmp_path / "kapot.tar.gz"
    broken.write_bytes(b"geen model")

    with pytest.raises(compare.ComparisonError, match="kan het model"):
        compare.ask_model(broken, ["hoi"])


@pytest.fixture
def run(filled, tmp_path):
    """Runs `startwijzer review ...` in this installation."""
    secret = "a secret of at least thirty-two characters"
    settings = Settings.from_environment(
        {
            "VAR_DIR": str(tmp_path),
            "DATABASE_URL": filled.url,
            "SECRET_KEY": secret,
            "RASA_TOKEN": secret,
            "WEBHOOK_SECRET": secret,
        }
    )

    def invoke(*arguments):
        return CliRunner().invoke(group(lambda: settings, lambda: filled), arguments)

    return invoke


def test_the_command_line_writes_the_patch(filled, run):
    result = run("patch")

    assert result.exit_code == 0
    assert made_patch(filled).text.partition("diff --git")[2] in result.output
    assert "1 in de patch, 0 niet." in result.output


def test_the_command_line_says_what_is_wrong(filled, run, tmp_path):
    result = run("compare", "--candidate", str(tmp_path / "weg.tar.gz"), "--current", "ook-weg")

    assert result.exit_code == 1
    assert "Er is geen model" in result.output
    with filled.session() as session:
        session.query(corrections.Correction).update({"in_basket": False})
    empty = run("candidate")
    assert empty.exit_code == 1
    assert "niets om van te leren" in empty.output
    assert run("patch").output.strip() == "0 in de patch, 0 niet."


def test_the_command_line_has_the_commands():
    assert set(cli.commands["review"].commands) == {"patch", "candidate", "compare"}
