import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalogue import content
from bot.catalogue.load import load
from bot.catalogue.query import SHOWN, Known, answer, as_dict, services, situation_of
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


def answer_on(database, topic, **known):
    with database.session() as session:
        return answer(session, topic, Known(**known))


def test_there_is_no_answer_on_what_is_no_topic(catalogue_database):
    assert answer_on(catalogue_database, "nlu_fallback") is None


def test_an_answer_comes_from_its_file(catalogue_database):
    given_answer = answer_on(catalogue_database, "btw")

    assert given_answer.text == CONTENT.answers["btw"]["text"].strip()
    assert given_answer.next_step == CONTENT.answers["btw"]["next_step"].strip()
    assert list(given_answer.related) == CONTENT.answers["btw"]["related"]


def test_with_bijstand_someone_hears_to_talk_to_the_gemeente_before_registering(
    catalogue_database,
):
    plain = answer_on(catalogue_database, "kvk_inschrijven")
    bijstand = answer_on(catalogue_database, "kvk_inschrijven", situation="bijstand")

    assert bijstand.text != plain.text
    assert "Praat eerst met je gemeente" in bijstand.text.split("\n\n")[0]
    assert "gemeente" in bijstand.next_step
    assert bijstand.services[0].id == "gemeente-werk-en-inkomen"
    assert list(bijstand.related) == list(plain.related)


@pytest.mark.parametrize("situation", ["ww", "arbeidsongeschikt"])
def test_with_a_benefit_of_uwv_someone_hears_to_talk_to_uwv_first(catalogue_database, situation):
    text = answer_on(catalogue_database, "kvk_inschrijven", situation=situation).text

    assert "UWV" in text.split("\n\n")[0]
    assert "eerst" in text.split("\n\n")[0]


@pytest.mark.parametrize("situation", [None, "loondienst", "jongere"])
def test_without_a_variant_for_the_situation_the_plain_answer_comes(catalogue_database, situation):
    plain = answer_on(catalogue_database, "kvk_inschrijven")

    assert answer_on(catalogue_database, "kvk_inschrijven", situation=situation).text == plain.text


def test_a_variant_for_a_phase_is_chosen_by_phase(catalogue_database):
    texts = {
        phase: answer_on(catalogue_database, "bbz", phase=phase).text
        for phase in (None, "starten", "consolideren", "afstoten")
    }

    assert len(set(texts.values())) == 4
    assert "stop" in texts["afstoten"].lower()


@pytest.mark.parametrize(
    ("situation", "phase", "expected_text"),
    [
        ("bijstand", "starten", "Allebei."),
        ("bijstand", "afstoten", "Gewoon."),
        ("bijstand", None, "Gewoon."),
        ("ww", "starten", "Gewoon."),
        ("zzp", None, "Zzp."),
        ("zzp", "starten", "Zzp."),
    ],
)
def test_a_variant_with_two_conditions_needs_both(
    database, folder, situation, phase, expected_text
):
    folder.change(
        "answers/btw",
        text="Gewoon.",
        variants=[
            {"when": {"situations": ["bijstand"], "phases": ["starten"]}, "text": "Allebei."},
            {"when": {"situations": ["zzp"]}, "text": "Zzp."},
            {"when": {"situations": ["zzp"]}, "text": "Nooit."},
        ],
    )
    with database.session() as session:
        load(session, folder.path)

    assert answer_on(database, "btw", situation=situation, phase=phase).text == expected_text


def test_a_greeting_is_shorter_the_second_time(catalogue_database):
    first = answer_on(catalogue_database, "groet").text
    again = answer_on(catalogue_database, "groet", again=True).text

    assert "computer" in first
    assert len(again) < len(first)


def test_what_has_no_second_text_is_said_again(catalogue_database):
    first = answer_on(catalogue_database, "privacy")

    assert answer_on(catalogue_database, "privacy", again=True).text == first.text


