"""What someone knows or says from outside, in the words of the rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schemes.content import GEMEENTE, read
from bot.schemes.situation import UnclearSituation, from_input, from_slots

RULES = read()
BOUNDS = [
    # fact, number, answer to which it belongs; both sides of every bound
    ("leeftijd", 0, "onder_18"),
    ("leeftijd", 17, "onder_18"),
    ("leeftijd", 18, "van_18_tot_27"),
    ("leeftijd", 26, "van_18_tot_27"),
    ("leeftijd", 27, "van_27_tot_55"),
    ("leeftijd", 54, "van_27_tot_55"),
    ("leeftijd", 55, "van_55_tot_aow"),
    ("leeftijd", 66, "van_55_tot_aow"),
    ("leeftijd", 67, "aow"),
    ("leeftijd", 120, "aow"),
    ("uren", 0, "tot_en_met_20"),
    ("uren", 20, "tot_en_met_20"),
    ("uren", 21, "van_21_tot_24"),
    ("uren", 23, "van_21_tot_24"),
    ("uren", 24, "vanaf_24"),
    ("uren", 100, "vanaf_24"),
    ("geld_nodig", 0, "niets"),
    ("geld_nodig", 1, "tot_50000"),
    ("geld_nodig", 50000, "tot_50000"),
    ("geld_nodig", 50001, "tot_250000"),
    ("geld_nodig", 250000, "tot_250000"),
    ("geld_nodig", 250001, "meer"),
    ("omzet", 20000, "tot_20000"),
    ("omzet", 20001, "meer"),
    ("jaren_ondernemer", 2, "minder_dan_3"),
    ("jaren_ondernemer", 3, "van_3_tot_10"),
    ("jaren_ondernemer", 9, "van_3_tot_10"),
    ("jaren_ondernemer", 10, "vanaf_10"),
]
NOT_A_VALUE = [
    ("leeftijd", -1),
    ("leeftijd", "-1"),
    ("leeftijd", 121),
    ("leeftijd", 10**400),
    ("leeftijd", 17.0),
    ("leeftijd", 17.5),
    ("leeftijd", "17.5"),
    ("leeftijd", "17,5"),
    ("leeftijd", "1e1"),
    ("leeftijd", "²"),
    ("leeftijd", " 17"),
    ("leeftijd", ""),
    ("leeftijd", True),
    ("leeftijd", float("nan")),
    ("leeftijd", float("inf")),
    ("leeftijd", "zeventien"),
    ("leeftijd", "Jonger dan 18"),
    ("leeftijd", [17]),
    ("leeftijd", {"jaar": 17}),
    ("uren", 101),
    ("inkomen", 1),
    ("inkomen", "Bijstand"),
    ("inkomen", "rijk"),
    ("geldzorgen", True),
    ("geldzorgen", False),
    ("gemeente", "Asen"),
    ("gemeente", "assen"),
    ("gemeente", ""),
    ("gemeente", 5),
    ("gemeente", True),
]


@pytest.mark.parametrize(("fact", "number", "value"), BOUNDS)
def test_a_number_belongs_to_the_answer_in_whose_bounds_it_lies(fact, number, value):
    assert from_input(RULES, {fact: number}) == {fact: value}
    assert from_input(RULES, {fact: str(number)}) == {fact: value}


@pytest.mark.parametrize("name", [n for n in RULES.facts if n != GEMEENTE])
def test_every_answer_is_known_by_its_name(name):
    for value in RULES.facts[name].values:
        assert from_input(RULES, {name: value}) == {name: value}


def test_a_gemeente_is_known_by_its_name():
    assert from_input(RULES, {"gemeente": "Assen"}) == {"gemeente": "Assen"}


@pytest.mark.parametrize(("name", "value"), NOT_A_VALUE)
def test_what_is_no_answer_is_told_with_what_is(name, value):
    with pytest.raises(UnclearSituation) as error:
        from_input(RULES, {"bedrijf": "loopt", name: value})

    assert str(value) in str(error.value)
    for possible in RULES.facts[name].values:
        assert possible in str(error.value)
    assert ("of een getal" in str(error.value)) is bool(RULES.facts[name].bands)


@pytest.mark.parametrize("name", ["lengte", "", "Inkomen", "leeftijd ", "situatie"])
def test_an_unknown_name_is_told_with_the_names_there_are(name):
    with pytest.raises(UnclearSituation) as error:
        from_input(RULES, {name: "1"})

    assert f"'{name}' ken ik niet" in str(error.value)
    for known in [*RULES.facts, "target_group", "phase"]:
        assert known in str(error.value)


def test_nothing_and_none_mean_not_known():
    assert from_input(RULES, {}) == {}
    every = {**dict.fromkeys(RULES.facts), "target_group": None, "phase": None}
    assert from_input(RULES, every) == {}


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({"target_group": "bijstand"}, {"inkomen": "bijstand"}),
        ({"target_group": "zzp"}, {"inkomen": "bedrijf", "bedrijf": "loopt"}),
        ({"target_group": "zwaar_weer"}, {"geldzorgen": "ja"}),
        ({"target_group": "nieuwkomer"}, {}),
        ({"phase": "afstoten"}, {"bedrijf": "gaat_stoppen"}),
        ({"phase": "orientatie"}, {}),
        (
            {"target_group": "ww", "phase": "idee_en_plan"},
            {"inkomen": "ww", "bedrijf": "nog_niet"},
        ),
    ],
)
def test_a_situation_and_a_phase_imply_facts(given, known):
    assert from_input(RULES, given) == known


@pytest.mark.parametrize("kind", ["target_group", "phase"])
@pytest.mark.parametrize("value", ["rijk", "", 1, True, "Bijstand"])
def test_an_unknown_situation_or_phase_is_told(kind, value):
    with pytest.raises(UnclearSituation, match=f"kan niet bij {kind}"):
        from_input(RULES, {kind: value})


def test_a_fact_itself_wins_over_what_is_implied_in_any_order():
    given = {"bedrijf": "net_begonnen", "target_group": "zzp", "inkomen": "ww"}

    assert from_input(RULES, given) == {"inkomen": "ww", "bedrijf": "net_begonnen"}
    assert from_input(RULES, dict(reversed(given.items()))) == from_input(RULES, given)


def test_a_fact_that_is_none_does_not_hide_what_is_implied():
    given = {"target_group": "bijstand", "inkomen": None}

    assert from_input(RULES, given) == {"inkomen": "bijstand"}


def test_a_phase_and_a_situation_that_disagree_mean_the_same_in_any_order():
    one = from_input(RULES, {"target_group": "zzp", "phase": "afstoten"})
    other = from_input(RULES, {"phase": "afstoten", "target_group": "zzp"})

    assert one == other == {"inkomen": "bedrijf", "bedrijf": "gaat_stoppen"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("gemeente", ["Assen"]),
        pytest.param("gemeente", {"naam": "Assen"}),
        pytest.param("target_group", ["bijstand"]),
        pytest.param("phase", {}),
        pytest.param("leeftijd", "9" * 5000),
    ],
    ids=["list", "object", "situation as a list", "phase as an object", "5000 digits"],
)
def test_whatever_json_holds_is_told_as_unclear(name, value):
    try:
        from_input(RULES, {name: value})
    except UnclearSituation:
        return
    raise AssertionError("taken as an answer")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)


@given(st.dictionaries(st.sampled_from(list(RULES.facts)) | st.text(max_size=8), SCALARS))
def test_what_is_understood_is_in_the_words_of_the_rules(given):
    try:
        found = from_input(RULES, given)
    except UnclearSituation as error:
        assert str(error)
        return
    for name, value in found.items():
        assert name == GEMEENTE or value in RULES.facts[name].values
    assert set(found) == {name for name, value in given.items() if value is not None}


# --- what a conversation already knows ---


def test_a_conversation_knows_gemeente_situation_and_phase():
    slots = {"gemeente": "Assen", "situatie": "bijstand", "fase": "idee_en_plan"}

    assert from_slots(RULES, slots) == {
        "gemeente": "Assen",
        "inkomen": "bijstand",
        "bedrijf": "nog_niet",
    }


def test_other_slots_say_nothing():
    assert from_slots(RULES, {"leeftijd": "17", "topic": "bbz", "inkomen": "ww"}) == {}
    assert from_slots(RULES, {}) == {}


def test_who_is_winding_up_is_not_taken_for_who_goes_on():
    found = from_slots(RULES, {"fase": "afstoten", "situatie": "zzp"})

    assert found == {"inkomen": "bedrijf", "bedrijf": "gaat_stoppen"}
