"""Entities from the spaCy EntityRuler, as Rasa entities with their canonical value."""

from __future__ import annotations

from collections.abc import Iterable
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

# An ambiguous name counts only after one of these, or when it is all that was said.
BEFORE: dict[str, frozenset[str]] = {
    "gemeente": frozenset(["in", "uit", "te", "gemeente", "bij", "van", "naar"]),
    "branche": frozenset(
        ["als", "ben", "word", "beroep", "zelfstandig", "zelfstandige", "freelance", "zzp"]
    ),
}
# "Bijstand voor zelfstandigen" is the Bbz, and extra costs are paid from "bijzondere bijstand".
SELF_EMPLOYED = frozenset(["zelfstandige", "zelfstandigen", "zelfst"])


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

    def mentions(self, spans: Iterable[Span]) -> list[Span]:
        """The spans that name an entity, also denied ones: without ordinary words."""
        return [
            span
            for span in spans
            if not self._is_ordinary_word(span) and not _is_other_scheme(span)
        ]

    def _entities(self, spans: Iterable[Span]) -> list[dict[str, Any]]:
        first: dict[str, dict[str, Any]] = {}
        for span in self.mentions(spans):
            if span.label_ not in first and not _denied(span):
                first[span.label_] = {
                    "entity": span.label_,
                    "value": span.ent_id_ or span.text,
                    "start": span.start_char,
                    "end": span.end_char,
                    "confidence": 1.0,
                }
        return list(first.values())

    def _is_ordinary_word(self, span: Span) -> bool:
        if span.text.lower() not in self._ambiguous.get(span.label_, ()):
            return False
        words = [token for token in span.doc if token.is_alpha]
        expected = span.start > 0 and span.doc[span.start - 1].lower_ in BEFORE.get(span.label_, ())
        return not expected and len(words) > len(span)


def _denied(span: Span) -> bool:
    """ "Ik heb geen bijstand" tells of no benefit."""
    before = {token.lower_ for token in span.doc[max(0, span.start - 2) : span.start]}
    return span.label_ == "uitkering" and not DENIALS.isdisjoint(before)


def _is_other_scheme(span: Span) -> bool:
    """Another scheme with "bijstand" in its name, which tells of no benefit either."""
    if span.ent_id_ != "bijstand":
        return False
    before = span.doc[span.start - 1].lower_ if span.start else ""
    after = [token.lower_ for token in span.doc[span.end : span.end + 2]]
    return (
        before == "bijzondere"
        or not SELF_EMPLOYED.isdisjoint(after[:1])
        or (after[:1] == ["voor"] and not {*SELF_EMPLOYED, "ondernemers"}.isdisjoint(after))
    )
