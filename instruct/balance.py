"""Rows -> how they spread over languages, channels, topics, tags, outcomes and moods, and what becomes of each group's
answers: what a bot trained on them leans to. And, where that is wanted, weights that lean it back.

The mood is VADER's (Hutto and Gilbert 2014), a lexicon for English: a bot trained on angry letters and curt replies
turns sour. Other languages count as having none.

A row of a group of n rows is weighed by 1 / sqrt(n), the square root with which Mikolov et al. 2013 (arXiv:1310.4546)
draw rare words oftener and Mahajan et al. 2018 (arXiv:1805.00932) rare labels: half way between leaving the groups as
they are and having all count the same. The "effective number of samples" (Cui et al. 2019, arXiv:1901.05555) would need
a setting, with whose usual values groups of some hundred rows and fewer, which is what support has, all count nearly
the same: five rows would weigh about as much as five hundred.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from instruct.outcome import WEIGHTS
from instruct.rows import Row

LEANING = 0.05
"""VADER's own bounds between negative, neutral and positive."""
UNKNOWN = "not known"
FURTHEST = 3.0
"""By what a group counts more or less at most: of a group of three rows nobody knows whether they are right."""

HELPED, NOT_HELPED = "helped", "did not help"
BECAME = {
    outcome: HELPED if weight > 1 else NOT_HELPED if weight < 1 else UNKNOWN for outcome, weight in WEIGHTS.items()
}
"""Outcomes in three kinds."""


def mood(text: str) -> str:
    """`negative`, `neutral` or `positive`."""
    compound = _lexicon().polarity_scores(text)["compound"]
    return "positive" if compound >= LEANING else "negative" if compound <= -LEANING else "neutral"


def _english(row: Row, text: str) -> str:
    return mood(text) if row.language in ("", "en") else UNKNOWN


SIDES: Mapping[str, Callable[[Row], Sequence[str]]] = {
    "language": lambda row: [row.language],
    "channel": lambda row: [row.channel],
    "topic": lambda row: [row.topic],
    "tag, such as a product": lambda row: row.tags,
    "status": lambda row: [row.status],
    "what became of the answer": lambda row: [f"{row.outcome or UNKNOWN} (counts {WEIGHTS[row.outcome]:g})"],
    "customer's mood": lambda row: [_english(row, row.turns[-1][1])],
    "answer's mood": lambda row: [_english(row, row.answer)],
}
"""What rows are counted by. A row may have several tags."""


def balance(rows: Sequence[Row]) -> dict[str, dict[str, list[Row]]]:
    """For each side the rows of each value, the commonest first."""
    return {side: _by(rows, of) for side, of in SIDES.items()}


def became(rows: Sequence[Row]) -> Counter[str]:
    """How many answers helped, did not, or are not known to have."""
    return Counter(BECAME[row.outcome] for row in rows)


def weighed(rows: Sequence[Row], side: str) -> list[Row]:
    """The rows, those of training with their weight by the group that they are in on this side: 1 in the mean but for
    the bound, and 1 for rows of which it is not known. With "none", as they come."""
    if side == "none":
        return list(rows)
    train = [row for row in rows if row.split == "train" and SIDES[side](row)[0]]
    counts = {name: len(found) for name, found in _by(train, SIDES[side]).items()}
    mean = sum(count**0.5 for count in counts.values()) / max(len(train), 1)
    factors = {name: min(max(count**-0.5 / mean, 1 / FURTHEST), FURTHEST) for name, count in counts.items()}
    return [
        replace(row, balance=factors.get(SIDES[side](row)[0], 1.0)) if row.split == "train" else row for row in rows
    ]


def _by(rows: Sequence[Row], of: Callable[[Row], Sequence[str]]) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        for value in of(row) or [""]:
            found[value or UNKNOWN].append(row)
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


@cache
def _lexicon() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
