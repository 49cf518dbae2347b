"""The intent model: n-grams first, a sentence encoder where they doubt, and honest confidences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

from bot.nlu.encoder import SentenceEncoder, Vectors, focus
from bot.nlu.spelling import Spelling
from bot.nlu.typos import mistype

# From this confidence on, the n-grams decide alone; below it the encoder is asked too. With a lower
# bound it is asked less, and more is answered wrongly (docs/nlu.md).
SURE = 0.9
# The encoder's classifier learns from so many examples an intent: enough to add what n-grams miss,
# few enough to train within minutes on one core (docs/nlu.md).
ENCODED_PER_INTENT = 40
# Copies of every example with typing errors: they halve what a typo costs (docs/nlu.md).
MISTYPED_COPIES = 2
SEED = 2026
# A text with no known word needs this share of known letter groups; keyboard mash has hardly any.
KNOWN_SHARE = 0.35
# A word or letter group counts as known when it stands in so many examples.
KNOWN_FROM = 2
SMALLEST = 1e-9


@dataclass
class Weights:
    """How distances and probabilities become confidence: softmax(ngrams * D + encoder * log P)."""

    ngrams: float = 1.0
    encoder: float = 0.0


class IntentModel:
    """Classifies Dutch messages; plain scikit-learn, nothing of Rasa."""

    def __init__(self, C: float = 0.3) -> None:
        self._features = FeatureUnion(
            [
                ("words", _tfidf("word", 1, 2, min_df=KNOWN_FROM)),
                ("letters", _tfidf("char_wb", 2, 5, min_df=KNOWN_FROM)),
            ]
        )
        self._svm = LinearSVC(C=C)
        self._known_words = _tfidf("word", 1, 1, min_df=KNOWN_FROM)
        self._known_letters = _tfidf("char_wb", 4, 4, min_df=KNOWN_FROM)
        self._spelling = Spelling([])
        self._regression: LogisticRegression | None = None
        self._center: Vectors = np.zeros(0)
        self._alone = Weights()
        self._together = Weights()

    @property
    def intents(self) -> list[str]:
        """Names of the intents, in the order of the probabilities."""
        return [str(name) for name in self._svm.classes_]

    def fit(
        self, texts: Sequence[str], intents: Sequence[str], encoder: SentenceEncoder | None
    ) -> None:
        """Learns from examples."""
        labels = np.array(intents)
        chance = random.Random(SEED)  # noqa: S311 (not a secret)
        copies = [mistype(text, chance) for _ in range(MISTYPED_COPIES) for text in texts]
        features = self._features.fit_transform([*texts, *copies])
        self._svm.fit(features, np.tile(labels, 1 + MISTYPED_COPIES))
        self._svm.coef_ = self._svm.coef_.astype(np.float32)  # half the memory, the same answers
        self._known_words.fit(texts)
        self._known_letters.fit(texts)
        self._spelling = Spelling(texts)
        if encoder is not None:
            chosen = _spread(labels, ENCODED_PER_INTENT)
            vectors = encoder.encode([focus(texts[i]) for i in chosen])
            self._center = vectors.mean(axis=0)
            self._regression = LogisticRegression(C=0.05, max_iter=200)
            self._regression.fit(self._scaled(vectors), labels[chosen])

    def calibrate(
        self, texts: Sequence[str], intents: Sequence[str], encoder: SentenceEncoder | None
    ) -> None:
        """Chooses the weights with the least log loss on messages that were not learned from.

        Temperature scaling (Guo et al. 2017), with a second weight for the encoder.
        """
        index = {name: number for number, name in enumerate(self.intents)}
        truth = np.array([index[intent] for intent in intents])
        spelled = [self._spelling.correct(text) for text in texts]
        distances = self._distances(spelled)
        self._alone = Weights(*_least_loss([distances], truth, [5.0]))
        if encoder is not None and self._regression is not None:
            parts = [distances, self._log_probabilities(spelled, encoder)]
            self._together = Weights(*_least_loss(parts, truth, [4.0, 0.5]))

    def probabilities(self, text: str, encoder: SentenceEncoder | None) -> Vectors | None:
        """The probability of each intent, or None for a text without meaning."""
        if not self._has_meaning(text):
            return None
        text = self._spelling.correct(text)
        distances = self._distances([text])
        alone = _softmax(self._alone.ngrams * distances)[0]
        if encoder is None or self._regression is None or alone.max() >= SURE:
            return alone
        logs = self._log_probabilities([text], encoder)
        return _softmax(self._together.ngrams * distances + self._together.encoder * logs)[0]

    def _has_meaning(self, text: str) -> bool:
        if self._known_words.transform([text]).nnz:
            return True
        groups = self._known_letters.build_analyzer()(text)
        known = self._known_letters.vocabulary_
        return bool(groups) and sum(g in known for g in groups) / len(groups) >= KNOWN_SHARE

    def _distances(self, texts: Sequence[str]) -> Vectors:
        result: Vectors = self._svm.decision_function(self._features.transform(texts))
        return result

    def _log_probabilities(self, texts: Sequence[str], encoder: SentenceEncoder) -> Vectors:
        if self._regression is None:
            raise RuntimeError("the model was trained without an encoder")
        vectors = self._scaled(encoder.encode([focus(text) for text in texts]))
        result: Vectors = np.log(self._regression.predict_proba(vectors) + SMALLEST)
        return result

    def _scaled(self, vectors: Vectors) -> Vectors:
        # Sentence vectors lie close together: without their common part the differences count.
        centered = vectors - self._center
        result: Vectors = centered * np.sqrt(centered.shape[1])
        return result


def _tfidf(analyzer: str, shortest: int, longest: int, **options: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=(shortest, longest),
        sublinear_tf=True,
        strip_accents="unicode",
        dtype=np.float32,
        **options,
    )


def _spread(labels: Vectors, most: int) -> Vectors:
    """Indexes of at most `most` examples an intent, evenly spread over each file's writers."""
    chosen = []
    for intent in np.unique(labels):
        found = np.flatnonzero(labels == intent)
        chosen.append(found[np.linspace(0, len(found) - 1, min(most, len(found))).astype(int)])
    result: Vectors = np.concatenate(chosen)
    return result


def _softmax(scores: Vectors) -> Vectors:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Vectors = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def _least_loss(parts: list[Vectors], truth: Vectors, start: list[float]) -> list[float]:
    def loss(weights: Vectors) -> float:
        scores = sum(weight * part for weight, part in zip(weights, parts, strict=True))
        chosen = _softmax(np.asarray(scores))[np.arange(len(truth)), truth]
        return float(-np.log(chosen + SMALLEST).mean())

    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 200})
    return [float(weight) for weight in found.x]
