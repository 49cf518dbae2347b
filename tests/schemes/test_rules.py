"""Judging schemes: small ones that are made up here, and laws that hold for all of them."""

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schemes.content import GEMEENTE, read
from bot.schemes.model import AnyOf, Requirement, Scheme
from bot.schemes.rules import judge, judge_all

RULES = read()
# Places with and without a scheme of their own.
PLACES = ("Assen", "Zwolle", "Hengelo", "Tilburg", "Urk", "Lelystad")


def values(name):
    return PLACES if name == GEMEENTE else tuple(RULES.facts[name].values)


SITUATIONS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values(name)) for name in RULES.facts}
)


def needs(fact, *allowed):
    return Requirement(fact, frozenset(allowed), f"{fact} klopt.", f"{fact} klopt niet.")


def scheme(*conditions, name="proef"):
    return Scheme(name, name, "dienst", "bbz", conditions, ("Kijk na.",), "Bel eerst.", ())


COLOUR = needs("kleur", "rood", "blauw")
SHAPE = needs("vorm", "rond")
EITHER = AnyOf((needs("kleur", "rood"), needs("maat", "groot")), "Geen van beide.")


# --- one scheme ---


def test_a_scheme_of_which_every_condition_holds_may_fit():
    found = judge(scheme(COLOUR, SHAPE), {"kleur": "blauw", "vorm": "rond"})

    assert (found.verdict, found.met, found.ask) == ("may_fit", 2, [])
    assert found.reasons == ["kleur klopt.", "vorm klopt."]


def test_one_condition_that_fails_is_enough_not_to_fit():
    found = judge(scheme(COLOUR, SHAPE), {"kleur": "geel", "vorm": "rond"})

    assert (found.verdict, found.met, found.ask) == ("does_not_fit", 1, [])
    assert found.reasons == ["kleur klopt niet."]


def test_a_condition_that_fails_decides_whatever_is_unknown():
    assert judge(scheme(COLOUR, SHAPE), {"vorm": "plat"}).verdict == "does_not_fit"


def test_every_condition_that_fails_is_told_in_the_order_of_the_rule():
    found = judge(scheme(COLOUR, SHAPE), {"vorm": "plat", "kleur": "geel"})

    assert found.reasons == ["kleur klopt niet.", "vorm klopt niet."]
    assert found.met == 0


def test_what_is_unknown_leaves_a_scheme_open_and_is_to_be_asked():
    found = judge(scheme(COLOUR, SHAPE), {"kleur": "rood"})

    assert (found.verdict, found.met, found.ask) == ("unknown", 1, ["vorm"])
    assert found.reasons == ["kleur klopt."]


def test_of_a_group_one_is_enough():
    found = judge(scheme(EITHER), {"kleur": "geel", "maat": "groot"})

    assert found.verdict == "may_fit"
    assert found.reasons == ["maat klopt."]
    assert judge(scheme(EITHER), {"kleur": "rood"}).verdict == "may_fit"


def test_a_group_fails_when_nothing_in_it_can_hold_any_more():
    assert judge(scheme(EITHER), {"kleur": "geel"}).verdict == "unknown"
    found = judge(scheme(EITHER), {"kleur": "geel", "maat": "klein"})

    assert (found.verdict, found.reasons) == ("does_not_fit", ["Geen van beide."])


def test_of_a_group_only_what_is_not_known_is_asked():
    assert judge(scheme(EITHER), {}).ask == ["kleur", "maat"]
    assert judge(scheme(EITHER), {"kleur": "geel"}).ask == ["maat"]
    assert judge(scheme(EITHER), {"kleur": "rood"}).ask == []


def test_a_fact_is_asked_once_for_all_conditions_that_read_it():
    assert judge(scheme(COLOUR, EITHER), {}).ask == ["kleur", "maat"]


def test_nothing_is_concluded_from_nothing():
    found = judge(scheme(COLOUR, SHAPE), {})

    assert (found.verdict, found.met, found.reasons) == ("unknown", 0, [])


