"""A question, what was found for it and how sure the model was -> the probability that its answer is a good one.

Two logistic regressions, learnt on the validation split, where the model's answers are compared with the agents'. One
knows the question and what was found (`grounding`, before the answer), the other also the mean probability of the
model's tokens (`confidence`, after it). An answer is good whose meaning is as near to the agent's as GOOD. The limits
below which the bot asks back or hands over are chosen on the same split, on probabilities by other customers' rows; the
test split chooses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deskwright.workspace import Workspace
from instruct import classify, knowledge
from instruct.adapter import Loaded
from instruct.answering import Answerer, Said, ends
from instruct.codes import codes
from instruct.measures import similarity
from instruct.passages import Passage, Passages
from instruct.prompt import render
from instruct.rows import Row

Figures = npt.NDArray[np.float64]

GOOD = 0.6
"""The cosine of an answer and the agent's from which on it counts as good."""
FOUND = 3
"""Passages that are looked at."""
MOST_ROWS = 96
LEAST_ROWS = 40
LEAST_OF_A_KIND = 8
"""Good answers, and others, without which nothing is learnt."""
REGULARISATION = 1.0
HOPELESS = 1 / 4
"""Of the answers below a limit at most this share is good, by Wilson's interval (1927)."""
SURE = 2.33
"""Standard errors of that interval, 99 % sure: the best of many limits looks good by chance."""
MOST_BELOW = 1 / 2
"""Of the rows; a bot that asks back on more of them hardly ever answers."""

NAMES = ("nearest", "three nearest", "codes", "words")
TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Scale:
    """A logistic regression over features: `weights` apply to (feature - mean) / deviation. Below `least`, hardly an
    answer is good; None: no limit is known to do that."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    least: float | None

    def probability(self, features: Sequence[float]) -> float:
        parts = zip(features, self.means, self.deviations, self.weights, strict=True)
        logit = self.bias + sum(weight * (value - mean) / deviation for value, mean, deviation, weight in parts)
        return round(1 / (1 + math.exp(-max(min(logit, 30.0), -30.0))), 4)


@dataclass(frozen=True, slots=True)
class Confidence:
    """What is kept with a model's card."""

    grounding: Scale
    confidence: Scale
    rows: int
    good: float
    """The share of good answers among the rows."""

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Confidence | None:
        """From the card, where a card has it."""
        if kept is None:
            return None
        scales = {name: Scale(**kept[name]) for name in ("grounding", "confidence")}
        return cls(**{**kept, **scales})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def features(question: str, near: Sequence[Passage]) -> list[float]:
    """What is known before the answer: the cosine of the nearest and the mean of the three nearest, how many of the
    question's codes the passages name (less those that they do not), and the logarithm of its length in words."""
    scores = [passage.score for passage in near[:FOUND]] or [0.0]
    named, told = set(codes(question)), {code for passage in near[:FOUND] for code in codes(passage.indexed)}
    return [
        max(scores),
        sum(scores) / len(scores),
        float(len(named & told) - len(named - told)),
        math.log1p(len(question.split())),
    ]


def weakness(known: Confidence | None) -> str:
    """What has to be said of a model whose answers are too seldom good for the policy; "" of another."""
    if known is None:
        return (
            f"How sure it can be of an answer is not known: fewer than {LEAST_ROWS} validation rows, or fewer than "
            f"{LEAST_OF_A_KIND} good answers (or {LEAST_OF_A_KIND} others) among them. It answers every question, also "
            "where it should ask back or hand over. Where its answers are hardly ever good, it is too weak for that "
            "policy: a larger base model or more conversations help."
        )
    if known.good < MOST_BELOW and known.grounding.least is None and known.confidence.least is None:
        return (
            f"Only {known.good:.0%} of its answers to validation questions are good, and nothing tells which: it is "
            "too weak for the policy, which would ask back or hand over on most questions, and answers every one. "
            "A larger base model or more conversations help."
        )
    return ""


def calibrate(
    workspace: Workspace, dataset: str, loaded: Loaded, answer: Answerer, rows: Sequence[Row]
) -> Confidence | None:
    """For this model, whose answers `answer` gives; None where the validation rows are too few, or nearly all alike."""
    rows = rows[:MOST_ROWS]
    if len(rows) < LEAST_ROWS:
        return None
    said = answer(rows)
    good = similarity([one.text for one in said], [row.answer for row in rows]) >= GOOD
    return fit(*observed(workspace, dataset, loaded, rows, said), good, [row.customer for row in rows])


