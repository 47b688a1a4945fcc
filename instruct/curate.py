"""Rows with their splits -> the rows worth keeping, each other one counted with its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from deskwright.terminal import progress
from instruct.near import Near
from instruct.rows import Row

REPEATED = "nearly the same question and answer as another row"
CANNED = "one of many rows with nearly the same answer"


def without_repeats(rows: Sequence[Row], tally: Counter[str]) -> list[Row]:
    """Leaves out of each split what nearly repeats an earlier row of it."""
    seen: dict[str, Near] = defaultdict(Near)
    kept = []
    for row in progress(rows, "repeats", "rows"):
        _, fresh = seen[row.split].find_or_add(row.turns[-1][1], row.answer)
        if fresh:
            kept.append(row)
        else:
            tally[REPEATED] += 1
    return kept


def capped(rows: Sequence[Row], most: int, tally: Counter[str]) -> list[Row]:
    """Keeps the newest rows of the training split that share an answer; 0 keeps all. Rows come oldest first.

    A reply that agents paste into every tenth conversation would otherwise become the bot's answer to everything.
    """
    answers, counts = Near(), Counter[int]()
    kept = []
    for row in progress(rows[::-1], "canned answers", "rows", len(rows)):
        if most and row.split == "train":
            number, _ = answers.find_or_add(row.answer)
            counts[number] += 1
            if counts[number] > most:
                tally[CANNED] += 1
                continue
        kept.append(row)
    return kept[::-1]


def with_room(more: Sequence[Row], rows: Sequence[Row], most: int, tally: Counter[str]) -> list[Row]:
    """Those of `more` training rows for whose answers the training rows there are leave room under `most`, the newest
    first choice; 0 keeps all."""
    if not most:
        return list(more)
    answers, counts = Near(), Counter[int]()
    counts.update(answers.find_or_add(row.answer)[0] for row in rows if row.split == "train")
    kept = []
    for row in reversed(more):
        number, _ = answers.find_or_add(row.answer)
        counts[number] += 1
        if counts[number] > most:
            tally[CANNED] += 1
        else:
            kept.append(row)
    return kept[::-1]
