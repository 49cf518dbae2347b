"""Everything a citizen reads is Dutch at level B1; Flesch-Douma is the measure of it.

Douma's formula for Dutch: 206.84 - 77 * syllables a word - 0.93 * words a sentence (W.H. Douma,
De leesbaarheid van landbouwbladen, 1960). Up to 100 is easier; 60 and more is taken as plain
language, which is the usual reading of the scale for grown-ups. Names of organisations and schemes
are long words that cannot be avoided, so a service has a lower bound than an answer.
"""

import re
import statistics

import pytest
import textstat

from bot.assessment.bank import read_bank
from bot.catalogue import content
from bot.referral.closing import NOT_THEMSELVES, REFUSED, TOO_LATE
from bot.referral.destination import read_destinations
from bot.referral.intake import NATIONAL, REACH, read_intake
from bot.schemes import content as schemes

textstat.set_lang("nl")
CONTENT = content.read()
MARKS = re.compile(r"\*\*|\[|\]\([^)]*\)|\{[^}]*\}|\([Bb]ron:[^)]*\)")
LEAST_FOR_ANSWER = 60
LEAST_FOR_SERVICE = 45
LEAST_FOR_QUESTION = 60


def score(text):
    """Flesch-Douma of a text without marks and references to sources."""
    return textstat.flesch_reading_ease(MARKS.sub("", text))


def answers():
    """Each answer and each variant as it is read: text, warning and first step together."""
    for topic, item in CONTENT.answers.items():
        for number, part in enumerate([item, *item.get("variants", [])]):
            whole = {**item, **part}
            text = " ".join(whole.get(n, "") for n in ("text", "watch_out", "next_step"))
            yield pytest.param(text, id=f"{topic}-{number}")


def services():
    """Each service as the bot shows it."""
    for name, item in CONTENT.services.items():
        yield pytest.param(f"{item['summary']} {item['first_step']}", id=name)


def questions():
    """Each question of the flows with its explanation."""
    for flow in (read_bank().flow(), read_intake()):
        for step in flow.steps:
            yield pytest.param(f"{step.ask} {step.explain}", id=f"{flow.id}-{step.id}")
    for step in schemes.read().steps.values():
        yield pytest.param(f"{step.ask} {step.explain}", id=f"regelingen-{step.id}")


def scheme_texts():
    """What is said of each scheme."""
    for scheme in schemes.read().schemes:
        text = " ".join([*scheme.to_check, scheme.talk_first])
        yield pytest.param(text, id=scheme.id)


def referral_texts():
    """Why someone is sent to a desk, whether it is theirs, and what ends an intake."""
    for number, rule in enumerate(read_destinations().rules, start=1):
        yield pytest.param(rule.reason, id=f"reden-{number}")
    places = [text.format("Assen") for text in (*REACH.values(), NATIONAL)]
    for number, text in enumerate([*places, *NOT_THEMSELVES.values(), REFUSED, TOO_LATE], start=1):
        yield pytest.param(text, id=f"aanvraag-{number}")


@pytest.mark.parametrize("text", answers())
def test_an_answer_is_plain_dutch(text):
    assert score(text) >= LEAST_FOR_ANSWER


@pytest.mark.parametrize("text", services())
def test_a_service_is_plain_dutch(text):
    assert score(text) >= LEAST_FOR_SERVICE


@pytest.mark.parametrize("text", [*questions(), *scheme_texts(), *referral_texts()])
def test_a_question_scheme_or_referral_is_plain_dutch(text):
    assert score(text) >= LEAST_FOR_QUESTION


def test_the_whole_reads_easily():
    """Half of all answers and services is well above the bound, so the bound is no target."""
    assert statistics.median(score(param.values[0]) for param in answers()) >= 70
    assert statistics.median(score(param.values[0]) for param in services()) >= 60


def test_official_language_would_fail():
    """The measure can fail: a sentence as such rules are written in the law."""
    law = (
        "Algemene bijstand wordt verleend aan de zelfstandige die in verband met de "
        "ontoereikendheid van zijn arbeidsverdiensten behoort tot de in artikel 2 bedoelde "
        "rechthebbenden, met dien verstande dat de levensvatbaarheid van de "
        "onderneming aannemelijk is gemaakt."
    )

    assert score(law) < 40