def observed(
    workspace: Workspace, dataset: str, loaded: Loaded, rows: Sequence[Row], said: Sequence[Said]
) -> tuple[Figures, Figures]:
    """Of each row the features before the answer, and the mean probability of its tokens."""
    index = knowledge.beside(workspace, Passages.open(workspace, dataset))
    asked = [row.turns[-1][1] for row in rows]
    near = index.search_all(asked, FOUND, [row.customer for row in rows])
    before = np.array([features(question, passages) for question, passages in zip(asked, near, strict=True)])
    sure = np.array([_token_probability(loaded, row, one) for row, one in zip(rows, said, strict=True)])
    return before, sure


def decide(
    known: Confidence, before: Figures, sure: Figures
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Figures]:
    """Of each row whether the bot asks back instead of an answer, whether a person should take over after it, and the
    confidence in it."""
    grounding = np.array([known.grounding.probability(row) for row in before])
    after = np.array([known.confidence.probability([*row, tokens]) for row, tokens in zip(before, sure, strict=True)])
    asked = grounding < (known.grounding.least or 0)
    return asked, ~asked & (after < (known.confidence.least or 0)), after


def fit(before: Figures, sure: Figures, good: npt.NDArray[np.bool_], customers: Sequence[str]) -> Confidence | None:
    """The two regressions; None without enough answers of either kind."""
    if min(good.sum(), (~good).sum()) < LEAST_OF_A_KIND:
        return None
    after = np.column_stack([before, sure])
    grounding, confidence = (_scale(values, good, customers) for values in (before, after))
    return Confidence(grounding, confidence, len(good), float(good.mean()))


def _scale(values: Figures, good: npt.NDArray[np.bool_], customers: Sequence[str]) -> Scale:
    means, deviations = values.mean(0), np.maximum(values.std(0), 1e-3)
    standard = (values - means) / deviations
    kinds = good.astype(int)
    logits, told = classify.held_out(standard, kinds, 2, customers, 0, REGULARISATION)
    least = limit(classify.softmax(logits[told])[:, 1], good[told])
    (no, yes), (not_good, is_good) = classify.regression(standard, kinds, 2, REGULARISATION)
    weights = tuple((yes - no).tolist())
    return Scale(tuple(means.tolist()), tuple(deviations.tolist()), weights, float(is_good - not_good), least)


def limit(probabilities: Figures, good: npt.NDArray[np.bool_]) -> float | None:
    """The highest probability below which so few answers are good that it is no chance, and at most half of the rows
    lie; None where there is none, or where so few of all answers are good that it would say nothing."""
    found = None
    if not len(good) or good.mean() <= HOPELESS:
        return None
    for candidate in np.unique(probabilities)[1:]:
        below = good[probabilities < candidate]
        if len(below) <= MOST_BELOW * len(good) and _at_most(int(below.sum()), len(below)) <= HOPELESS:
            found = float(candidate)
    return found


def _at_most(hits: int, count: int) -> float:
    """The upper end of Wilson's score interval of a share."""
    share, z = hits / count, SURE
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)


def _token_probability(loaded: Loaded, row: Row, said: Said) -> float:
    """Of an answer's tokens and, where it came to its end, that of its turn: as an engine reports it."""
    import torch

    messages = row.prompt(loaded.card.system)
    prompt = render(loaded.tokenizer, messages, prompt=True)
    ids = render(loaded.tokenizer, [*messages, {"role": "assistant", "content": said.text}], prompt=False)
    last = set(ends(loaded))
    end = next((n for n in range(len(prompt), len(ids)) if ids[n] in last), len(ids))
    ids = ids[: end + said.whole]
    given = torch.tensor([ids], device=loaded.model.device)
    with torch.inference_mode():
        logits = loaded.model(input_ids=given).logits[0, len(prompt) - 1 : -1].float()
    chosen = torch.softmax(logits, -1).gather(1, given[0, len(prompt) :, None])
    return float(chosen.mean()) if len(chosen) else 0.0