def test_a_call_for_help_names_the_numbers_every_time(catalogue_database):
    for again in (False, True):
        text = answer_on(catalogue_database, "noodsituatie", again=again).text
        assert "112" in text
        assert "0800-0113" in text


@pytest.fixture(scope="module")
def everyone(catalogue_database):
    """The answer on every topic for many people: (topic, gemeente, services with facets)."""
    gemeenten = [None, "Assen", "Lelystad", "Voorbeeldstad"]
    situations = [None, "bijstand", "zwaar_weer"]
    with catalogue_database.session() as session:
        return [
            (topic, gemeente, answer(session, topic, Known(gemeente, situation)).services)
            for topic, gemeente, situation in itertools.product(
                CONTENT.answers, gemeenten, situations
            )
        ]


def test_no_answer_names_more_services_than_a_short_answer_can_hold(everyone):
    for topic, _, shown in everyone:
        assert len(shown) <= SHOWN, topic
        assert len({service.id for service in shown}) == len(shown), topic


def test_a_local_service_is_named_only_to_people_of_its_own_gemeenten(everyone):
    """So nothing local without a known gemeente."""
    local = set()
    for topic, gemeente, shown in everyone:
        for service in shown:
            here = service.facet("gemeente")
            assert not here or gemeente in here, topic
            local.update(here)

    assert {"Voorbeeldstad", "Lelystad"} <= local


def test_what_may_not_exist_any_more_comes_last(everyone):
    seen = set()
    for topic, _, shown in everyone:
        sure = [service.status == "actueel" for service in shown]
        assert sure == sorted(sure, reverse=True), topic
        seen.update(sure)

    assert seen == {True, False}


def test_the_own_gemeente_comes_first(catalogue_database):
    here = answer_on(catalogue_database, "startersdag", gemeente="Voorbeeldstad").services
    elsewhere = answer_on(catalogue_database, "startersdag", gemeente="Breda").services

    assert here[0].id == "voorbeeldstad-startersdag"
    assert "voorbeeldstad-startersdag" not in [service.id for service in elsewhere]


def test_a_local_service_for_another_group_is_not_put_first(catalogue_database):
    """Parttime ondernemen in Voorbeeldstad is for people with bijstand."""
    topic = "starten_naast_baan"

    def ids(situation):
        known = {"gemeente": "Voorbeeldstad", "situation": situation}
        return [service.id for service in answer_on(catalogue_database, topic, **known).services]

    assert "voorbeeldstad-parttime-ondernemen" not in ids("loondienst")
    assert "voorbeeldstad-parttime-ondernemen" not in ids(None)


@pytest.mark.parametrize(
    ("gemeente", "expected_ids"),
    [
        (None, ["kvk-adviesteam"]),
        ("Breda", ["kvk-adviesteam"]),
        ("Voorbeeldstad", ["voorbeeldstad-startersdag", "kvk-adviesteam"]),
    ],
)
def test_a_local_service_that_an_answer_names_is_for_its_own_gemeente(
    database, folder, gemeente, expected_ids
):
    folder.change("answers/btw", services=["voorbeeldstad-startersdag", "kvk-adviesteam"])
    with database.session() as session:
        load(session, folder.path)

    shown = answer_on(database, "btw", gemeente=gemeente).services
    assert [service.id for service in shown] == expected_ids


def test_a_service_that_has_stopped_is_not_named_in_an_answer(database, folder):
    """Product principle: initiatives perish; what stopped is no help to anyone."""
    named = CONTENT.answers["btw"]["services"]
    for name in named:
        folder.change(f"services/{name}", status="gestopt")
    with database.session() as session:
        load(session, folder.path)

    assert answer_on(database, "btw").services == []


@pytest.mark.parametrize(
    ("topic", "situation"),
    [("geldproblemen", "zwaar_weer"), ("doorstart", "zwaar_weer"), ("btw", None), ("weg", None)],
)
def test_a_topic_of_money_trouble_tells_the_situation(topic, situation):
    assert situation_of(topic) == situation
