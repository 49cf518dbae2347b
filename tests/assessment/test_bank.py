import re
from collections import Counter

import pytest

from bot.assessment.bank import AGREED, CONSENT, DECISION, LENGTH, Sign, read_bank
from bot.assessment.result import page
from bot.assessment.scoring import score
from bot.content import DATA, ContentError
from bot.flows import engine
from bot.flows.model import Said
from bot.flows.reading import normalise, read
from bot.taxonomy import taxonomy

SERVICES = {path.stem for path in (DATA / "catalogue" / "services").glob("*.yml")}
NEW = {
    "id": "zs99",
    "theme": "markt",
    "text": "Ik kan zeggen wat mijn klanten willen betalen.",
    "explain": "Denk aan een prijs per uur of per stuk.",
    "construct": "inzicht in de markt",
    "source": "Zelf geformuleerd",
}


def add_item(data):
    data["items"].append(NEW)


def answered(bank, length, value="4", upto=None):
    """Someone who gives one answer to everything that is asked; the outcome before the decision."""
    flow = bank.flow()
    outcome = engine.begin(flow, None, {})
    outcome = engine.turn(flow, outcome.progress, Said(answer=f"{LENGTH}:{length}"))
    for _ in bank.asked(length)[:upto]:
        step = outcome.messages[-1].about.step
        if step == CONSENT:
            outcome = engine.turn(flow, outcome.progress, Said(answer=f"{CONSENT}:{AGREED}"))
            step = outcome.messages[-1].about.step
        outcome = engine.turn(flow, outcome.progress, Said(answer=f"{step}:{value}"))
    return outcome


def before_consent(bank):
    """Someone in the long scan who is asked for consent; and the statement that needs it."""
    special = next(n for n, item in enumerate(bank.items) if item.bijzonder)
    outcome = answered(bank, "lang", upto=special)
    assert outcome.messages[-1].about.step == CONSENT
    return outcome, bank.items[special].id


# --- what the content of the repository is ---


@pytest.mark.parametrize(("length", "number"), [("kort", 18), ("lang", 44)])
def test_a_scan_has_the_number_of_statements_that_its_introduction_tells(bank, length, number):
    assert len(bank.asked(length)) == number
    assert str(number) in bank.frame[0].explain
    assert str(number) in bank.frame[0].option(length).words


def test_the_short_scan_is_a_part_of_the_long_one(bank):
    short, long = (bank.asked(length) for length in ("kort", "lang"))

    assert [item for item in long if item in short] == short
    assert long == list(bank.items)
    assert bank.asked(None) == short


@pytest.mark.parametrize(("length", "least"), [("kort", 3), ("lang", 7)])
def test_every_theme_gets_its_share_of_the_statements(bank, length, least):
    """Motives, qualities, skills, market, circumstances, plan and money."""
    asked = Counter(item.theme for item in bank.asked(length))

    assert len(bank.themes) == 6
    assert set(asked) == {theme.id for theme in bank.themes}
    assert min(asked.values()) >= least


@pytest.mark.parametrize("length", ["kort", "lang"])
def test_in_every_theme_a_third_points_the_other_way(bank, length):
    """Who always agrees does not look better than who thinks about it."""
    for theme in bank.themes:
        reverse = [item.reverse for item in bank.asked(length) if item.theme == theme.id]
        assert 1 / 3 <= sum(reverse) / len(reverse) < 1 / 2, theme.id


def test_every_statement_says_what_it_measures_and_where_that_comes_from(bank):
    sources = r"E-Scan|GET2|EntreComp|Kyndt & Baert|Divosa|VNG|POSG|Assen \(2017\)|Zelf geformul"

    assert all(item.construct and re.search(sources, item.source) for item in bank.items)
    for work in ("E-Scan", "GET2", "EntreComp", "Kyndt & Baert (2015)", "Divosa"):
        assert any(work in item.source for item in bank.items), work


def test_perseverance_and_insight_into_the_market_count_twice_and_nothing_else_does(bank):
    """The two that predicted who became an entrepreneur (Kyndt & Baert, 2015)."""
    heavy = {item.id for item in bank.items if item.weight == 2}
    predicted = {i.id for i in bank.items if i.construct in ("volharding", "inzicht in de markt")}

    assert heavy == predicted
    assert len(heavy) >= 8
    assert all("Kyndt & Baert (2015)" in i.source for i in bank.items if i.id in heavy)
    for construct in ("volharding", "inzicht in de markt"):
        assert any(item.construct == construct for item in bank.asked("kort"))


