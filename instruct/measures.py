"""Answers and what the agents wrote -> figures, one a row, with intervals.

ROUGE-L (F1; Lin 2004), BLEU (of a sentence, effective order; Papineni et al. 2002) and chrF (Popović 2015) by their
reference libraries; F1 over words (Rajpurkar et al. 2016); similarity is the cosine of the sentence encoder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from instruct.encoder import encode

Figures = npt.NDArray[np.float64]

METRICS = {"loss": -1, "rougeL": 1, "BLEU": 1, "chrF": 1, "F1": 1, "similarity": 1}
"""Each metric and whether more (1) or less (-1) is better. The loss is in nats a token of the answer."""

RESAMPLES = 2000
WORD = re.compile(r"\w+")


def compare(answers: Sequence[str], golden: Sequence[str]) -> dict[str, Figures]:
    """Every metric but the loss."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF

    rouge, bleu, chrf = RougeScorer(["rougeL"], use_stemmer=True), BLEU(effective_order=True), CHRF()
    vectors = encode([*answers, *golden])
    pairs = list(zip(answers, golden, strict=True))
    return {
        "rougeL": np.array([rouge.score(gold, said)["rougeL"].fmeasure for said, gold in pairs]),
        "BLEU": np.array([bleu.sentence_score(said, [gold]).score for said, gold in pairs]),
        "chrF": np.array([chrf.sentence_score(said, [gold]).score for said, gold in pairs]),
        "F1": np.array([_f1(said, gold) for said, gold in pairs]),
        "similarity": (vectors[: len(pairs)] * vectors[len(pairs) :]).sum(axis=1).astype(np.float64),
    }


def interval(values: Figures, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean (Efron & Tibshirani 1993)."""
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def summary(values: Figures) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval": list(interval(values))}


def figure(score: dict[str, Any]) -> str:
    """A mean and half the width of its interval."""
    low, high = score["interval"]
    return f"{score['mean']:.3f} ±{(high - low) / 2:.3f}"


def worse(values: dict[str, Figures], reference: dict[str, Figures]) -> list[str]:
    """The metrics whose paired difference is against the first by more than chance."""
    return [
        metric
        for metric, direction in METRICS.items()
        if interval(direction * (values[metric] - reference[metric]))[1] < 0
    ]


def _f1(said: str, gold: str) -> float:
    """Two empty texts agree."""
    words, wanted = (Counter(WORD.findall(text.lower())) for text in (said, gold))
    if not words or not wanted:
        return float(words == wanted)
    common = (words & wanted).total()
    return 2 * common / (words.total() + wanted.total())
