import pytest

from bot.catalogue import content
from bot.catalogue.gemeenten import names
from bot.content import ContentError, read_yaml
from bot.taxonomy import taxonomy


def problems_of(folder):
    with pytest.raises(ContentError) as error:
        content.read(folder.path)
    return error.value.problems


def test_the_real_content_is_valid():
    found = content.read()

    assert len(found.services) >= 50
    assert len(found.providers) >= 30


def test_every_topic_has_an_answer_with_a_next_step_and_a_source():
    answers = content.read().answers
    topics = {name for name, intent in taxonomy().intents.items() if intent.is_topic}

    assert set(answers) == topics
    for topic, answer in answers.items():
        assert answer["next_step"].strip(), topic
        assert answer["sources"], topic


def test_every_move_in_the_conversation_that_needs_words_has_them():
    # medewerker_spreken starts the intake and doorverwijzing_status looks in the file.
    talk = {name for name, i in taxonomy().intents.items() if not i.is_topic}

    assert set(content.read().replies) == talk - {"medewerker_spreken", "doorverwijzing_status"}


def test_every_gemeente_in_the_catalogue_is_one_that_the_bot_recognises():
    """Under another name ('Hengelo' for 'Hengelo (O.)') a local service is never found."""
    found = content.read()
    unknown = {
        (item["id"], gemeente)
        for item in [*found.services.values(), *found.providers.values()]
        for gemeente in item.get("gemeenten", [])
        if gemeente not in names()
    }

    assert unknown == set()


def test_what_perhaps_stopped_is_told_with_its_year_and_whom_to_ask():
    """Product principle: 'was er in 2014; vraag je gemeente of dit nog bestaat'."""
    unsure = {n: s for n, s in content.read().services.items() if s["status"] == "onbekend"}

    assert len(unsure) > 5
    for name, service in unsure.items():
        assert any(str(year) in service["summary"] for year in range(2010, 2022)), name
        assert "vraag" in service["first_step"].lower(), name
        assert "gemeente" in service["first_step"].lower(), name


BTW = "answers/btw"
COACH = "services/kvk-adviesteam"
KVK = "providers/kvk"
BBZ = "answers/bbz"
MUTATIONS = [
    # file, changed fields, field that is reported, words in the message
    (KVK, {"kind": "bakker"}, "kind", "'bakker' bestaat niet"),
    (KVK, {"name": None}, "", "verplicht veld ontbreekt: name"),
    (KVK, {"id": "iets-anders"}, "id", "gelijk zijn aan de bestandsnaam (kvk)"),
    (KVK, {"hours": {"ma": ["9-17"]}}, "hours.ma.0", "niet de goede vorm"),
    (KVK, {"hours": {"monday": ["09:00-17:00"]}}, "hours", "onbekend veld: monday"),
    (COACH, {"summary": None}, "", "verplicht veld ontbreekt: summary"),
    (COACH, {"status": "misschien"}, "status", "kies uit: actueel, onbekend, gestopt"),
    (COACH, {"telefoon": "112"}, "", "onbekend veld: telefoon"),
    (COACH, {"name": "x" * 121}, "name", "te lang: 121 tekens, hoogstens 120"),
    (COACH, {"first_step": ""}, "first_step", "mag niet leeg zijn"),
    (COACH, {"phases": "starten"}, "phases", "verkeerde soort"),
    (COACH, {"sources": []}, "sources", "mag niet leeg zijn"),
    (COACH, {"url": "kvk.nl"}, "url", "niet de goede vorm"),
    (COACH, {"id": "iets-anders"}, "id", "gelijk zijn aan de bestandsnaam (kvk-adviesteam)"),
    (COACH, {"provider": "weg"}, "provider", "'weg' bestaat niet"),
    (COACH, {"phases": ["later"], "needs": ["startersdag"]}, "phases", "'later' bestaat niet"),
    (COACH, {"needs": ["geluk"]}, "needs", "'geluk' bestaat niet"),
    (COACH, {"target_groups": ["rijk"]}, "target_groups", "'rijk' bestaat niet"),
    (COACH, {"gemeenten": ["Asen"]}, "gemeenten", "'Asen'"),
    (COACH, {"phases": ["afstoten"], "needs": ["startersdag"]}, "needs", "hoort niet bij deze"),
    (COACH, {"review_by": "2027-02-30"}, "review_by", "2027-02-30"),
    (BTW, {"next_step": None}, "", "verplicht veld ontbreekt: next_step"),
    (BTW, {"topic": "bbz"}, "topic", "gelijk zijn aan de bestandsnaam (btw)"),
    (BTW, {"services": ["weg"]}, "services", "'weg' bestaat niet"),
    (BTW, {"related": ["weg"]}, "related", "'weg' bestaat niet"),
    (BTW, {"related": ["btw"]}, "related", "'btw' bestaat niet"),
    (BTW, {"variants": [{"text": "Ja."}]}, "variants.0", "verplicht veld ontbreekt: when"),
    (BTW, {"variants": [{"when": {"situations": ["rijk"]}}]}, "variants.0.when", "'rijk'"),
    (BTW, {"variants": [{"when": {"phases": ["later"]}}]}, "variants.0.when", "'later'"),
    (
        BTW,
        {"variants": [{"when": {"phases": ["starten"]}, "services": ["weg"]}]},
        "variants.0.services",
        "'weg' bestaat niet",
    ),
]


