"""The folder with drafts: together or not at all, and never over the work of another."""

import fcntl
import os
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.catalogue import content
from bot.catalogue.exchange import folder as folder_module
from bot.catalogue.exchange.drafts import Source, as_yaml, draft, service_id
from bot.catalogue.exchange.feed import FeedError, Product
from bot.catalogue.exchange.plain import plain
from bot.content import ContentError, read_yaml, validate

SOURCE = Source("samenwerkende-catalogi", "Samenwerkende Catalogi", "Aalsmeer")
TODAY = date(2026, 11, 22)
TEXTS = st.text(min_size=1).map(plain).filter(bool)


@given(
    name=TEXTS,
    summary=st.one_of(
        st.text(max_size=300),
        st.lists(st.text(alphabet="ab#:-?|>'é😀", min_size=1), min_size=30).map(" ".join),
    ).map(plain),
    conditions=st.lists(TEXTS, min_size=1, max_size=3),
    notes=st.lists(st.text(alphabet="ab -#:>|'\"\\{}[]&*!%@`,?", min_size=1).map(plain)),
)
def test_a_draft_reads_back_as_it_was_written(name, summary, conditions, notes):
    product = Product(
        number=1,
        key=name,
        name=name,
        summary=summary,
        modified="2026-01-01",
        for_business=True,
        known={"conditions": conditions},
        notes=[note for note in notes if note],
    )
    item = draft(product, service_id(product, "Aalsmeer", ()), SOURCE, TODAY)

    assert YAML(typ="safe").load(as_yaml(item)) == item


@pytest.mark.parametrize(
    "text",
    ["dubbele  spatie ", " vooraan", "achteraan ", "regel\neinde", "tab\tteken", "# kop", "- punt"],
)
def test_any_text_can_be_written(text):
    item = {"kort": text, "lang": text * 30, "lijst": [text * 30, text], "leeg": [], "getal": 5}

    assert YAML(typ="safe").load(as_yaml(item)) == item


def test_long_texts_are_folded_as_an_editor_writes_them(sc, drafts):
    drafts.import_sc(sc.feed(sc.product(abstract="woord " * 60)))

    path = next(drafts.folder.glob("*.yml"))

    assert "summary: >-\n  woord woord" in path.read_text()
    assert max(len(line) for line in path.read_text().splitlines() if "woord" in line) <= 100
    assert drafts.one()["summary"] == ("woord " * 60).strip()


def test_a_draft_says_in_the_file_that_it_is_one(sc, drafts):
    drafts.import_sc(sc.feed())

    text = next(drafts.folder.glob("*.yml")).read_text()

    assert text.startswith("# CONCEPT: dit is nog geen dienst.")
    assert "startwijzer catalogue check" in text


def test_what_a_draft_says_is_to_do_is_all_that_keeps_it_from_being_a_service(sc, drafts):
    """Every complaint of the schema of a service stands in `todo`."""
    drafts.import_sc(sc.feed(sc.product(title="a" * 130, abstract="b" * 700)))
    item = drafts.one()
    about = item.pop("draft")

    problems = validate(item, "service", "")

    for problem in problems:
        if problem.field:
            assert f"{problem.field}: {problem.message}" in about["todo"]
    missing = {p.message.rpartition(": ")[2] for p in problems if not p.field}
    names = {name for message in missing for name in message.split(", ")}
    assert names == {"provider", "phases", "needs", "first_step", "reviewed_on", "review_by"}
    assert {line.partition(":")[0] for line in about["todo"]} >= names


def test_a_draft_is_refused_in_the_catalogue_until_it_is_finished(sc, drafts, catalogue_copy):
    """Put there as it is, then with everything under `todo` done."""
    drafts.import_sc(sc.feed())
    path = next(drafts.folder.glob("*.yml"))
    target = catalogue_copy / "services" / path.name
    target.write_bytes(path.read_bytes())

    with pytest.raises(ContentError) as error:
        content.read(catalogue_copy)
    assert {p.file for p in error.value.problems} == {str(target)}
    assert any("onbekend veld: draft" in p.message for p in error.value.problems)

    item = read_yaml(path)
    example = read_yaml(catalogue_copy / "services" / "kvk-adviesteam.yml")
    todo = [line.partition(":")[0] for line in item.pop("draft")["todo"]]
    item |= {name: example[name] for name in todo if name in example}
    target.write_text(as_yaml(item))
    assert content.read(catalogue_copy).services[path.stem]["name"] == "Parkeervergunning 1"


def test_an_import_leaves_the_work_of_others_as_it_is(sc, drafts):
    before = drafts.fill().everything()

    summary = drafts.import_sc(sc.feed())

    after = drafts.everything()
    assert summary.added == 1
    assert after.pop("drafts/aalsmeer-parkeervergunning-1.yml")
    assert after == before


