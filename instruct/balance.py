"""Rows -> how they spread over languages, channels, topics, outcomes and moods: what a bot trained on them leans to.

The mood is VADER's (Hutto and Gilbert 2014), a lexicon for English: a bot trained on angry letters and curt replies
turns sour. Other languages count as having none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from instruct.rows import Row

LEANING = 0.05
"""VADER's own bounds between negative, neutral and positive."""
UNKNOWN = "not known"


def mood(text: str) -> str:
    """`negative`, `neutral` or `positive`."""
    compound = _lexicon().polarity_scores(text)["compound"]
    return "positive" if compound >= LEANING else "negative" if compound <= -LEANING else "neutral"


def _english(row: Row, text: str) -> str:
    return mood(text) if row.language in ("", "en") else UNKNOWN


SIDES: Mapping[str, Callable[[Row], str]] = {
    "language": lambda row: row.language or UNKNOWN,
    "channel": lambda row: row.channel or UNKNOWN,
    "topic": lambda row: row.topic or UNKNOWN,
    "status": lambda row: row.status or UNKNOWN,
    "what became of the answer": lambda row: f"{row.outcome or UNKNOWN} (counts {row.weight:g})",
    "customer's mood": lambda row: _english(row, row.turns[-1][1]),
    "answer's mood": lambda row: _english(row, row.answer),
}
"""What rows are counted by."""


def balance(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """For each side the count of each value, the commonest first."""
    return {side: dict(Counter(map(of, rows)).most_common()) for side, of in SIDES.items()}


@cache
def _lexicon() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
