"""Answers -> how the bot behaves: what no comparison with the agents' own words shows.

Length, how often it says that it does not know or hands over, placeholders it made up, and how much it repeats itself
(distinct-2, the share of two-word sequences that are not repeated; Li et al. 2016, arXiv:1510.03055).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from privacy.redact import PLACEHOLDER

WORD = re.compile(r"\w+")

BEHAVIOUR = {
    "words": "words in an answer",
    "admits": "% that do not know or hand over",
    "invented": "% with a made-up placeholder",
    "distinct-2": "distinct-2",
}
"""Each figure of `behaviour` and what it says."""

ADMITTING = (
    r"(?:do|does|did|could|am)(?: not|n't) (?:know|have|find|able|sure|want to guess|say|tell|see)",
    r"can(?:no|')t", r"not (?:sure|certain)", r"no (?:\w+ )?(?:information|answer|details)", r"nothing",
    r"unfortunately", r"colleagues?", r"our team", r"someone who", r"a person", r"only (?:have|know)",
    r"(?:hand|pass|forward)(?:ing|ed)?",
)  # fmt: skip
"""What an English answer says that does not know, or hands over."""

ADMITS = re.compile(rf"\b(?:{'|'.join(ADMITTING)})\b", re.I)


def lines(found: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """One row of a table for each of those who answered: the name, and the figures."""
    return [[name, *(f"{each[kind]:.2f}" for kind in BEHAVIOUR)] for name, each in found.items()]


def behaviour(answers: Sequence[str], asked: Sequence[str]) -> dict[str, float]:
    """The figures of `BEHAVIOUR`; `asked` are the whole prompts, in which a placeholder may stand."""
    words = [WORD.findall(answer.lower()) for answer in answers]
    bigrams = [pair for each in words for pair in pairwise(each)]
    invented = [
        bool(set(PLACEHOLDER.findall(said)) - set(PLACEHOLDER.findall(prompt)))
        for said, prompt in zip(answers, asked, strict=True)
    ]
    return {
        "words": sum(map(len, words)) / len(answers),
        "admits": 100 * sum(bool(ADMITS.search(answer)) for answer in answers) / len(answers),
        "invented": 100 * sum(invented) / len(answers),
        "distinct-2": len(set(bigrams)) / max(len(bigrams), 1),
    }
