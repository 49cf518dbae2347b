"""Entities from the spaCy pipeline, as Rasa's component gives them."""

from __future__ import annotations

import pytest
from rasa.nlu.utils.spacy_utils import SpacyModel
from rasa.shared.nlu.training_data.message import Message

from bot.catalogue.gemeenten import names
from bot.nlu.entities import EntityRulerExtractor
from bot.nlu.spacy_model import load
from bot.training import SPACY_MODEL


@pytest.fixture(scope="module")
def model() -> SpacyModel:
    return SpacyModel(load(SPACY_MODEL), str(SPACY_MODEL))


def entities(model: SpacyModel, text: str) -> dict[str, str]:
    message = Message.build(text)
    EntityRulerExtractor().process([message], model)
    return {entity["entity"]: entity["value"] for entity in message.get("entities", [])}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ik woon in assen", {"gemeente": "Assen"}),
        ("Den Bosch", {"gemeente": "Den Bosch"}),
        ("ik kom uit 's-Hertogenbosch", {"gemeente": "Den Bosch"}),
        ("uit s gravenhage", {"gemeente": "Den Haag"}),
        ("in Sudwest-Fryslan", {"gemeente": "Súdwest-Fryslân"}),
        ("wij wonen in Capelle", {"gemeente": "Capelle aan den IJssel"}),
        ("ik wil best wel beginnen", {}),
        ("ik woon in best", {"gemeente": "Best"}),
        ("Houten", {"gemeente": "Houten"}),
        ("houten meubels maken", {}),
        ("mijn buren klagen", {}),
        ("ik zit in de ww", {"uitkering": "ww"}),
        ("met een wajong uitkering", {"uitkering": "arbeidsongeschikt"}),
        ("ik heb bijstand", {"uitkering": "bijstand"}),
        ("ik heb geen bijstand", {}),
        ("ik begin een kapsalon", {"branche": "persoonlijke verzorging"}),
        ("foodtruck", {"branche": "horeca"}),
        ("ik heb 5000 euro nodig", {"bedrag": "5000 euro"}),
        ("€ 1.500 per maand", {"bedrag": "€ 1.500"}),
        ("ik was in 2014 klaar", {}),
        ('/informatie_geven{"antwoord": "assen"}', {}),
    ],
)
def test_entities_with_their_value(model: SpacyModel, text: str, expected: dict[str, str]) -> None:
    assert entities(model, text) == expected


@pytest.mark.parametrize("name", sorted(names()))
def test_every_gemeente_is_recognised(model: SpacyModel, name: str) -> None:
    assert entities(model, f"ik woon in {name.lower()}").get("gemeente") == name


def test_the_lemmatizer_has_its_dutch_tables(model: SpacyModel) -> None:
    lemmas = {token.text: token.lemma_ for token in model.model("wij verkochten aan klanten")}
    assert lemmas["klanten"] == "klant"