def test_the_same_source_replaces_its_drafts_and_keeps_those_that_it_no_longer_gives(sc, drafts):
    drafts.import_sc(sc.feed(sc.product(1), sc.product(2, abstract="Oud.")))

    summary = drafts.import_sc(sc.feed(sc.product(2, abstract="Nieuw."), sc.product(3)))

    assert (summary.added, summary.replaced) == (1, 1)
    assert "2 concepten gemaakt (1 nieuw, 1 vervangen)." in str(summary)
    assert {name: item["summary"] for name, item in drafts.read().items()} == {
        "aalsmeer-parkeervergunning-1": "Met deze vergunning parkeer je bij je werk (1).",
        "aalsmeer-parkeervergunning-2": "Nieuw.",
        "aalsmeer-parkeervergunning-3": "Met deze vergunning parkeer je bij je werk (3).",
    }


def test_another_source_does_not_replace_a_draft(sc, drafts, page, product_type):
    drafts.import_sc(sc.feed(sc.product(title="Terras")))
    before = (drafts.folder / "aalsmeer-terras.yml").read_bytes()

    summary = drafts.import_open_product(
        page(product_type(1, naam="Terras"), product_type(2, naam="Markt"))
    )

    assert (drafts.folder / "aalsmeer-terras.yml").read_bytes() == before
    assert (summary.added, summary.replaced, summary.kept) == (1, 0, ["aalsmeer-terras"])
    assert "1 concept van een andere bron niet vervangen: aalsmeer-terras." in str(summary)


@pytest.mark.parametrize(
    "text",
    [
        "name: van een mens\n",
        "name: [niet af\n",
        "draft: {source: samenwerkende-catalogi, gemeente: Aalten}\n",
        "draft: samenwerkende-catalogi\n",
        "- lijst\n",
        "",
    ],
)
def test_a_file_that_did_not_come_from_this_source_is_not_replaced(sc, drafts, text):
    drafts.folder.mkdir()
    path = drafts.folder / "aalsmeer-parkeervergunning-1.yml"
    path.write_text(text)

    assert drafts.import_sc(sc.feed()).kept == ["aalsmeer-parkeervergunning-1"]
    assert path.read_text() == text


def test_an_import_without_drafts_changes_nothing(sc, drafts):
    before = drafts.fill().everything()

    summary = drafts.import_sc(sc.feed(sc.product(audience="particulier")))

    assert summary.left_out == 1
    assert "0 concepten gemaakt" in str(summary)
    assert drafts.everything() == before


def test_a_disk_that_is_full_halfway_changes_nothing(sc, drafts, monkeypatch):
    before = drafts.fill().everything()
    write = type(drafts.folder).write_text
    written = []

    def fails(path, *args, **options):
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device", str(path))
        return write(path, *args, **options)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(type(drafts.folder), "write_text", fails)
        drafts.import_sc(sc.feed(*(sc.product(n) for n in range(1, 6))))

    assert len(written) == 3
    assert drafts.everything() == before


@pytest.mark.parametrize("failing", [1, 2])
def test_a_folder_that_cannot_be_put_in_place_changes_nothing(sc, drafts, monkeypatch, failing):
    before = drafts.fill().everything()
    replace = os.replace
    calls = []

    def fails(source, target):
        calls.append(source)
        if len(calls) == failing:
            raise OSError(16, "Device or resource busy", str(source))
        replace(source, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="busy"):
        patch.setattr(folder_module.os, "replace", fails)
        drafts.import_sc(sc.feed())

    assert drafts.everything() == before


def test_an_import_that_was_killed_between_its_two_renames_is_undone_by_the_next(sc, drafts):
    before = drafts.fill().everything()
    os.replace(drafts.folder, drafts.folder.with_name("drafts.old"))
    drafts.folder.with_name("drafts.new").mkdir()
    (drafts.folder.with_name("drafts.new") / "half.yml").write_text("half")

    drafts.import_sc(sc.feed(sc.product(audience="particulier")))

    assert drafts.everything() == before


def test_two_imports_at_the_same_time_do_not_mix(sc, drafts):
    before = drafts.fill().everything()
    handle = os.open(drafts.folder.parent, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_SH)

    with pytest.raises(FeedError, match="er wordt al een feed ingelezen"):
        drafts.import_sc(sc.feed())
    assert drafts.everything() == before

    os.close(handle)
    assert drafts.import_sc(sc.feed()).added == 1


def test_a_file_system_without_links_gets_copies(sc, drafts, monkeypatch):
    before = drafts.fill().everything()

    def no_links(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(folder_module.os, "link", no_links)
    drafts.import_sc(sc.feed())

    assert before.items() <= drafts.everything().items()


def test_the_folder_is_made_where_there_is_none(sc, tmp_path, drafts):
    drafts.folder = tmp_path / "nieuw" / "var" / "drafts"

    assert drafts.import_sc(sc.feed()).added == 1
    assert len(list(drafts.folder.iterdir())) == 1
