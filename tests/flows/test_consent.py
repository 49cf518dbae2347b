"""What counts as consent: a button or a plain yes, nothing else."""

import pytest

from bot.flows.model import Said
from bot.flows.reading import read
from bot.referral.intake import read_intake

STEPS = [read_intake().step(name) for name in ("uitslag", "voorstel", "toestemming")]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
@pytest.mark.parametrize(
    "text",
    [
        "oke en wat als ik ja zeg?",
        "goed dat je het vraagt",
        "mag ik eerst weten wie het leest? mijn nummer is [telefoon:1]",
        "is goed maar ik geef geen toestemming",
        "ja dat snap ik maar nee",
    ],
)
def test_this_is_no_yes_even_when_nlu_hears_one(step, text):
    assert read(step, Said(text, "bevestigen")) != "ja"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
@pytest.mark.parametrize(
    "text", ["ja", "Ja graag!", "ja dat is goed", "akkoord", "oke is goed", "prima hoor", "1"]
)
def test_a_plain_yes_is_a_yes(step, text):
    assert read(step, Said(text, "bevestigen")) == "ja"
