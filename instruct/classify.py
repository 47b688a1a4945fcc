"""Vectors with their classes -> a logistic regression over them whose probabilities are calibrated.

The parts that `topics`, `needs_human` and `confidence` share. Calibration is by one temperature on held-out folds (Guo
et al. 2017, arXiv:1706.04599). What one customer said stands on one side of a fold: two turns of one
conversation are alike, and a model that has seen the one would look surer of the other than it is of a stranger's.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]

REGULARISATION = 30.0
"""The inverse strength: vectors of length one need little."""
FOLDS = 5
BINS = 15
IMPOSSIBLE = -1000.0
"""The logit of a class that a fold has not seen."""


def regression(vectors: Array, numbers: Numbers, classes: int, strength: float = REGULARISATION) -> tuple[Array, Array]:
    """Weights of shape (classes, dimensions) and bias (classes,); `numbers` are the classes, two of them at least."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=strength, max_iter=1000).fit(vectors, numbers)
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row for two classes
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    weights, bias = np.zeros((classes, vectors.shape[1])), np.full(classes, IMPOSSIBLE)
    weights[fitted.classes_], bias[fitted.classes_] = coefficients, intercepts
    return weights, bias


def held_out(
    vectors: Array,
    numbers: Numbers,
    classes: int,
    customers: Sequence[str],
    seed: int,
    strength: float = REGULARISATION,
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """(rows, classes): what a regression on other customers' rows makes of each; and (rows,): of which it could tell,
    since the others have rows of its class. Of one customer alone, none."""
    from sklearn.model_selection import StratifiedGroupKFold

    logits = np.full((len(vectors), classes), IMPOSSIBLE)
    told = np.zeros(len(vectors), dtype=bool)
    in_order = {customer: n for n, customer in enumerate(dict.fromkeys(customers))}  # names are hashes by a secret key
    groups = [in_order[customer] for customer in customers]
    if len(in_order) < 2:
        return logits, told
    folds = StratifiedGroupKFold(min(FOLDS, len(in_order)), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a rare class is not in every fold
        split = list(folds.split(vectors, numbers, groups))
    for others, held in split:
        known = np.unique(numbers[others])
        if len(known) >= 2 and len(held):
            weights, bias = regression(vectors[others], numbers[others], classes, strength)
            logits[held] = vectors[held] @ weights.T + bias
            told[held] = np.isin(numbers[held], known)
    return logits, told


def temperature(logits: Array, numbers: Numbers) -> float:
    """The one of the least loss. As many rows allow no more certainty than (n + 1) / (n + 2) (Platt 1999)."""
    candidates = np.geomspace(0.1, 10, 200)
    rows, count = np.arange(len(numbers)), len(numbers)
    wanted = np.full(logits.shape, 1 / (count + 2) / (logits.shape[1] - 1))
    wanted[rows, numbers] = (count + 1) / (count + 2)
    losses = [-(wanted * np.log(softmax(logits / t) + 1e-12)).sum(1).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    shares: Array = raised / raised.sum(1, keepdims=True)
    return shares


def calibration(probabilities: Array, right: npt.NDArray[Any]) -> list[dict[str, float]]:
    """Of each of `BINS` parts of what was said, as far as anything lies there: how many, the mean of what was said, and
    the share that came true."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        {
            "from": n / BINS,
            "count": int((bins == n).sum()),
            "said": float(probabilities[bins == n].mean()),
            "came true": float(right[bins == n].mean()),
        }
        for n in range(BINS)
        if (bins == n).any()
    ]


def calibration_error(probabilities: Array, right: npt.NDArray[Any]) -> float:
    """The mean gap between what was said and what came true, over `BINS` of what was said (Guo et al. 2017)."""
    found = calibration(probabilities, right)
    return sum(abs(one["said"] - one["came true"]) * one["count"] for one in found) / len(probabilities)
