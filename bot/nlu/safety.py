"""The safety net: despair in plain words is recognised whatever the model makes of the rest."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.content import DATA, read_yaml
from bot.flows.reading import normalise

PATTERNS = DATA / "nood.yml"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyNet(GraphComponent, IntentClassifier):
    """Sets the intent of `data/nood.yml` for a text that matches one of its patterns."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyNet:
        """Creates the component (see Rasa's GraphComponent)."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Comes after the fallback, so that no doubt of the model hides despair."""
        intent, pattern = crisis()
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith("/") and pattern.search(normalise(text)):
                found = {"name": intent, "confidence": 1.0}
                ranking = [r for r in message.get("intent_ranking", []) if r["name"] != intent]
                message.set(INTENT, found, add_to_output=True)
                message.set("intent_ranking", [dict(found), *ranking], add_to_output=True)
                message.set("second_topic", None, add_to_output=True)
        return messages


@lru_cache
def crisis() -> tuple[str, re.Pattern[str]]:
    """The intent, and one pattern that matches any of its words."""
    data = read_yaml(PATTERNS)
    return data["intent"], re.compile("|".join(f"(?:{p})" for p in data["patterns"]))
