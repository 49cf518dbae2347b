"""No text keeps the rules busy for long: what they do grows with the text, not with its square."""

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.privacy.detect import find_details

SHORT, LONG = 1_000, 4_000
# Four times the text takes four times the work, and a little more where a detail just fits.
GROWTH = 4.6
# Repeated, each has once led an expression or a loop to start again at every character.
HOSTILE = [
    *(" \t", "a.", "A. ", "\nA", "a", "é", "-", "1", "1.2 ", "d'", "laan", "a@", "NL91 "),
    *("bsn.", "van de ", "Jan, ", "Laan van de ", "ik ben jan ", "mevrouw van ", "o6 ", "bel 6 "),
    *("a punt ", "a (at) ", "woon aan de ", "Op De Aan Het ", "9401 AB ", "\u200b", "\u0308"),
    *("nul zes ", "drie maart ", "12345678 kvk ", "123456789 ", "paspoort ", "XX-99-99 ", "Jan "),
    *("groet jan en ", "J. de ", "[a", "[bsn:", "Jan - ", "|, Jan 1, "),
]  # fmt: skip


def work(text):
    """How many functions, also those written in C, are called to find the details of the text."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        find_details(text)
    finally:
        sys.setprofile(None)
    return calls


def grows_too_fast(unit):
    find_details(unit)
    short, long = (work((unit * size)[:size]) for size in (SHORT, LONG))
    return long > GROWTH * short + SHORT


@pytest.mark.parametrize("unit", HOSTILE)
def test_four_times_a_hostile_text_is_four_times_the_work(unit):
    assert not grows_too_fast(unit)


@settings(max_examples=10, deadline=None)
@given(st.text(alphabet="aAnm.1 0,@-'\n|[:", min_size=1, max_size=6))
def test_four_times_any_repeated_text_is_four_times_the_work(unit):
    assert not grows_too_fast(unit)


# Prints the expressions of the rules that have a repeat without an end. Every text is searched from
# each of its characters, so an expression that can run on to the end takes the square of the text.
# The one of tokens may: it begins with a bracket, and no bracket can follow within it.
ENDLESS = """
import re, sys
made, compile = {}, re.compile
def recorded(pattern, flags=0):
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if caller.startswith("bot.privacy."):
        made[pattern] = flags
    return compile(pattern, flags)
re.compile = recorded
from bot.privacy.detect import TOKEN, find_details
find_details(sys.argv[1])
re.compile = compile
try:
    from re import _parser as parser
except ImportError:
    import sre_parse as parser
def endless(found):
    for name, value in found:
        if str(name) in ("MAX_REPEAT", "MIN_REPEAT") and value[1] == parser.MAXREPEAT:
            return True
        inner = value if isinstance(value, (tuple, list)) else ()
        for part in inner:
            parts = part if isinstance(part, list) else [part]
            if any(endless(p) for p in parts if isinstance(p, parser.SubPattern)):
                return True
    return False
assert endless(parser.parse("a(?:b|(?=c(?:de*)))")) and not endless(parser.parse("a(?:b|c{1,9})?"))
print(len(made))
for pattern, flags in made.items():
    if pattern != TOKEN.pattern and endless(parser.parse(pattern, flags)):
        print(pattern[:200])
"""
EVERYTHING = (
    "ik heet jan, kvk 12345678, kenteken XX-99-99, NL91ABNA0417164300, a@b.nl, paspoort AB1234567, "
    "ik woon op Markt 3, geboren op 1 mei 1980 of op drie mei zeventig, bsn 111222333, bel 06 een"
)


def test_no_expression_of_the_rules_can_run_on_to_the_end_of_a_text():
    program = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ENDLESS, EVERYTHING],
        check=True,
        capture_output=True,
        text=True,
    )

    number, *endless = program.stdout.splitlines()
    assert int(re.match(r"\d+", number)[0]) > 60
    assert endless == []
