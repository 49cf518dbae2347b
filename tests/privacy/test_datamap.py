import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot import cli
from bot.catalogue.model import Answer
from bot.content import ContentError, read_yaml, validate
from bot.models import METADATA
from bot.privacy import algorithm, papers, register
from bot.privacy.datamap import (
    DATA_MAP,
    PLACEHOLDER,
    differences,
    fill_terms,
    in_words,
    read_data_map,
)
from bot.settings import ROOT, Settings
from bot.staff.roles import ROLES, Right
from bot.whatsapp.texts import texts

SECRET = "een-geheim-van-minstens-32-tekens-lang"
# SQLite's own tables behind the full-text index; the map names them with the index.
SHADOWS = "review_words_"


@pytest.fixture(scope="module")
def data_map():
    return read_data_map()


@pytest.fixture
def settings_of(tmp_path):
    def settings(**changed):
        secrets = {"SECRET_KEY": SECRET, "RASA_TOKEN": SECRET, "WEBHOOK_SECRET": SECRET}
        return Settings.from_environment({"VAR_DIR": str(tmp_path), **secrets, **changed})

    return settings


@pytest.fixture
def settings(settings_of):
    return settings_of()


@pytest.fixture
def run(monkeypatch, settings_of):
    """Runs `startwijzer privacy ...` with settings of choice."""

    def run(*arguments, **changed):
        found = settings_of(**changed)
        monkeypatch.setattr(cli, "settings", lambda: found)
        # The group was made when the module was read, with the settings of then.
        from bot.privacy.cli import group

        return CliRunner().invoke(group(lambda: found), arguments)

    return run


@pytest.fixture
def changed_map(tmp_path):
    """The map with one piece of its text replaced."""

    def changed(old, new):
        text = DATA_MAP.read_text()
        assert text.count(old) >= 1, old
        path = tmp_path / "gegevens.yml"
        path.write_text(text.replace(old, new, 1))
        return read_data_map(path)

    return changed


def stored_in(database):
    """The columns by table as they are in the database itself."""
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            table: [column["name"] for column in inspector.get_columns(table)]
            for table in inspector.get_table_names()
            if not table.startswith(SHADOWS)
        }


# Every column


def test_every_column_of_the_models_is_on_the_map_and_nothing_else(data_map):
    models = {table.name: list(table.columns.keys()) for table in METADATA.sorted_tables}
    assert differences(data_map, models) == []


def test_every_column_in_a_real_database_is_on_the_map(data_map, database):
    found = stored_in(database)
    # The inspector of some versions does not list the columns that SQLite hides.
    found["review_words"] = ["body", "review_words", "rank"]
    assert differences(data_map, found, "sqlite") == []


def test_every_column_in_postgresql_is_on_the_map(data_map, postgres):
    assert differences(data_map, stored_in(postgres), "postgresql") == []


def test_a_new_column_is_missed_and_an_old_one_is_noticed(data_map):
    models = {table.name: list(table.columns.keys()) for table in METADATA.sorted_tables}
    models["conversation"].append("ip_address")
    models["message"].remove("text")
    models["geheim"] = ["naam"]
    assert differences(data_map, models) == [
        "conversation.ip_address staat niet in het gegevensoverzicht",
        "geheim.naam staat niet in het gegevensoverzicht",
        "message.text bestaat niet (meer)",
    ]


# What it names


def test_every_term_has_a_length_from_a_setting_or_the_code(data_map, settings):
    for name, term in data_map.terms.items():
        assert term.length(settings), name
        assert term.ends, name


def test_a_term_follows_its_setting(data_map, settings_of):
    settings = settings_of(RETENTION_DAYS_CONVERSATION="1", CONSOLE_SESSION_HOURS="8")
    assert data_map.terms["gesprek"].length(settings) == "1 dag"
    assert data_map.terms["sessie"].length(settings) == "8 uur"


def test_every_retention_setting_decides_a_term(data_map, settings):
    retention = {name.upper() for name in vars(settings) if name.startswith("retention_")}
    assert retention <= {term.setting for term in data_map.terms.values()}


