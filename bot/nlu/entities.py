"""Entities from the spaCy EntityRuler, as Rasa entities with their canonical value."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.utils.spacy_utils import SpacyModel
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.tokens import Span

from bot.flows.reading import DENIALS
from bot.nlu.spacy_model import ambiguous_names

# An ordinary word is a gemeente only after one of these, or when it is all that was said.
BEFORE_PLACE = frozenset(["in", "uit", "te", "gemeente", "bij", "van", "naar"])


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False, model_from="SpacyNLP"
)
class EntityRulerExtractor(GraphComponent, EntityExtractorMixin):
    """Gives each entity the id of its pattern as value ("den bosch" -> "Den Bosch").

    Rasa's own SpacyEntityExtractor gives the words as they were typed. One value per kind:
    the first, because a text slot holds one.
    """

    def __init__(self) -> None:
        self._ambiguous = ambiguous_names()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityRulerExtractor:
        """Creates the component (see Rasa's GraphComponent)."""
        return cls()

    @staticmethod
    def required_packages() -> list[str]:
        """The packages that the component needs."""
        return ["spacy"]

    def process(self, messages: list[Message], model: SpacyModel) -> list[Message]:
        """Adds the entities to each message; a payload of the gateway carries its own."""
        for message in messages:
            text = message.get(TEXT) or ""
            if not text.startswith("/"):
                found = self.add_extractor_name(self._entities(model.model(text).ents))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _entities(self, spans: tuple[Span, ...]) -> list[dict[str, Any]]:
        first: dict[str, dict[str, Any]] = {}
        for span in spans:
            if span.label_ not in first and not self._is_ordinary_word(span) and not _denied(span):
                first[span.label_] = {
                    "entity": span.label_,
                    "value": span.ent_id_ or span.text,
                    "start": span.start_char,
                    "end": span.end_char,
                    "confidence": 1.0,
                }
        return list(first.values())

    def _is_ordinary_word(self, span: Span) -> bool:
        if span.label_ != "gemeente" or span.text.lower() not in self._ambiguous:
            return False
        words = [token for token in span.doc if token.is_alpha]
        after_place = span.start > 0 and span.doc[span.start - 1].lower_ in BEFORE_PLACE
        return not after_place and len(words) > len(span)


def _denied(span: Span) -> bool:
    """ "Ik heb geen bijstand" tells of no benefit."""
    before = {token.lower_ for token in span.doc[max(0, span.start - 2) : span.start]}
    return span.label_ == "uitkering" and not DENIALS.isdisjoint(before)
