"""Texts -> those that name the same codes as a question: error numbers, model names, versions. BM25 (Robertson and
Zaragoza 2009) by bm25s, over the words that hold a digit.

The sentence encoder reads `E-417` and `E-471` as nearly the same. Words it reads well are left to it: to let BM25 vote
with all words makes the questions that are found worse, on every public set that was tried (docs/retrieval.md).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from instruct.nearest import Places, best
from privacy.redact import PLACEHOLDER

WORD = re.compile(r"\w+(?:[-./]\w+)*")
CODE = re.compile(r"(?=.*\d)(?:.*[^\W\d_].*|\d{3,})")
"""A digit beside a letter, or three digits: "2 weeks" names nothing."""
COUNT = re.compile(
    r"\d+(?:[.,]\d+)?-?(?:st|nd|rd|th|[ap]m|h|hrs?|min|s|sec|days?|weeks?|months?|years?|x|kg|g|mg|lbs?|oz|km|m|cm|mm"
    r"|ft|in|l|ml|w|kw|kwh|v|mah|hz|gb|mb|tb|k|eur|usd|gbp|px|mp)"
)
"""Ordinals, times and amounts ("1st", "10am", "3x", "20kg") name nothing either."""


def codes(text: str) -> list[str]:
    """The codes in a text, without what the gate put in, in lower case."""
    words = WORD.findall(PLACEHOLDER.sub(" ", text).lower()) if any(map(str.isdigit, text)) else []
    return [word for word in words if CODE.fullmatch(word) and not COUNT.fullmatch(word)]


class Codes:
    """The index over some texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def search(self, question: str, most: int, passed_over: npt.NDArray[np.bool_] | None = None) -> Places:
        """The places of at most so many texts with a code of the question, best first."""
        named = [code for code in codes(question) if self._index and code in self._index.vocab_dict]
        if not named:
            return np.empty(0, np.intp)
        scores = self._index.get_scores(named)
        scores[scores <= 0] = -np.inf
        if passed_over is not None:
            scores[passed_over] = -np.inf
        return best(scores, most)

    @cached_property
    def _index(self) -> Any:
        """None where no text has a code."""
        import bm25s

        named = [codes(text) for text in self._texts]
        if not any(named):
            return None
        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it turns its own notes on when it is imported
        index = bm25s.BM25()
        index.index(named, show_progress=False)
        return index