def test_every_term_ground_and_reader_is_used(data_map):
    items = data_map.items()
    assert {item.term for item in items} == set(data_map.terms)
    assert {item.ground for item in items} == set(data_map.grounds)
    assert {name for item in items for name in item.seen_by} == set(data_map.readers)
    assert {item.processing for item in items} == set(data_map.processings)


def test_a_term_of_a_setting_that_does_not_exist_is_refused(changed_map):
    with pytest.raises(ContentError, match="de instelling RETENTION_DAYS_NIETS is er niet"):
        changed_map("setting: RETENTION_DAYS_RESULT", "setting: RETENTION_DAYS_NIETS")


def test_a_setting_that_is_no_duration_is_refused(changed_map):
    with pytest.raises(ContentError, match="PUBLIC_URL is geen termijn"):
        changed_map("setting: RETENTION_DAYS_RESULT", "setting: PUBLIC_URL")


@pytest.mark.parametrize("place", ["bot.privacy.vault.NIETS", "bot.niets.TERM", "bot.cli.ROOT"])
def test_a_term_of_a_constant_that_is_no_duration_is_noticed(changed_map, settings, place):
    term = changed_map("constant: bot.privacy.vault.TERM", f"constant: {place}").terms["kluis"]
    with pytest.raises(LookupError, match=re.escape(place)):
        term.length(settings)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("term: werkvoorraad", "term: altijd", "'altijd' staat niet bij terms"),
        ("ground: uitdrukkelijk", "ground: zomaar", "'zomaar' staat niet bij grounds"),
        ("seen_by: [koppelingen]", "seen_by: [buren]", "'buren' staat niet bij readers"),
        ("processing: whatsapp", "processing: sms", "'sms' staat niet bij processings"),
        ("columns: [busy_until]", "columns: [page]", "deze kolom staat er twee keer"),
        ("    ground: taak\n    seen_by", "    seen_by", None),
    ],
)
def test_a_mistake_in_the_map_is_named(changed_map, old, new, message):
    if message is None:  # a ground may be left to the processing
        assert changed_map(old, new)
        return
    with pytest.raises(ContentError, match=message):
        changed_map(old, new)


def test_what_can_be_special_has_a_ground_that_answers_to_article_9(data_map):
    for item in data_map.items():
        named = "art. 9" in data_map.grounds[item.ground].law
        assert named == (item.kind == "bijzonder"), item.names
    assert all(
        ground.confirm
        for name, ground in data_map.grounds.items()
        if name not in ("plicht", "geen")
    )


def test_readers_are_the_roles_that_have_the_right(data_map):
    readers = data_map.readers
    assert papers.roles(readers["contact"]) == [
        role for role, rights in ROLES.items() if Right.REVEAL in rights
    ]
    for reader in readers.values():
        assert papers.who(reader)


def test_nobody_but_the_program_and_a_revealing_role_sees_what_is_encrypted(data_map):
    for item in data_map.items():
        if "versleuteld" in item.what and item.names[0] not in ("Reservekopieën",):
            assert not {"gesprekken", "aanvragen", "iedereen"} & set(item.seen_by), item.names


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(minutes=1), "1 minuut"),
        (timedelta(minutes=90), "90 minuten"),
        (timedelta(hours=1), "1 uur"),
        (timedelta(hours=24), "24 uur"),
        (timedelta(hours=36), "36 uur"),
        (timedelta(days=8), "8 dagen"),
    ],
)
def test_a_duration_is_said_in_its_largest_unit(duration, words):
    assert in_words(duration) == words


# The papers


def test_the_page_in_docs_is_what_the_generator_makes(data_map, settings):
    assert (ROOT / "docs" / "privacy.md").read_text() == papers.privacy_page(data_map, settings)


def test_the_register_in_docs_is_what_the_generator_makes(run):
    made = run("register").output
    assert (ROOT / "docs" / "verwerkingsregister.md").read_text() == made