def test_what_does_not_count_is_there_for_a_signal(bank):
    in_signals = {sign.item for signal in bank.signals for sign in signal.when}
    light = {item.id for item in bank.items if item.weight == 0}

    assert light
    assert light <= in_signals


def test_no_phrase_of_the_scale_stands_at_two_values(bank):
    phrases = Counter(
        phrase
        for option in bank.scale
        for phrase in {normalise(words) for words in (option.title, *option.words)}
    )

    assert [phrase for phrase, times in phrases.items() if times > 1] == []


@pytest.mark.parametrize("part", ["scale", "lengths", "decision"])
def test_every_phrase_of_an_answer_is_read_as_that_answer(bank, part):
    step = {"scale": bank.flow().steps[1], "lengths": bank.frame[0], "decision": bank.frame[1]}
    for option in step[part].options:
        for phrase in (option.title, *option.words):
            assert read(step[part], Said(phrase)) == option.value, phrase


def test_no_statement_begins_with_words_that_skip_it(bank):
    assert not [item.id for item in bank.items if item.text.startswith("Ik weet")]


def test_statements_have_different_words(bank):
    assert len({item.text for item in bank.items}) == len(bank.items)
    assert len({item.explain for item in bank.items}) == len(bank.items)


def test_a_signal_looks_at_the_side_that_asks_for_work(bank):
    items = {item.id: item for item in bank.items}
    for signal in bank.signals:
        for sign in signal.when:
            if items[sign.item].reverse:
                assert (sign.at_least, sign.at_most) == (4, None), signal.id
            else:
                assert (sign.at_least, sign.at_most) == (None, 2), signal.id


@pytest.mark.parametrize(
    "danger",
    ["geen_klanten_bekend", "schulden", "zzp_door_werkgever", "geen_buffer"],
)
def test_the_worst_dangers_are_seen_in_the_short_scan_too(bank, danger):
    """No market, debts, pushed into zzp by an employer, no income buffer."""
    short = {item.id for item in bank.asked("kort")}
    (signal,) = (signal for signal in bank.signals if signal.id == danger)

    assert {sign.item for sign in signal.when} <= short


def test_there_are_the_outcomes_go_not_yet_no_go_and_later(bank):
    assert [o.option.value for o in bank.outcomes] == ["go", "nog_niet", "no_go", "later"]
    assert bank.outcome("no_go").option.title == "Ik doe het niet"
    assert bank.outcome(None) is None
    assert bank.outcome("weg") is None


def test_all_that_is_named_exists(bank):
    for part in [*bank.themes, *bank.signals]:
        assert part.topic in taxonomy().intents
        assert set(part.services) <= SERVICES
    for outcome in bank.outcomes:
        assert set(outcome.topics) <= set(taxonomy().intents)
        assert set(outcome.services) <= SERVICES


# --- signs ---


@pytest.mark.parametrize(
    ("sign", "shows"),
    [
        (Sign("a", at_least=4), [False, False, False, True, True]),
        (Sign("a", at_most=2), [True, True, False, False, False]),
        (Sign("a", at_least=2, at_most=4), [False, True, True, True, False]),
    ],
)
def test_a_sign_shows_within_its_bounds(sign, shows):
    assert [sign.shows({"a": str(value)}) for value in range(1, 6)] == shows


@pytest.mark.parametrize("answers", [{}, {"a": None}, {"b": "5"}])
def test_what_was_not_answered_is_no_sign(answers):
    assert not Sign("a", at_least=1).shows(answers)


def test_a_signal_of_two_statements_needs_both(bank):
    def found(**answers):
        return [signal.id for signal in bank.signals_of(answers)]

    assert found(zs05="2", zs16="4") == ["geen_klanten_bekend"]
    assert found(zs05="2", zs16="3") == []
    assert found(zs05="3", zs16="4") == []
    assert found(zs05="2") == []


# --- the flow ---