# --- all schemes ---


def test_what_may_fit_comes_before_what_is_open_and_what_does_not_fit():
    none, some, all_ = scheme(SHAPE, name="niet"), scheme(EITHER, name="open"), scheme(COLOUR)
    found = judge_all([none, some, all_], {"kleur": "blauw", "vorm": "plat"})

    assert [f.verdict for f in found] == ["may_fit", "unknown", "does_not_fit"]


def test_the_fewest_questions_and_then_the_most_reasons_come_first():
    far = scheme(needs("a", "1"), needs("b", "1"), name="ver")
    near = scheme(needs("a", "1"), name="dichtbij")
    nearer = scheme(COLOUR, needs("a", "1"), name="dichterbij")

    found = judge_all([far, near, nearer], {"kleur": "rood"})

    assert [f.scheme.id for f in found] == ["dichterbij", "dichtbij", "ver"]


@given(st.permutations(RULES.schemes), SITUATIONS, st.randoms(use_true_random=False))
def test_no_verdict_hangs_on_the_order_of_schemes_or_facts(shuffled, situation, random):
    items = list(situation.items())
    random.shuffle(items)

    found = {f.scheme.id: f for f in judge_all(RULES.schemes, situation)}
    other = {f.scheme.id: f for f in judge_all(shuffled, dict(items))}

    assert other == found
    assert len(other) == len(RULES.schemes)


@given(SITUATIONS, SITUATIONS)
def test_more_knowledge_never_changes_a_verdict_that_was_firm(known, extra):
    more = {**extra, **known}

    for one in RULES.schemes:
        before, after = judge(one, known), judge(one, more)
        if before.verdict != "unknown":
            assert after.verdict == before.verdict, one.id
        if before.verdict == "does_not_fit":
            assert set(before.reasons) <= set(after.reasons), one.id
        assert after.met >= before.met, one.id
        assert set(after.ask) <= set(before.ask), one.id


class Watched(Mapping):
    """A situation that may be asked for some facts only."""

    def __init__(self, known, allowed):
        self.known, self.allowed, self.read = known, allowed, set()

    def __getitem__(self, name):
        assert name in self.allowed, f"{name} is read but not declared"
        self.read.add(name)
        return self.known[name]

    def __iter__(self):
        raise AssertionError("everything is read")

    __len__ = __iter__


@given(SITUATIONS)
def test_no_rule_reads_what_it_does_not_declare(situation):
    for one in RULES.schemes:
        watched = Watched(situation, one.facts())
        found = judge(one, watched)

        assert watched.read == one.facts(), one.id
        assert set(found.ask) <= one.facts() - set(situation), one.id
        relevant = {name: value for name, value in situation.items() if name in one.facts()}
        assert judge(one, relevant) == found


def test_what_is_read_undeclared_would_be_seen():
    with pytest.raises(AssertionError, match="kleur is read"):
        judge(scheme(COLOUR), Watched({}, {"vorm"}))


@pytest.mark.parametrize("one", RULES.schemes, ids=lambda one: one.id)
def test_every_scheme_may_fit_someone_and_does_not_fit_someone_else(one):
    names = sorted(one.facts())
    full = [
        dict(zip(names, found, strict=True)) for found in itertools.product(*map(values, names))
    ]

    assert {judge(one, known).verdict for known in full} == {"may_fit", "does_not_fit"}
    assert judge(one, {}).verdict == "unknown"


@pytest.mark.parametrize("one", RULES.schemes, ids=lambda one: one.id)
def test_every_condition_decides_for_someone(one):
    """A condition that never fails by itself has no use; one that always fails hides a scheme."""
    for condition in one.conditions:
        names = sorted(set(condition.facts()))
        found = {
            condition.holds(dict(zip(names, combination, strict=True)))
            for combination in itertools.product(*map(values, names))
        }
        assert found == {True, False}, condition