def test_the_page_names_every_column_with_the_term_of_this_installation(data_map, settings_of):
    page = papers.privacy_page(data_map, settings_of(RETENTION_DAYS_REFERRAL="77"))
    for table, column in data_map.columns():
        assert f"**`{table}`**" in page
        assert f"`{column}`" in page
    assert "aanvraag: 77 dagen" in page
    assert not PLACEHOLDER.search(page)


def test_a_pipe_in_a_cell_does_not_break_the_table():
    assert papers.table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"


def test_the_map_is_there_for_machines_too(run):
    found = json.loads(run("map", "--json", RETENTION_DAYS_RESULT="9").output)
    assert found["terms"]["uitslag"]["length"] == "9 dagen"
    assert "adviseur" in found["readers"]["contact"]["roles"]
    assert {table["name"] for table in found["tables"]} >= set(METADATA.tables)


def test_each_record_has_what_article_30_asks(data_map, settings):
    records = register.records(data_map, settings, register.Controller("Gemeente Assen"))
    personal = [one for one in data_map.processings.values() if one.ground != "geen"]
    assert [record["Verwerking"] for record in records] == [one.name for one in personal]
    for record in records:
        assert all(record.values()), record
        assert record["Verwerkingsverantwoordelijke"] == "Gemeente Assen"
        assert "dagen" in record["Bewaartermijnen"]
    whatsapp = next(record for record in records if "WhatsApp" in record["Verwerking"])
    assert "Meta" in whatsapp["Ontvangers"]


def test_the_register_is_of_the_gemeente_of_the_settings(run):
    markdown = run("register", "--fg", "fg@assen.nl", GEMEENTE="Assen").output
    assert "Gemeente Assen" in markdown
    assert "fg@assen.nl" in markdown
    sheet = run("register", "--format", "csv", GEMEENTE="Assen").output
    assert sheet.splitlines()[0].startswith("Verwerking;Verwerkingsverantwoordelijke;")
    assert json.loads(run("register", "--format", "json").output)[0]["Doel"]


def test_an_installation_for_several_gemeenten_asks_which_one(run):
    refused = run("register", GEMEENTE="meerdere")
    assert refused.exit_code != 0
    assert "--gemeente" in refused.output
    assert "Gemeente Emmen" in run("register", "--gemeente", "Emmen", GEMEENTE="meerdere").output


# The Algoritmeregister


def test_the_entry_is_valid_for_the_register(run):
    entry = json.loads(
        run("algoritme", "--contact", "algoritmes@assen.nl", GEMEENTE="Assen").output
    )
    assert validate(entry, algorithm.SCHEMA, "entry") == []
    assert entry["organization"] == "Gemeente Assen"
    assert entry["status"] == "In ontwikkeling"
    assert "{" not in json.dumps([v for v in entry.values() if isinstance(v, str)])
    assert entry["source_id"] == "startwijzer-gemeente-assen"


def test_in_production_it_is_in_use_and_options_win(run):
    entry = json.loads(
        run(
            *("algoritme", "--contact", "https://www.assen.nl/algoritmes", "--begin", "2026-12"),
            *("--organisatie", "Gemeente Assen", "--categorie", "Impactvolle algoritmes"),
            ENVIRONMENT="production",
        ).output
    )
    assert (entry["status"], entry["begin_date"]) == ("In gebruik", "2026-12")
    assert entry["publication_category"] == "Impactvolle algoritmes"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--contact", "geen adres"],
        ["--contact", "a@b.nl", "--begin", "december 2026"],
        ["--contact", "a@b.nl", "--status", "Bijna"],
        ["--contact", "a@b.nl", "--website", "http://www.assen.nl"],
        ["--contact", "a@b.nl", "--organisatie", "x" * 101],
    ],
)
def test_what_the_register_would_refuse_is_refused_here(run, arguments):
    result = run("algoritme", *arguments)
    assert isinstance(result.exception, ContentError)
    assert algorithm.TEMPLATE.name in str(result.exception)