def test_every_statement_is_a_question_that_can_be_skipped_and_explained(bank):
    flow = bank.flow()
    first, *statements, last = (step for step in flow.steps if step.id != CONSENT)

    assert (first.id, last.id) == (LENGTH, DECISION)
    assert [step.id for step in statements] == [item.id for item in bank.items]
    for step in statements:
        assert (step.kind, step.skippable, step.counted) == ("choice", True, True)
        assert step.explain
        assert [option.value for option in step.options] == ["1", "2", "3", "4", "5"]
    for step in (first, last):
        assert not step.counted
        assert not step.skippable
        assert step.explain
    assert last.reconfirm
    assert (flow.id, flow.intent) == ("zelfscan", "zelfscan")


@pytest.mark.parametrize(("length", "number"), [("kort", 18), ("lang", 44)])
def test_progress_counts_the_statements_only(bank, length, number):
    first = answered(bank, length, upto=0)
    seventh = answered(bank, length, upto=6)
    last = answered(bank, length)

    assert f"Vraag 1 van {number}." in first.messages[-1].text
    assert f"Vraag 7 van {number}." in seventh.messages[-1].text
    assert last.messages[-1].about.step == DECISION
    assert "Vraag" not in last.messages[-1].text


# --- consent before what AVG art. 9 protects ---


def test_only_the_statement_on_health_needs_consent_and_it_is_asked_right_before_it(bank):
    steps = [step.id for step in bank.flow().steps]
    outcome, special = before_consent(bank)
    question = outcome.messages[-1]

    assert [item.id for item in bank.items if item.bijzonder] == [special] == ["zs40"]
    assert steps.index(CONSENT) + 1 == steps.index(special)
    for words in ("gezondheid", "Je hoeft dit niet te vertellen", "gewoon je profiel"):
        assert words in question.text
    assert [c.title for c in question.choices] == ["Ja, dat is goed", "Sla deze vraag over"]
    assert "Vraag" not in question.text.split("\n")[0], "it is no statement, so it has no number"


def test_in_the_short_scan_nothing_of_it_is_asked(bank):
    outcome = answered(bank, "kort")

    assert CONSENT not in outcome.progress.answers
    assert outcome.messages[-1].about.step == DECISION


@pytest.mark.parametrize(
    "said",
    [
        Said(answer=f"{CONSENT}:nee"),
        Said("liever niet"),
        Said("sla over", "stoppen"),
        Said("weet ik niet", "weet_niet"),
        Said("nee", "ontkennen"),
    ],
)
def test_who_does_not_agree_gets_the_next_statement_and_misses_nothing_else(bank, said):
    outcome, special = before_consent(bank)
    refused = engine.turn(bank.flow(), outcome.progress, said)
    following = bank.items[[item.id for item in bank.items].index(special) + 1]

    assert refused.messages[-1].about.step == following.id
    assert "van 43." in refused.messages[-1].text, "one less, and nobody sees a gap"
    assert special not in refused.progress.answers
    scores = {one.theme.id: one for one in score(bank, refused.progress.answers)}
    assert scores["omstandigheden"].score is not None


@pytest.mark.parametrize("words", ["goed dat je het vraagt", "waarom vraag je dat?", "hm"])
def test_consent_is_never_guessed(bank, words):
    outcome, special = before_consent(bank)
    asked = engine.turn(bank.flow(), outcome.progress, Said(words, "bevestigen"))

    assert asked.messages[-1].about.step == CONSENT
    assert special not in asked.progress.answers


def test_who_takes_consent_back_has_not_given_the_answer(bank):
    flow, (outcome, special) = bank.flow(), before_consent(bank)
    agreed = engine.turn(flow, outcome.progress, Said(answer=f"{CONSENT}:{AGREED}"))
    told = engine.turn(flow, agreed.progress, Said(answer=f"{special}:5"))
    assert told.progress.answers[special] == "5"

    back = engine.turn(flow, told.progress, Said(answer=f"{CONSENT}:nee"))

    assert special not in back.progress.answers
    assert special not in back.progress.given
    assert back.messages[-1].about.step == told.messages[-1].about.step


def test_an_answer_from_before_there_was_consent_is_forgotten_and_asked_for_again(bank):
    """A scan that was under way when this version came."""
    done = answered(bank, "lang")
    before = done.progress.dropping(CONSENT)
    outcome = engine.begin(bank.flow(), before, {})

    assert "zs40" not in outcome.progress.answers
    assert outcome.messages[-1].about.step == CONSENT


