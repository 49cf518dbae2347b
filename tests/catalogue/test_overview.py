"""The catalogue as a whole: what the seeds and the taxonomy ask of it, and what an editor sees."""

import csv
from datetime import date
from pathlib import Path

import pytest

from bot.catalogue import content, overview
from bot.content import DATA, read_yaml
from bot.taxonomy import taxonomy

HERE = Path(__file__).parent
CONTENT = content.read()
SEEDS = read_yaml(HERE / "seed_entries.yml")
LEFT_OUT = read_yaml(HERE / "seed_entries_left_out.yml")
DOTS = read_yaml(HERE / "matrix.yml")["dots"]
WORDS = taxonomy()


def test_every_entry_of_the_seeds_is_in_one_service_or_left_out_with_a_reason():
    named = [n for item in CONTENT.services.values() for n in item.get("seed_entries", [])]
    names = {entry["name"] for entry in SEEDS}
    wanted = {entry["name"] for entry in SEEDS if entry["group"] in "AB"}

    assert len(SEEDS) == 89
    assert len(named) == len(set(named)), "an entry stands in two services"
    assert wanted - set(named) == set()
    assert set(named) | set(LEFT_OUT) == names
    assert set(named) & set(LEFT_OUT) == set()


@pytest.mark.parametrize("dot", DOTS, ids=lambda dot: f"{dot['phase']}-{dot['provider']}")
def test_a_cell_of_the_seeds_matrix_has_a_current_national_service(dot):
    assert overview.by_provider(CONTENT).get((dot["phase"], dot["provider"]))


def test_networks_are_offered_by_the_providers_of_the_seeds_matrix():
    kinds = {
        CONTENT.providers[CONTENT.services[name]["provider"]]["kind"]
        for cell in overview.by_need(CONTENT)
        if cell.need == "netwerkbijeenkomsten"
        for name in cell.services
    }

    assert {"ondernemersplein_kvk", "economische_zaken"} <= kinds


@pytest.mark.parametrize("cell", overview.by_need(CONTENT), ids=lambda c: f"{c.need}-{c.phase}")
def test_a_need_has_a_current_service_in_each_of_its_phases(cell):
    assert cell.services


@pytest.mark.parametrize("group", WORDS.target_groups)
def test_a_target_group_has_services_that_name_it(group):
    named = [
        name
        for name, item in CONTENT.services.items()
        if item["status"] == "actueel"
        and group in item.get("target_groups", [])
        and not item.get("gemeenten")
    ]

    assert len(named) >= 2


@pytest.mark.parametrize("kind", WORDS.providers)
def test_a_kind_of_provider_has_a_current_service(kind):
    kinds = {
        CONTENT.providers[item["provider"]]["kind"]
        for item in CONTENT.services.values()
        if item["status"] == "actueel"
    }

    assert kind in kinds


def test_every_provider_offers_something():
    used = {item["provider"] for item in CONTENT.services.values()}

    assert set(CONTENT.providers) - used == set()


def test_an_item_is_stale_from_the_day_after_its_review_date(folder):
    folder.change("services/kvk-adviesteam", review_by="2026-11-30")
    folder.change("answers/btw", review_by="2026-11-29")
    changed = content.read(folder.path)

    def ids(today):
        return [item.id for item in overview.stale(changed, today)]

    assert ids(date(2026, 11, 29)) == []
    assert ids(date(2026, 11, 30)) == ["btw"]
    assert ids(date(2026, 12, 1)) == ["btw", "kvk-adviesteam"]


def test_without_its_only_service_a_need_is_empty(folder):
    names = next(c.services for c in overview.by_need(CONTENT) if c.need == "merkbescherming")
    for name in names:
        folder.change(f"services/{name}", status="onbekend")

    result = overview.coverage(content.read(folder.path), "Utrecht")

    assert "merkbescherming" in [cell.need for cell in result.empty]


def test_two_fictitious_gemeenten_differ_by_content_alone():
    city = overview.coverage(CONTENT, "Voorbeeldstad")
    village = overview.coverage(CONTENT, "Voorbeelddorp")

    assert len(village.national_only) > len(city.national_only)
    assert city.empty == village.empty == ()
    assert {"Voorbeelddorp", "Voorbeeldstad"} <= set(overview.gemeenten_with_services(CONTENT))


def test_two_local_providers_for_one_need_are_an_overlap_and_two_services_of_one_are_not(folder):
    mine = {"status": "actueel", "gemeenten": ["Urk"], "phases": ["starten"]}
    needs = {"needs": ["stappenplan"], "target_groups": None}
    folder.change("services/kvk-adviesteam", provider="kvk", **mine, **needs)
    folder.change("services/kvk-inschrijven", provider="kvk", **mine, **needs)

    def overlaps():
        result = overview.coverage(content.read(folder.path), "Urk")
        return [cell.services for cell in result.overlaps if cell.need == "stappenplan"]

    assert overlaps() == []
    folder.change("services/kvk-inschrijven", provider="uwv", **mine, **needs)
    assert overlaps() == [("kvk-adviesteam", "kvk-inschrijven")]


def test_names_of_the_uniform_product_list_are_in_the_list():
    """Uniforme Productnamenlijst of standaarden.overheid.nl, as in data/standards/."""
    with (DATA / "standards" / "upl.csv").open(encoding="utf-8", newline="") as file:
        known = {(row["name"], row["uri"]) for row in csv.DictReader(file)}
    named = {
        (product["name"], product["uri"])
        for item in CONTENT.services.values()
        for product in item.get("upl", [])
    }

    assert len(named) > 20
    assert named - known == set()
