import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import content
from bot.catalogue.query import as_dict, services
from bot.taxonomy import taxonomy

CONTENT = content.read()
WORDS = taxonomy()
SITUATIONS = [None, *WORDS.target_groups]
GEMEENTEN = ["Assen", "Breda", "Den Haag", "Lelystad", "Utrecht", "Voorbeeldstad"]


def expected(phase=None, need=None, provider=None, target_group=None, gemeente=None):
    """The same question, answered from the files in plain Python."""
    kinds = {name: item["kind"] for name, item in CONTENT.providers.items()}
    return {
        name
        for name, s in CONTENT.services.items()
        if (not phase or phase in s["phases"])
        and (not need or need in s["needs"])
        and (not provider or provider in (s["provider"], kinds[s["provider"]]))
        and (not target_group or target_group in (s.get("target_groups") or [target_group]))
        and (not gemeente or gemeente in (s.get("gemeenten") or [gemeente]))
    }


def found(database, **facets):
    with database.session() as session:
        return [service.id for service in services(session, **facets)]


@pytest.mark.parametrize(
    ("facet", "value"),
    [
        *(("phase", value) for value in WORDS.phases),
        *(("need", value) for value in WORDS.needs),
        *(("provider", value) for value in [*WORDS.providers, "kvk", "uwv"]),
        *(("target_group", value) for value in WORDS.target_groups),
        *(("gemeente", value) for value in GEMEENTEN),
    ],
)
def test_services_are_found_by_each_facet(catalogue_database, facet, value):
    assert set(found(catalogue_database, **{facet: value})) == expected(**{facet: value})


@settings(max_examples=40)
@given(
    phase=st.sampled_from([None, *WORDS.phases]),
    need=st.sampled_from([None, *WORDS.needs]),
    provider=st.sampled_from([None, *WORDS.providers]),
    target_group=st.sampled_from(SITUATIONS),
    gemeente=st.sampled_from([None, *GEMEENTEN]),
)
def test_services_are_found_by_every_combination(catalogue_database, **facets):
    ids = found(catalogue_database, **facets)

    assert len(ids) == len(set(ids))
    assert set(ids) == expected(**facets)


def test_without_a_facet_all_services_come_by_name(catalogue_database):
    with catalogue_database.session() as session:
        names = [service.name for service in services(session)]

    assert len(names) == len(CONTENT.services)
    assert names == sorted(names)


def test_an_unknown_value_finds_nothing(catalogue_database):
    assert found(catalogue_database, phase="later") == []


def test_a_local_service_is_for_its_own_gemeenten_only(catalogue_database):
    assert "de-drentse-zaak" in found(catalogue_database, gemeente="Assen")
    assert "de-drentse-zaak" in found(catalogue_database, gemeente="Tynaarlo")
    assert "de-drentse-zaak" not in found(catalogue_database, gemeente="Breda")
    assert "business-coach-breda" in found(catalogue_database, gemeente="Breda")
    assert "business-coach-breda" not in found(catalogue_database, gemeente="Assen")


def test_a_national_service_is_for_every_gemeente(catalogue_database):
    for gemeente in GEMEENTEN:
        assert "kvk-inschrijven" in found(catalogue_database, gemeente=gemeente)


def test_a_service_for_everyone_is_found_for_a_group(catalogue_database):
    ids = found(catalogue_database, target_group="bijstand")

    assert "parttime-ondernemen-bijstand" in ids
    assert "zakelijke-rekening" in ids
    assert "uwv-startperiode-ww" not in ids


def test_a_service_as_data_says_all_that_is_in_its_file(catalogue_database):
    with catalogue_database.session() as session:
        (service,) = services(session, need="wettelijke_randvoorwaarden", provider="uwv")
        data = as_dict(service)
    item = CONTENT.services["zez-zwangerschap"]

    for field in ("id", "name", "status", "conditions", "url", "reviewed_on", "review_by"):
        assert data[field] == item[field]
    for field in ("phases", "needs", "target_groups", "gemeenten"):
        assert sorted(data[field]) == sorted(item[field])
    assert data["provider"]["kind"] == "uwv"
    assert [source["title"] for source in data["sources"]] == [s["title"] for s in item["sources"]]
