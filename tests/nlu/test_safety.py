"""Despair in plain words is never missed, also in the middle of something else."""

import pytest
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.safety import SafetyNet


def intent_of(text, guess="faillissement"):
    message = Message.build(text)
    message.set(INTENT, {"name": guess, "confidence": 0.99})
    SafetyNet().process([message])
    return message.get(INTENT)["name"]


@pytest.mark.parametrize(
    "text",
    [
        "ik heb 90.000 schuld en wil er niet meer zijn",
        "ik wil dood, bel [telefoon:1]",
        "ik spring voor de trein als ik failliet ga",
        "als dit mislukt maak ik er een einde aan",
        "mijn bedrijf is weg, ik hang me op",
        "soms denk ik dat ik beter dood kan zijn dan failliet",
        "Ik wil echt niet meer leven...",
        "ik denk aan zelfmoord",
    ],
)
def test_despair_wins_over_what_the_model_makes_of_it(text):
    assert intent_of(text) == "noodsituatie"


@pytest.mark.parametrize(
    "text",
    [
        "mijn bedrijf bloedt dood",
        "ik wil niet meer verder met mijn bedrijf",
        "er is een einde aan mijn contract",
        "mijn vader is dood en ik erf de zaak",
        "ik wil de zaak ophangen aan een keurmerk",
        "/noodsituatie_niet",
    ],
)
def test_other_talk_is_left_alone(text):
    assert intent_of(text) == "faillissement"
