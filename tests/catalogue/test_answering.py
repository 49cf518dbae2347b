import itertools

import pytest

from bot.catalogue import content
from bot.catalogue.answering import (
    SHOWN,
    Known,
    answer,
    depends_on_gemeente,
    own_service,
    situation_of,
)
from bot.catalogue.load import load

CONTENT = content.read()


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
    heard = f"{bijstand.text} {bijstand.watch_out} {bijstand.next_step}"
    assert "eerst" in heard
    assert "gemeente" in bijstand.next_step
    assert bijstand.services[0].id == "gemeente-werk-en-inkomen"
    assert list(bijstand.related) == list(plain.related)


@pytest.mark.parametrize("situation", ["ww", "arbeidsongeschikt"])
def test_with_a_benefit_of_uwv_someone_hears_to_talk_to_uwv_first(catalogue_database, situation):
    found = answer_on(catalogue_database, "kvk_inschrijven", situation=situation)
    heard = f"{found.text} {found.watch_out} {found.next_step}"

    assert "UWV" in heard
    assert "eerst" in heard


@pytest.mark.parametrize("situation", [None, "geen_inkomen", "zwaar_weer"])
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


def test_only_what_surely_exists_is_named_as_help(everyone):
    statuses = {service.status for _, _, shown in everyone for service in shown}

    assert statuses == {"actueel"}


def test_a_programme_of_the_own_gemeente_that_may_not_exist_any_more_is_named_apart(
    catalogue_database,
):
    """Product principle: it is only offered as something to ask about."""
    topic = "starten_vanuit_bijstand"
    here = answer_on(catalogue_database, topic, gemeente="Zwolle", situation="bijstand")
    elsewhere = answer_on(catalogue_database, topic, situation="bijstand")

    assert here.perhaps.id == "bescheiden-schaal-zwolle"
    assert here.perhaps not in here.services
    assert elsewhere.perhaps is None


def test_what_is_of_one_gemeente_comes_before_what_is_of_several(database, folder):
    many = ["Almere", "Dronten"]
    folder.change(
        "services/kvk-adviesteam", gemeenten=many, needs=["stappenplan"], phases=["starten"]
    )
    folder.change(
        "services/kvk-inschrijven", gemeenten=["Dronten"], needs=["stappenplan"], phases=["starten"]
    )
    with database.session() as session:
        load(session, folder.path)
        known = Known(gemeente="Dronten")

        assert own_service(session, "stappenplan", known).id == "kvk-inschrijven"
        assert own_service(session, "stappenplan", Known("Almere")).id == "kvk-adviesteam"
        assert own_service(session, "stappenplan", Known("Urk")) is None
        assert own_service(session, "stappenplan", Known()) is None


def test_the_gemeente_matters_for_a_topic_where_some_gemeente_has_a_service(catalogue_database):
    with catalogue_database.session() as session:
        assert depends_on_gemeente(session, "startersdag")
        assert not depends_on_gemeente(session, "intellectueel_eigendom")
        assert not depends_on_gemeente(session, "groet")
        assert not depends_on_gemeente(session, "weg")


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