def test_the_terms_in_the_entry_follow_the_settings(settings_of):
    settings = settings_of(RETENTION_DAYS_CONVERSATION="12")
    assert "12 dagen na" in algorithm.entry(settings, "Gemeente Assen", "a@b.nl")["risks"]


def test_the_command_is_part_of_startwijzer():
    assert set(cli.cli.commands["privacy"].commands) == {"map", "register", "algoritme"}


# What the bot itself says


@pytest.fixture(scope="module")
def replies():
    content = read_yaml(ROOT / "data" / "catalogue" / "conversation.yml")
    return {one["intent"]: one["text"] for one in content["replies"]}


def test_the_bots_own_answer_has_every_term_that_a_citizen_can_meet(data_map, replies, settings):
    named = set(PLACEHOLDER.findall(replies["privacy"]))
    decided = {
        item.term
        for item in data_map.items()
        if "inwoner" in item.seen_by and data_map.terms[item.term].decided_by
    }
    # The key in the browser and the proof of erasing say nothing of someone; a link says its own
    # term where it is given.
    assert decided - {"browser", "bewijs", "uitslaglink", "inzagelink"} <= named
    assert "telling" in named, "what is counted by address, a citizen does not see but meets"
    for name in ("gesprek", "aanvraag", "uitslag", "kluis"):
        assert data_map.terms[name].length(settings) in fill_terms(replies["privacy"], settings)


def test_no_reply_types_a_number_of_days_itself_and_every_placeholder_is_a_term(
    data_map, replies, settings
):
    for intent, text in replies.items():
        assert set(PLACEHOLDER.findall(text)) <= set(data_map.terms), intent
        assert "{dagen}" not in text
        filled = fill_terms(text, settings).replace("{gemeente}", "Assen")
        assert "{" not in filled, intent
    assert not re.search(r"\d+ dagen|binnen een uur", replies["privacy"] + replies["groet"])


def test_the_answer_as_the_catalogue_keeps_it_follows_the_settings(catalogue_database, settings_of):
    with catalogue_database.session() as session:
        text = session.get(Answer, "privacy").text
    told = fill_terms(text, settings_of(RETENTION_DAYS_CONVERSATION="1"))
    assert "Dit gesprek is 1 dag na je laatste bericht weg." in told


def test_a_placeholder_that_is_no_term_costs_nobody_the_answer(settings):
    assert fill_terms("Weg na {termijn_nooit}.", settings) == "Weg na {termijn_nooit}."


def test_whatsapp_is_on_the_map_and_in_the_answer_and_in_the_notice(data_map, replies):
    assert data_map.readers["meta"].who.startswith("Meta")
    assert "Meta" in replies["privacy"]
    assert "Meta kan ze daar zien" in texts().notice


def test_the_terms_in_the_notice_on_whatsapp_are_those_of_the_installation(settings):
    other = replace(settings, retention_days_conversation=12, retention_days_whatsapp=5)

    assert "wissen we 12 dagen na je laatste bericht" in texts().introduce(other)
    assert "Zeg je 5 dagen niets" in texts().introduce(other)
    assert "{" not in texts().introduce(other)
    assert len(texts().introduce(other)) < 1024, "one message of WhatsApp"


# It is a computer


def test_every_conversation_opens_with_saying_that_it_is_a_computer(replies, settings):
    first = replies["groet"].split("\n\n")[0]
    assert "Je praat met een computer" in first
    notice = texts().introduce(settings).split("\n\n")[0]
    assert "computer, geen mens" in notice


# The draft DPIA


def test_the_dpia_has_every_part_of_the_model_and_the_terms_of_the_map(data_map, settings):
    text = (Path(ROOT) / "docs" / "dpia.md").read_text()
    for part in ("# A. ", "# B. ", "# C. ", "# D. "):
        assert f"\n{part}" in text
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, 18))
    for name, term in data_map.terms.items():
        if not term.setting.startswith("RETENTION_"):
            continue
        assert any(
            f"`{term.setting}`" in line and term.length(settings) in line
            for line in text.splitlines()
        ), name