@pytest.mark.parametrize(
    ("file", "fields", "field", "message"),
    MUTATIONS,
    ids=[
        f"{file}-{'-'.join(fields)}-{number}" for number, (file, fields, *_) in enumerate(MUTATIONS)
    ],
)
def test_a_mistake_is_reported_with_its_file_and_field(folder, file, fields, field, message):
    folder.change(file, **fields)

    problems = problems_of(folder)

    found = [p for p in problems if p.file.endswith(f"{file}.yml") and p.field == field]
    assert any(message in problem.message for problem in found), problems


LISTED = [
    ("conversation", 0, {"text": None}, "groet", "", "verplicht veld ontbreekt: text"),
    ("conversation", 0, {"intent": None}, "nummer 1", "", "verplicht veld ontbreekt: intent"),
    ("conversation", 0, {"intent": "btw"}, "btw", "intent", "'btw' bestaat niet"),
    ("conversation", 0, {"related": ["weg"]}, "groet", "related", "'weg' bestaat niet"),
    ("conversation", 1, {"intent": "groet"}, "groet", "intent", "komt twee keer voor"),
]


@pytest.mark.parametrize(
    ("file", "number", "fields", "item", "field", "message"),
    LISTED,
    ids=[f"{row[0]}-{'-'.join(row[2])}-{number}" for number, row in enumerate(LISTED)],
)
def test_a_mistake_in_a_list_is_reported_with_its_item(
    folder, file, number, fields, item, field, message
):
    folder.change_listed(file, number, **fields)

    found = [p for p in problems_of(folder) if p.file.endswith(f"{file}.yml") and p.item == item]

    assert any(p.field == field and message in p.message for p in found), found


def test_broken_yaml_does_not_hide_mistakes_in_other_files(folder):
    folder.file("answers/btw").write_text("topic: btw\n\ttext: x\n")
    folder.change("services/kvk-adviesteam", summary=None)

    files = {problem.file.rsplit("/", 1)[-1] for problem in problems_of(folder)}

    assert {"btw.yml", "kvk-adviesteam.yml"} <= files


def test_a_missing_field_does_not_hide_a_reference_that_does_not_exist(folder):
    """The docstring of `read`: with every problem in every file."""
    folder.change("answers/btw", next_step=None)
    folder.change("services/kvk-adviesteam", target_groups=["rijk"])

    files = {problem.file.rsplit("/", 1)[-1] for problem in problems_of(folder)}

    assert {"btw.yml", "kvk-adviesteam.yml"} <= files


def test_a_topic_without_an_answer_is_reported(folder):
    folder.file("answers/btw").unlink()

    problems = problems_of(folder)

    assert any(p.item == "btw" and "nog geen antwoord" in p.message for p in problems)


@pytest.mark.parametrize("text", ["", "- groet\n", "replies: {groet: {}}\n", "a: []\nb: []\n"])
def test_a_list_file_that_holds_something_else_is_reported(folder, text):
    folder.file("conversation").write_text(text)

    assert any("één lijst" in problem.message for problem in problems_of(folder))


def test_an_empty_file_is_reported(folder):
    folder.file("answers/btw").write_text("")

    assert any(p.file.endswith("btw.yml") for p in problems_of(folder))


def test_the_fingerprint_sees_a_change_a_new_name_and_nothing_else(folder):
    before = content.fingerprint(folder.path)

    folder.file("answers/btw").touch()
    (folder.path / "notities.txt").write_text("geen content")
    assert content.fingerprint(folder.path) == before

    folder.change("answers/btw", next_step="Bel de Belastingdienst.")
    changed = content.fingerprint(folder.path)
    assert changed != before

    folder.file("answers/btw").rename(folder.file("answers/btw2"))
    assert content.fingerprint(folder.path) not in (before, changed)


def test_the_copy_that_the_other_tests_damage_is_valid_itself(folder):
    folder.change("answers/btw")
    folder.change_listed("conversation", 0)

    assert content.read(folder.path).answers["btw"] == read_yaml(folder.file("answers/btw"))
