"""Rows and the index of the training rows -> training rows that say what a held-out row says.

A held-out question that was trained on, word for word or in other words, measures memory and not skill. Two exchanges
are the same where question and answer both are: nearly in their letters (MinHash), or in their meaning (the sentence
encoder).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deskwright.errors import DeskwrightError
from instruct.encoder import encode
from instruct.near import Near
from instruct.passages import Passages
from instruct.rows import Row

SAME = 0.95
"""The cosine of two texts' vectors from which on they count as saying the same."""

ROUNDING = 0.002
"""A vector depends a little on what is encoded with it: what is checked again has to differ by more."""

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Leak:
    """A training row that repeats a held-out one; `how` is "letters" or "meaning"."""

    train: str
    held_out: str
    how: str


def find(rows: Sequence[Row], index: Passages, same: float = SAME) -> list[Leak]:
    """Each training row that repeats a held-out one, once. `index` holds the questions of the training rows."""
    leaks = {leak.train: leak for leak in [*_by_meaning(rows, index, same), *_by_letters(rows)]}
    return list(leaks.values())


def check(rows: Sequence[Row], index: Passages) -> None:
    """Lets rows pass that do not straddle.

    Raises:
        DeskwrightError: some do; the message names them.
    """
    leaks = find(rows, index, SAME + ROUNDING)
    if leaks:
        named = "; ".join(f"{leak.train} repeats {leak.held_out} ({leak.how})" for leak in leaks[:MOST_NAMED])
        raise DeskwrightError(
            f"{len(leaks):,} training rows repeat a held-out row, so that the evaluation would measure memory: {named}"
            f"{' ...' if len(leaks) > MOST_NAMED else ''}. Expected none, since they are taken out before: this is an "
            "error in Deskwright. Nothing was written."
        )


def _by_letters(rows: Sequence[Row]) -> list[Leak]:
    near = Near()
    held_out = [row for row in rows if row.split != "train"]
    for row in held_out:
        near.add(row.turns[-1][1], row.answer)
    found = ((row, near.find(row.turns[-1][1], row.answer)) for row in rows if row.split == "train")
    return [Leak(row.id, held_out[number].id, "letters") for row, number in found if number is not None]


def _by_meaning(rows: Sequence[Row], index: Passages, same: float) -> list[Leak]:
    held_out = [row for row in rows if row.split != "train"]
    asked_alike = index.alike([row.turns[-1][1] for row in held_out], same)
    pairs = [(row, passage) for row, near in zip(held_out, asked_alike, strict=True) for passage in near]
    texts = list(dict.fromkeys(text for row, passage in pairs for text in (row.answer, passage.answer)))
    vectors = dict(zip(texts, encode(texts), strict=True))
    return [
        Leak(passage.id, row.id, "meaning")
        for row, passage in pairs
        if vectors[row.answer] @ vectors[passage.answer] >= same
    ]