def test_a_statement_that_needs_consent_needs_a_question_for_it(changed):
    with pytest.raises(ContentError) as error:
        read_bank(changed("zelfscan", lambda data: data.pop("consent")))

    assert [problem.field for problem in error.value.problems] == ["consent"]


def test_an_item_in_the_file_is_a_question_without_code(changed):
    bank = read_bank(changed("zelfscan", add_item))
    outcome = answered(bank, "kort", upto=18)

    assert NEW["text"] in outcome.messages[-1].text
    assert "Vraag 19 van 19." in outcome.messages[-1].text
    done = engine.turn(bank.flow(), outcome.progress, Said(answer="zs99:5"))
    assert done.progress.answers["zs99"] == "5"
    assert done.messages[-1].about.step == DECISION


def test_an_item_in_the_file_counts_in_its_theme(bank, changed):
    larger = read_bank(changed("zelfscan", add_item))
    answers = {item.id: "1" for item in bank.items}

    before = {s.theme.id: s for s in score(larger, answers)}["markt"]
    after = {s.theme.id: s for s in score(larger, {**answers, "zs99": "5"})}["markt"]

    assert (before.answered, before.asked) == (3, 4)
    assert after.score > before.score


def test_the_version_of_the_file_goes_with_a_result(changed):
    bank = read_bank(changed("zelfscan", lambda data: data.update(version=7)))

    assert page(bank, {}, str, "vandaag").version == 7


# --- mistakes in the file ---


@pytest.mark.parametrize(
    ("change", "item", "field", "message"),
    [
        (lambda d: d["items"][0].update(theme="weg"), "zs01", "theme", "'weg' bestaat niet"),
        (lambda d: d["items"][3].update(only_in="half"), "zs04", "only_in", "'half' bestaat niet"),
        (lambda d: d["themes"][0].update(topic="weg"), "motieven", "topic", "bestaat niet"),
        (lambda d: d["themes"][5]["services"].append("weg"), "plan_en_geld", "services", "'weg'"),
        (lambda d: d["signals"][0]["when"][0].update(item="zs0"), "schulden", "when", "'zs0'"),
        (lambda d: d["signals"][1].update(topic="weg"), "zzp_door_werkgever", "topic", "'weg'"),
        (lambda d: d["decision"]["options"][0]["topics"].append("weg"), "go", "topic", "'weg'"),
        (lambda d: d["decision"]["options"][2].update(services=["weg"]), "no_go", "services", ""),
        (lambda d: d["items"][1].update(id="zs01"), "zs01", "id", "komt twee keer voor"),
        (lambda d: d["items"][0].pop("explain"), "", "items.0", "ontbreekt: explain"),
        (lambda d: d["items"][0].pop("source"), "", "items.0", "ontbreekt: source"),
        (lambda d: d["items"][0].update(punten=1), "", "items.0", "onbekend veld: punten"),
        (lambda d: d["items"][0].update(weight=-1), "", "items.0.weight", "minstens 0"),
        (lambda d: d["signals"][0]["when"][0].pop("at_least"), "", "signals.0.when.0", ""),
        (lambda d: d.update(scale=[]), "", "scale", ""),
        (lambda d: d.update(items=[]), "", "items", "mag niet leeg zijn"),
        (lambda d: d.update(version="2"), "", "version", "verkeerde soort"),
        (lambda d: d.pop("decision"), "", "", "ontbreekt: decision"),
    ],
)
def test_a_mistake_in_the_file_is_reported(changed, change, item, field, message):
    path = changed("zelfscan", change)

    with pytest.raises(ContentError) as error:
        read_bank(path)

    (problem,) = error.value.problems
    assert (problem.file, problem.item, problem.field) == (str(path), item, field)
    assert message in problem.message


def test_all_mistakes_are_reported_at_once(changed):
    def change(data):
        data["items"][0]["theme"] = "weg"
        data["signals"][0]["services"] = ["weg"]

    with pytest.raises(ContentError) as error:
        read_bank(changed("zelfscan", change))

    assert [problem.item for problem in error.value.problems] == ["zs01", "schulden"]
