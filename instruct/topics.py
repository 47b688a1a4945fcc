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

from deskwright.errors import DeskwrightError
from instruct.classify import Array, calibration_error, held_out, regression, softmax, temperature
from instruct.encoder import encode

KEPT = 0.95
"""The share of known questions that the threshold lets pass."""
LEAST_QUESTIONS, LEAST_CUSTOMERS = 5, 2
"""Of a topic; rarer ones are not learnt."""

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
    def fit(
        cls, questions: Sequence[str], topics: Sequence[str], customers: Sequence[str] | None = None, seed: int = 0
    ) -> Topics:
        """Learns from questions, the topic of each, and who asked; None: each somebody else.

        Raises:
            DeskwrightError: fewer than two topics have questions enough.
        """
        asked_by = list(map(str, range(len(questions)))) if customers is None else customers
        counts = Counter(topics)
        askers = Counter(topic for topic, _ in set(zip(topics, asked_by, strict=True)))
        often = {topic for topic in counts if counts[topic] >= LEAST_QUESTIONS and askers[topic] >= LEAST_CUSTOMERS}
        labels = tuple(sorted(often))
        if len(labels) < 2:
            raise DeskwrightError(
                f"Found {len(labels)} topics with {LEAST_QUESTIONS} questions and more, of {LEAST_CUSTOMERS} customers "
                "and more; expected two. Topics come from the tags of tickets or from a column "
                "(sources.table.columns.tags): ingest a source that has them."
            )
        chosen = [n for n, topic in enumerate(topics) if topic in often]
        vectors = encode([questions[n] for n in chosen]).astype(np.float64)
        numbers = np.array([labels.index(topics[n]) for n in chosen])
        logits, told = held_out(vectors, numbers, len(labels), [asked_by[n] for n in chosen], seed)
        warmth = temperature(logits[told], numbers[told])
        threshold = float(np.quantile(softmax(logits[told] / warmth).max(1), 1 - KEPT))
        weights, bias = regression(vectors, numbers, len(labels))
        return cls(labels, weights / warmth, bias / warmth, threshold)

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
        return softmax(encode(questions).astype(np.float64) @ self.weights.T + self.bias)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(folder / WEIGHTS, weights=self.weights, bias=self.bias, threshold=self.threshold)
        (folder / LABELS).write_text(json.dumps(self.labels, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Topics:
        labels = tuple(json.loads((folder / LABELS).read_text(encoding="utf-8")))
        with (folder / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as kept:
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
        "calibration error": calibration_error(probabilities.max(1), right),
        "given a topic": float(sure.mean()),
        "accuracy where given": float(right[sure].mean()) if sure.any() else 0.0,
        "topics": {topic: figures for topic, figures in by_topic.items() if topic not in averages},
    }
