"""`startwijzer schemes`: a situation as options or JSON, and what may fit with its reasons."""

import io
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot import cli
from bot.settings import ROOT

FIELDS = {
    "id": str,
    "name": str,
    "verdict": str,
    "reasons": list,
    "to_check": list,
    "ask": list,
    "talk_first": str,
    "service": str,
    "topic": str,
    "sources": list,
}
BIJSTAND = ("inkomen=bijstand", "bedrijf=nog_niet", "leeftijd=38", "uren=18")


def run(*arguments, stdin=""):
    """Output of a run that must go well."""
    found = CliRunner().invoke(
        cli.cli, ["schemes", *arguments], input=stdin, catch_exceptions=False
    )
    assert found.exit_code == 0, found.output
    return found.output


def report(*arguments, stdin=""):
    return json.loads(run("--json", *arguments, stdin=stdin))


def verdicts(found):
    return {scheme["id"]: scheme["verdict"] for scheme in found["schemes"]}


@pytest.fixture
def failure(monkeypatch, capsys):
    """What is said when the command fails, as the installed program says it."""

    def fail(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["startwijzer", "schemes", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        assert ended.value.code == 1
        assert output.out == ""
        assert "Traceback" not in output.err
        lines = [line for line in output.err.splitlines() if line]
        assert len(lines) == 1 and lines[0].startswith("FOUT: "), output.err
        return lines[0]

    return fail


def test_json_holds_the_situation_every_scheme_and_the_next_question(schemes):
    found = report(*BIJSTAND, "--gemeente", "Assen")

    assert list(found) == ["situation", "schemes", "next_question"]
    assert found["situation"] == {
        "gemeente": "Assen",
        "inkomen": "bijstand",
        "bedrijf": "nog_niet",
        "leeftijd": "van_27_tot_55",
        "uren": "tot_en_met_20",
    }
    assert len(found["schemes"]) == len(schemes)
    assert {scheme["id"] for scheme in found["schemes"]} == set(schemes)
    assert verdicts(found)["parttime_ondernemen"] == "may_fit"
    assert verdicts(found)["bbz_starter"] == "does_not_fit"
    for scheme in found["schemes"]:
        assert {name: type(value) for name, value in scheme.items()} == FIELDS
        assert scheme["verdict"] in ("may_fit", "unknown", "does_not_fit")
        assert bool(scheme["ask"]) is (scheme["verdict"] == "unknown")
        assert scheme["reasons"] or scheme["verdict"] == "unknown"
        assert all(set(source) >= {"title", "date"} for source in scheme["sources"])


def test_json_is_readable_dutch_not_escaped():
    output = run("--json", "leeftijd=58", "bedrijf=gaat_stoppen", "jaren_ondernemer=12")

    assert "€ 28.957" in output
    assert "\\u" not in output


def test_the_next_question_is_one_that_is_not_known_yet(rules):
    question = report(*BIJSTAND)["next_question"]

    fact = rules.facts[question["fact"]]
    assert question == {"fact": fact.id, "ask": fact.ask, "values": dict(fact.values)}
    assert fact.id not in ("inkomen", "bedrijf", "leeftijd", "uren")


def test_when_everything_is_settled_there_is_no_next_question(rules):
    person = {name: next(iter(fact.values), "Assen") for name, fact in rules.facts.items()}
    found = report(stdin=json.dumps(person))

    assert found["next_question"] is None
    assert "unknown" not in verdicts(found).values()


def test_a_situation_may_come_as_json_and_says_the_same():
    given = {"inkomen": "bijstand", "bedrijf": "nog_niet", "leeftijd": 38, "uren": 18}

    assert report(stdin=json.dumps(given)) == report(*BIJSTAND)
    assert report(stdin=json.dumps({**given, "gemeente": "Assen", "omzet": None})) == report(
        *BIJSTAND, "--gemeente", "Assen"
    )


@pytest.mark.parametrize("stdin", ["", "{}"])
def test_nothing_given_means_nothing_known(stdin):
    found = report(stdin=stdin)

    assert found["situation"] == {}
    assert set(verdicts(found).values()) == {"unknown"}


def test_facts_on_the_command_line_go_before_the_standard_input():
    assert report("inkomen=ww", stdin='{"inkomen": "bijstand"}')["situation"] == {"inkomen": "ww"}


def test_options_say_what_they_imply():
    found = report("--target-group", "ww", "--phase", "idee_en_plan", "--gemeente", "Almere")

    assert found["situation"] == {"inkomen": "ww", "bedrijf": "nog_niet", "gemeente": "Almere"}


def test_a_fact_goes_before_what_an_option_implies():
    found = report("bedrijf=net_begonnen", "--target-group", "zzp")

    assert found["situation"]["bedrijf"] == "net_begonnen"


def test_without_json_every_scheme_is_a_line_with_its_reasons(schemes):
    lines = run(*BIJSTAND).splitlines()

    assert len(lines) == len(schemes)
    assert lines[0].startswith("may_fit")
    assert schemes["parttime_ondernemen"].name in lines[0]
    assert "Je hebt bijstand." in lines[0]
    order = [line.split()[0] for line in lines]
    assert order == sorted(order, key=["may_fit", "unknown", "does_not_fit"].index)


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--gemeente", "Onzin"], "", "De gemeente 'Onzin' ken ik niet."),
        (["gemeente=Onzin"], "", "De gemeente 'Onzin' ken ik niet."),
        (["--target-group", "rijk"], "", "'rijk' kan niet bij target_group"),
        (["--phase", "later"], "", "'later' kan niet bij phase"),
        (["lengte=180"], "", "'lengte' ken ik niet"),
        (["leeftijd"], "", "'' kan niet bij leeftijd"),
        (["leeftijd=oud"], "", "of een getal"),
        (["leeftijd=-1"], "", "'-1' kan niet bij leeftijd"),
        (["=ww"], "", "'' ken ik niet"),
        ([], "{", "geen geldige JSON"),
        ([], "inkomen=ww", "geen geldige JSON"),
        ([], "null", "moet een object zijn"),
        ([], '["ww"]', "moet een object zijn"),
        ([], "17", "moet een object zijn"),
        ([], '{"inkomen": true}', "'True' kan niet bij inkomen"),
        ([], '{"leeftijd": 17.5}', "'17.5' kan niet bij leeftijd"),
        ([], '{"leeftijd": NaN}', "'nan' kan niet bij leeftijd"),
        ([], '{"leeftijd": 1e400}', "'inf' kan niet bij leeftijd"),
        ([], '{"leeftijd": ' + "9" * 400 + "}", "kan niet bij leeftijd"),
        ([], '{"leeftijd": ' + "9" * 9000 + "}", "geen geldige JSON"),
        ([], '{"leeftijd": {"jaar": 17}}', "kan niet bij leeftijd"),
        ([], "[" * 100_000, "geen geldige JSON"),
        ([], '{"a":' * 50_000, "geen geldige JSON"),
    ],
)
def test_a_mistake_becomes_one_clear_message(failure, arguments, stdin, words):
    assert words in failure(*arguments, stdin=stdin)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ([], '{"gemeente": ["Assen"]}'),
        ([], '{"gemeente": {}}'),
        ([], '{"target_group": ["bijstand"]}'),
        (["leeftijd=" + "9" * 5000], ""),
    ],
    ids=["list", "object", "situation as a list", "5000 digits"],
)
def test_any_value_that_cannot_be_becomes_one_clear_message(failure, arguments, stdin):
    assert failure(*arguments, stdin=stdin)


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 980, 1000, 2000])
def test_json_of_any_depth_is_refused_in_one_line(failure, depth):
    message = failure(stdin='{"leeftijd": ' + "[" * depth + "]" * depth + "}")

    assert "kan niet bij leeftijd" in message or "geen geldige JSON" in message


def program(*arguments, stdin=b""):
    """The program itself, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", "schemes", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=120,
    )


def test_the_program_answers_json_on_its_output_only():
    ended = program("--json", stdin=b'{"inkomen": "wia"}')

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(ended.stdout)["situation"] == {"inkomen": "wia"}


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["--gemeente", "Onzin"], b"", "FOUT: De gemeente 'Onzin' ken ik niet."),
        ([], b'{"leeftijd": "\\ud800"}', "FOUT: '\\ud800' kan niet bij leeftijd."),
        ([], b"[" * 100_000, "FOUT: De invoer is geen geldige JSON"),
    ],
    ids=["gemeente", "half a character", "deep"],
)
def test_the_program_fails_with_one_line_and_no_traceback(arguments, stdin, message):
    ended = program(*arguments, stdin=stdin)

    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr.decode().strip().startswith(message)
    assert len(ended.stderr.decode().strip().splitlines()) == 1


def test_input_that_is_no_text_becomes_one_clear_message():
    ended = program(stdin=b'{"inkomen": "\xff"}')

    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr
