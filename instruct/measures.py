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

SURE = 0.95
RESAMPLES = 2000
WORD = re.compile(r"\w+")


def compare(answers: Sequence[str], golden: Sequence[str]) -> dict[str, Figures]:
    """Every metric but the loss."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF

    rouge, bleu, chrf = RougeScorer(["rougeL"], use_stemmer=True), BLEU(effective_order=True), CHRF()
    pairs = list(zip(answers, golden, strict=True))
    return {
        "rougeL": np.array([rouge.score(gold, said)["rougeL"].fmeasure for said, gold in pairs]),
        "BLEU": np.array([bleu.sentence_score(said, [gold]).score for said, gold in pairs]),
        "chrF": np.array([chrf.sentence_score(said, [gold]).score for said, gold in pairs]),
        "F1": np.array([_f1(said, gold) for said, gold in pairs]),
        "similarity": similarity(answers, golden),
    }


def similarity(answers: Sequence[str], golden: Sequence[str]) -> Figures:
    """The cosine of each answer and what the agent wrote."""
    vectors = encode([*answers, *golden])
    cosines: Figures = (vectors[: len(answers)] * vectors[len(answers) :]).sum(axis=1).astype(np.float64)
    return cosines


def interval(values: Figures, level: float = SURE, groups: Sequence[str] = ()) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean (Efron & Tibshirani 1993). With `groups`, one a value, whole groups
    are drawn instead of values: those of one group may be alike (Field & Welsh 2007)."""
    _, of = np.unique(groups, return_inverse=True) if groups else (None, np.arange(len(values)))
    sums, counts = np.bincount(of, values), np.bincount(of)
    draws = np.random.default_rng(0).integers(0, len(sums), (RESAMPLES, len(sums)))
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(sums[draws].sum(axis=1) / counts[draws].sum(axis=1), [tail, 100 - tail])
    return float(low), float(high)


def summary(values: Figures, groups: Sequence[str] = ()) -> dict[str, Any]:
    return {"mean": float(values.mean()), "interval": list(interval(values, SURE, groups))}


def figure(score: dict[str, Any]) -> str:
    """A mean and half the width of its interval."""
    low, high = score["interval"]
    return f"{score['mean']:.3f} ±{(high - low) / 2:.3f}"


def _f1(said: str, gold: str) -> float:
    """Two empty texts agree."""
    words, wanted = (Counter(WORD.findall(text.lower())) for text in (said, gold))
    if not words or not wanted:
        return float(words == wanted)
    common = (words & wanted).total()
    return 2 * common / (words.total() + wanted.total())
