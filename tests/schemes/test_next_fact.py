"""Which question comes next; what it is worth is worked out here again from the files."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import read_yaml
from bot.schemes.content import GEMEENTE, SCHEMES, read
from bot.schemes.model import Fact, Requirement, Scheme
from bot.schemes.rules import judge, judge_all, next_fact

RULES = read()
FILES = [read_yaml(path) for path in sorted((SCHEMES / "rules").glob("*.yml"))]
PLACES = ("Assen", "Zwolle", "Hengelo", "Urk")


def values(name):
    return PLACES if name == GEMEENTE else tuple(RULES.facts[name].values)


SITUATIONS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values(name)) for name in RULES.facts}
)
ANSWERS = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(values(name)) for name in RULES.facts}
)


def fact(name, *allowed, unless=None):
    return Fact(name, f"{name}?", "Daarom.", dict.fromkeys(allowed, "x"), {}, unless or {})


def scheme(name, **required):
    conditions = tuple(Requirement(f, frozenset([v]), "Ja.", "Nee.") for f, v in required.items())
    return Scheme(name, name, "dienst", "bbz", conditions, ("Kijk na.",), "Bel eerst.", ())


FACTS = {name: fact(name, "ja", "nee") for name in ("a", "b", "c")}


def test_the_fact_that_settles_most_schemes_is_asked():
    schemes = [scheme("een", a="ja", b="ja"), scheme("twee", b="ja"), scheme("drie", c="ja")]

    assert next_fact(schemes, FACTS, {}, set()) == "b"


def test_of_two_that_settle_as_much_the_first_in_the_list_is_asked():
    schemes = [scheme("een", b="ja"), scheme("twee", a="ja")]

    assert next_fact(schemes, FACTS, {}, set()) == "a"
    assert next_fact(schemes, dict(reversed(FACTS.items())), {}, set()) == "b"


def test_what_is_known_or_was_tried_is_not_asked():
    schemes = [scheme("een", a="ja", b="ja", c="ja")]

    assert next_fact(schemes, FACTS, {"a": "ja"}, {"b"}) == "c"
    assert next_fact(schemes, FACTS, {"a": "ja"}, {"b", "c"}) is None


def test_nothing_is_asked_that_no_open_scheme_reads():
    schemes = [scheme("past", a="ja"), scheme("past niet", a="nee", b="ja")]

    assert next_fact(schemes, FACTS, {"a": "ja"}, set()) is None
    assert next_fact([], FACTS, {}, set()) is None


def test_a_question_that_makes_no_sense_is_not_asked():
    facts = {**FACTS, "b": fact("b", "ja", "nee", unless={"a": ["nee"]})}
    schemes = [scheme("een", b="ja"), scheme("twee", b="nee"), scheme("drie", c="ja")]

    assert next_fact(schemes, facts, {}, set()) == "b"
    assert next_fact(schemes, facts, {"a": "ja"}, set()) == "b"
    assert next_fact(schemes, facts, {"a": "nee"}, set()) == "c"


def test_a_fact_that_only_brings_schemes_nearer_is_asked_in_the_end():
    schemes = [scheme("een", a="ja", b="ja")]

    assert next_fact(schemes, FACTS, {"a": "ja"}, set()) == "b"


# --- the real rules, judged here again from the files ---


def holds(requirement, known):
    value = known.get(requirement["fact"])
    if value is None:
        return None
    if "is" in requirement:
        return value in requirement["is"]
    return value not in requirement["is_not"]


def verdict(item, known):
    """(verdict, number of facts to ask) of a scheme as it stands in its file."""
    to_ask, outcomes = set(), []
    for condition in item["conditions"]:
        parts = condition.get("any", [condition])
        found = [holds(part, known) for part in parts]
        outcome = True if True in found else None if None in found else False
        outcomes.append(outcome)
        if outcome is None:
            to_ask |= {part["fact"] for part in parts if part["fact"] not in known}
    if False in outcomes:
        return "does_not_fit", 0
    return ("unknown", len(to_ask)) if None in outcomes else ("may_fit", 0)


def worth(name, known):
    """Schemes that an answer settles, on average; a question less counts for a tenth."""
    options = RULES.facts[name].values or [""]
    total = Fraction(0)
    for item in FILES:
        now, before = verdict(item, known)
        reads = {p["fact"] for c in item["conditions"] for p in c.get("any", [c])}
        if now != "unknown" or name not in reads:
            continue
        for value in options:
            after, left = verdict(item, {**known, name: value})
            total += Fraction(before - left, 10) if after == "unknown" else 1
    return total / len(options)


@given(SITUATIONS)
def test_the_files_read_here_say_the_same_as_the_rules(situation):
    assert {item["id"]: verdict(item, situation)[0] for item in FILES} == {
        f.scheme.id: f.verdict for f in judge_all(RULES.schemes, situation)
    }


@settings(max_examples=60)
@given(SITUATIONS, st.sets(st.sampled_from(list(RULES.facts)), max_size=5))
def test_the_fact_that_is_chosen_settles_at_least_as_much_as_any_other(situation, tried):
    chosen = next_fact(RULES.schemes, RULES.facts, situation, tried)
    gains = {
        name: worth(name, situation)
        for name, found in RULES.facts.items()
        if name not in situation and name not in tried and found.makes_sense(situation)
    }

    if chosen is None:
        assert not any(gains.values())
    else:
        assert chosen in gains
        # Only sums of tenths in another order may differ, by far less than any real difference.
        assert gains[chosen] >= max(gains.values()) - Fraction(1, 10**6)
        assert gains[chosen] > 0


@settings(max_examples=60)
@given(SITUATIONS, st.permutations(RULES.schemes))
def test_the_next_question_does_not_hang_on_the_order_of_the_schemes(situation, shuffled):
    chosen = next_fact(RULES.schemes, RULES.facts, situation, set())
    other = next_fact(shuffled, RULES.facts, dict(reversed(situation.items())), set())

    if other != chosen:
        assert abs(worth(other, situation) - worth(chosen, situation)) < Fraction(1, 10**6)


@settings(max_examples=60)
@given(ANSWERS)
def test_asking_ends_and_leaves_nothing_that_a_sensible_question_could_settle(answers):
    known, asked = {}, []
    while (name := next_fact(RULES.schemes, RULES.facts, known, set(asked))) is not None:
        assert name not in asked
        assert RULES.facts[name].makes_sense(known)
        asked.append(name)
        if answers[name] is not None:
            known[name] = answers[name]
        assert len(asked) <= len(RULES.facts)

    for one in RULES.schemes:
        found = judge(one, known)
        sensible = [n for n in found.ask if n not in asked and RULES.facts[n].makes_sense(known)]
        assert found.verdict != "unknown" or not sensible, (one.id, sensible)


@settings(max_examples=60)
@given(ANSWERS)
def test_who_answers_questions_hears_nothing_else_than_who_tells_all_at_once(answers):
    """What was not asked cannot change what is firm."""
    told = {name: value for name, value in answers.items() if value is not None}
    known, asked = {}, set()
    while (name := next_fact(RULES.schemes, RULES.facts, known, asked)) is not None:
        assert name not in asked
        asked.add(name)
        if name in told:
            known[name] = told[name]
    after = {f.scheme.id: f.verdict for f in judge_all(RULES.schemes, told)}

    for finding in judge_all(RULES.schemes, known):
        if finding.verdict != "unknown":
            assert after[finding.scheme.id] == finding.verdict
