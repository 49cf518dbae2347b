import pytest

from bot.content import DATA, ContentError, Problem, name_of, read_yaml, validate

SERVICE = {
    "id": "coach",
    "name": "Coach",
    "provider": "gemeente",
    "status": "actueel",
    "phases": ["starten"],
    "needs": ["coaching_start"],
    "summary": "Een coach denkt met je mee.",
    "first_step": "Bel de coach.",
    "sources": [{"title": "Gemeente", "date": "2026"}],
    "reviewed_on": "2026-11-22",
    "review_by": "2027-06-01",
}
ENGLISH = ("should", "than", "too", "does", "expected", "required", "unexpected", "match")


def write(tmp_path, text):
    path = tmp_path / "dienst.yml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path):
    with pytest.raises(ContentError) as error:
        read_yaml(path)
    return error.value.problems


def test_a_date_becomes_text(tmp_path):
    path = write(tmp_path, "datum: 2026-11-22\nlijst: [{dag: 2026-01-01}]\n1: één\n")

    assert read_yaml(path) == {
        "datum": "2026-11-22",
        "lijst": [{"dag": "2026-01-01"}],
        "1": "één",
    }


def test_broken_yaml_is_reported_with_its_line(tmp_path):
    path = write(tmp_path, "naam: Coach\nfasen:\n\t- starten\n")

    (problem,) = problems_of(path)

    assert problem.file == str(path)
    assert problem.field == "regel 3"
    assert "geen geldige YAML" in problem.message


def test_the_same_key_twice_is_reported_with_its_line(tmp_path):
    path = write(tmp_path, "naam: Coach\nstatus: actueel\nnaam: Andere coach\n")

    (problem,) = problems_of(path)

    assert problem.field == "regel 3"
    assert "geen geldige YAML" in problem.message
    assert "naam" in problem.message


def test_a_file_that_is_not_there_is_a_problem_of_that_file(tmp_path):
    (problem,) = problems_of(tmp_path / "weg.yml")

    assert problem.file.endswith("weg.yml")
    assert "niet te lezen" in problem.message


def test_a_file_in_another_encoding_is_a_problem_of_that_file(tmp_path):
    path = tmp_path / "dienst.yml"
    path.write_bytes("naam: café".encode("latin-1"))

    (problem,) = problems_of(path)

    assert "niet te lezen" in problem.message


def test_a_date_that_does_not_exist_is_a_problem_of_that_file(tmp_path):
    path = write(tmp_path, "reviewed_on: 2026-02-30\n")

    (problem,) = problems_of(path)

    assert problem.file == str(path)


def test_yaml_cannot_run_code(tmp_path):
    path = write(tmp_path, "naam: !!python/object/apply:os.getcwd []\n")

    assert len(problems_of(path)) == 1


def test_a_good_item_has_no_problems():
    assert validate(SERVICE, "service", "dienst.yml") == []


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"name": None}, "name", "verkeerde soort"),
        ({"name": "x" * 121}, "name", "te lang: 121 tekens, hoogstens 120"),
        ({"name": ""}, "name", "mag niet leeg zijn"),
        ({"status": "misschien"}, "status", "kies uit: actueel, onbekend, gestopt"),
        ({"phases": []}, "phases", "mag niet leeg zijn"),
        ({"url": "http://coach.nl"}, "url", "niet de goede vorm"),
        ({"review_by": "juni 2027"}, "review_by", "niet de goede vorm"),
        ({"telefoon": "112"}, "", "onbekend veld: telefoon"),
        ({"sources": [{"title": "Gemeente"}]}, "sources.0", "verplicht veld ontbreekt: date"),
    ],
)
def test_a_problem_names_file_item_and_field_in_dutch(change, field, message):
    (problem,) = validate({**SERVICE, **change}, "service", "dienst.yml", "coach")

    assert (problem.file, problem.item, problem.field) == ("dienst.yml", "coach", field)
    assert message in problem.message


def test_all_problems_are_reported_at_once():
    item = {**SERVICE, "status": "misschien", "phases": []}
    del item["summary"]

    problems = validate(item, "service", "dienst.yml")

    assert {p.field for p in problems} == {"", "status", "phases"}


FIGURE = {"label": "Bedrag", "value": "€ 10", "year": 2026, "source": "KVK"}
ANSWER = {
    "topic": "btw",
    "text": "Btw.",
    "next_step": "Bel.",
    "sources": [],
    "reviewed_on": "2026-11-22",
    "review_by": "2027-06-01",
}


@pytest.mark.parametrize(
    ("schema", "item"),
    [
        ("service", {**SERVICE, "figures": [{**FIGURE, "year": 1999}]}),
        ("service", {**SERVICE, "figures": [{**FIGURE, "year": 2999}]}),
        ("answer", {**ANSWER, "related": ["bbz", "tarief", "subsidie", "pensioen", "groeien"]}),
        ("answer", {**ANSWER, "variants": [{"when": {}}]}),
    ],
    ids=["year too early", "year too late", "too many related", "variant without condition"],
)
def test_every_mistake_that_an_editor_can_make_is_told_in_dutch(schema, item):
    (problem,) = validate(item, schema, "bestand.yml")

    assert not set(problem.message.split()) & set(ENGLISH), problem.message


def test_a_problem_reads_as_one_line_without_empty_parts():
    assert str(Problem("a.yml", "", "name", "mag niet")) == "a.yml: name: mag niet"
    assert str(Problem("a.yml", "coach", "name", "mag niet")) == "a.yml: coach: name: mag niet"


def test_an_error_shows_every_problem():
    error = ContentError([Problem("a.yml", "", "", "een"), Problem("b.yml", "", "", "twee")])

    assert str(error) == "a.yml: een\nb.yml: twee"


def test_a_file_is_named_from_the_root_of_the_project(tmp_path):
    assert name_of(DATA / "taxonomy.yml") == "data/taxonomy.yml"
    assert name_of(tmp_path / "a.yml") == str(tmp_path / "a.yml")
