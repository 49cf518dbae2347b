"""Why someone sees these schemes: every scheme that was told has its reasons and its source."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.dutch import source_date
from bot.schemes import conversation, reasons
from bot.schemes.content import GEMEENTE, read
from bot.schemes.rules import judge_all
from bot.schemes.situation import from_input

RULES = read()
PERSON = from_input(
    RULES,
    {"inkomen": "bijstand", "bedrijf": "nog_niet", "leeftijd": 38, "uren": 18, "gemeente": "Assen"},
)


def told(answers):
    return "\n\n".join(message.text for message in reasons.of_result(RULES, answers))


def line_of(text, scheme):
    (found,) = [line for line in text.split("\n") if line.startswith(f"- {scheme.name}. ")]
    return found


def test_it_says_what_someone_told_in_their_own_words():
    text = told({**PERSON, "omzet": None})

    assert f"- {RULES.facts['inkomen'].ask} *Van bijstand.*" in text
    assert f"- {RULES.facts['gemeente'].ask} *Assen.*" in text
    assert RULES.facts["omzet"].ask not in text, "what was skipped counts for nothing"


def test_every_condition_that_counts_is_named_with_the_source_and_its_date(schemes):
    line = line_of(told({**PERSON, "leven_van_bedrijf": "deels"}), schemes["parttime_ondernemen"])

    for condition in schemes["parttime_ondernemen"].conditions:
        if hasattr(condition, "why"):
            assert condition.why in line
    assert "Divosa, werkwijzer Aan de slag met parttime ondernemen, december 2017" in line


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.none()
            | st.sampled_from(["Assen", "Zwolle"] if name == GEMEENTE else list(fact.values))
            for name, fact in RULES.facts.items()
        },
    )
)
def test_whatever_was_told_can_say_why(answers):
    result = "\n".join(m.text for m in conversation.result(RULES, answers))
    text = told(answers)

    for finding in judge_all(RULES.schemes, conversation.situation(answers)):
        if re.search(rf"(\*\*|- ){re.escape(finding.scheme.name)}(\*\*|:)", result):
            line = line_of(text, finding.scheme)
            assert finding.reasons and all(reason in line for reason in finding.reasons)
            assert "Bron: " in line
            assert all(source["title"] in line for source in finding.scheme.sources)
    assert conversation.OTHERS_DECIDE in text
    assert "je hebt recht" not in text.lower()


def test_of_someone_of_whom_nothing_is_known_it_says_how_many_schemes_were_looked_at():
    text = told({})

    assert "Dit weet ik van je" not in text
    assert f"Ik keek naar nog {len(RULES.schemes)} regelingen." in text


def test_a_date_of_a_source_is_told_as_far_as_it_is_known():
    dates = ("2025-01-02", "2017-12", "2024", "2016-2021")

    assert [source_date(date) for date in dates] == [
        "2 januari 2025",
        "december 2017",
        "2024",
        "2016-2021",
    ]
