"""Questions with their topics -> what names the topic of a new question, or says that it is none of them.

A logistic regression over the sentence encoder's vectors (the frozen dual encoder of Casanueva et al. 2020,
arXiv:2003.04807, with a linear head). Its probabilities are calibrated by one temperature on held-out folds (Guo
et al. 2017, arXiv:1706.04599); a question whose likeliest topic is less likely than `threshold` has none (Hendrycks
and Gimpel 2017, arXiv:1610.02136).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskwright.errors import DeskwrightError
from instruct.encoder import encode

Array = npt.NDArray[np.float64]

REGULARISATION = 30.0
"""The inverse strength: vectors of length one need little."""
FOLDS = 5
KEPT = 0.95
"""The share of known questions that the threshold lets pass."""
LEAST_QUESTIONS = 5
"""Of a topic; rarer ones are not learnt."""
BINS = 15

WEIGHTS, LABELS = "topics.npz", "topics.json"


@dataclass(frozen=True, slots=True)
class Guess:
    """A topic with its probability; None: none of those known."""

    topic: str | None
    probability: float


@dataclass(frozen=True)
class Topics:
    """`weights` is (topics, 384), `bias` (topics,); both divided by the temperature."""

    labels: tuple[str, ...]
    weights: Array
    bias: Array
    threshold: float

    @classmethod
    def fit(cls, questions: Sequence[str], topics: Sequence[str], seed: int = 0) -> Topics:
        """Learns from questions and the topic of each.

        Raises:
            DeskwrightError: fewer than two topics have questions enough.
        """
        counts = Counter(topics)
        chosen = [n for n, topic in enumerate(topics) if counts[topic] >= LEAST_QUESTIONS]
        wanted = [topics[n] for n in chosen]
        labels = tuple(sorted(set(wanted)))
        if len(labels) < 2:
            raise DeskwrightError(
                f"Found {len(labels)} topics with {LEAST_QUESTIONS} questions and more; expected two. Topics come from "
                "the tags of tickets or from a column (sources.table.columns.tags): ingest a source that has them."
            )
        vectors = encode([questions[n] for n in chosen]).astype(np.float64)
        numbers = np.array([labels.index(topic) for topic in wanted])
        held_out = _held_out(vectors, numbers, len(labels), seed)
        temperature = _temperature(held_out, numbers)
        threshold = float(np.quantile(_softmax(held_out / temperature).max(1), 1 - KEPT))
        weights, bias = _regression(vectors, numbers)
        return cls(labels, weights / temperature, bias / temperature, threshold)

    def guess(self, questions: Sequence[str]) -> list[Guess]:
        """One guess a question."""
        probabilities = self.probabilities(questions)
        best = probabilities.argmax(1)
        return [
            Guess(self.labels[topic] if probability >= self.threshold else None, float(probability))
            for topic, probability in zip(best, probabilities.max(1), strict=True)
        ]

    def probabilities(self, questions: Sequence[str]) -> Array:
        """(questions, topics), each row adding up to one."""
        return _softmax(encode(questions).astype(np.float64) @ self.weights.T + self.bias)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / WEIGHTS, weights=self.weights, bias=self.bias, threshold=self.threshold)
        (folder / LABELS).write_text(json.dumps(self.labels, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Topics:
        labels = tuple(json.loads((folder / LABELS).read_text(encoding="utf-8")))
        with np.load(folder / WEIGHTS, allow_pickle=False) as kept:
            return cls(labels, kept["weights"], kept["bias"], float(kept["threshold"]))


def report(topics: Topics, questions: Sequence[str], wanted: Sequence[str]) -> dict[str, Any]:
    """How well it does on questions it has not seen: accuracy, precision, recall and F1 a topic and in the mean, the
    expected calibration error (Guo et al. 2017, 15 bins), the share that is given a topic, and accuracy among those."""
    from sklearn.metrics import classification_report

    probabilities = topics.probabilities(questions)
    said = [topics.labels[n] for n in probabilities.argmax(1)]
    right = np.array([mine == theirs for mine, theirs in zip(said, wanted, strict=True)])
    sure = probabilities.max(1) >= topics.threshold
    by_topic = classification_report(wanted, said, labels=sorted(set(wanted)), output_dict=True, zero_division=0)
    averages = {"accuracy", "micro avg", "macro avg", "weighted avg"}
    return {
        "questions": len(questions),
        "accuracy": float(right.mean()),
        "macro F1": float(by_topic["macro avg"]["f1-score"]),
        "calibration error": _calibration_error(probabilities.max(1), right),
        "given a topic": float(sure.mean()),
        "accuracy where given": float(right[sure].mean()) if sure.any() else 0.0,
        "topics": {topic: figures for topic, figures in by_topic.items() if topic not in averages},
    }


def _regression(vectors: Array, numbers: npt.NDArray[Any]) -> tuple[Array, Array]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=REGULARISATION, max_iter=1000).fit(vectors, numbers)
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row for two classes
        return np.vstack([-fitted.coef_, fitted.coef_]) / 2, np.concatenate([-fitted.intercept_, fitted.intercept_]) / 2
    return fitted.coef_, fitted.intercept_


def _held_out(vectors: Array, numbers: npt.NDArray[Any], topics: int, seed: int) -> Array:
    """(questions, topics): what a regression on the other questions makes of each."""
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(vectors), topics))
    for others, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(vectors, numbers):
        weights, bias = _regression(vectors[others], numbers[others])
        logits[held] = vectors[held] @ weights.T + bias
    return logits


def _temperature(logits: Array, numbers: npt.NDArray[Any]) -> float:
    """The one of the least loss. As many questions allow no more certainty than (n + 1) / (n + 2) (Platt 1999)."""
    candidates = np.geomspace(0.1, 10, 200)
    rows, count = np.arange(len(numbers)), len(numbers)
    wanted = np.full(logits.shape, 1 / (count + 2) / (logits.shape[1] - 1))
    wanted[rows, numbers] = (count + 1) / (count + 2)
    losses = [-(wanted * np.log(_softmax(logits / t) + 1e-12)).sum(1).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    shares: Array = raised / raised.sum(1, keepdims=True)
    return shares


def _calibration_error(probabilities: Array, right: npt.NDArray[Any]) -> float:
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [
        abs(probabilities[bins == n].mean() - right[bins == n].mean()) * (bins == n).mean()
        for n in range(BINS)
        if (bins == n).any()
    ]
    return float(sum(gaps))
