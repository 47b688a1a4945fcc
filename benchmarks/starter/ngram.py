"""Token ids of documents -> a 5-gram model with interpolated Kneser-Ney smoothing, and what each token costs it.

Kneser and Ney 1995, interpolated as by Chen and Goodman 1998 (section 4.1.6): one discount for each order, estimated
from how many n-grams stand there once and twice; of the lower orders it counts after how many tokens an n-gram stands.
An n-gram is known by a number: its place among all of its order, each of which is the number of its beginning and a
token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ORDER = 5
UNKNOWN = -1

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Grams:
    """Those of one order. `keys` are sorted; `counts`, and by what they begin with the sum of these and how many there
    are."""

    keys: Ids
    counts: npt.NDArray[np.float64]
    sums: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.float64]
    discount: float


class KneserNey:
    """Documents are sequences of ids below `vocabulary`; no n-gram spans two of them."""

    def __init__(self, documents: Sequence[Sequence[int]], vocabulary: int) -> None:
        self.vocabulary = vocabulary
        tokens, places = _joined(documents)
        found: list[tuple[Ids, Ids, Ids]] = []
        numbers = np.zeros(len(tokens), np.int64)
        for order in range(1, ORDER + 1):
            keys = _keys(numbers, tokens, vocabulary, places >= order - 1, shift=order > 1)
            unique, first, numbers = _numbered(keys)
            found.append((unique, first, numbers))
        self._grams = [self._counted(found, order, places) for order in range(1, ORDER + 1)]

    def costs(self, document: Sequence[int]) -> npt.NDArray[np.float64]:
        """(tokens,) nats of each."""
        tokens = np.asarray(document, np.int64)
        chance = np.full(len(tokens), 1.0 / self.vocabulary)
        numbers = np.zeros(len(tokens), np.int64)
        for order, grams in enumerate(self._grams, 1):
            before = _shifted(numbers) if order > 1 else numbers
            known = (before != UNKNOWN) & (np.arange(len(tokens)) >= order - 1)
            at = np.where(known, before, 0)
            known &= grams.sums[at] > 0
            keys = at * self.vocabulary + tokens
            place = np.minimum(np.searchsorted(grams.keys, keys), len(grams.keys) - 1)
            there = known & (grams.keys[place] == keys)
            taken = np.where(there, np.maximum(grams.counts[place] - grams.discount, 0.0), 0.0)
            sums = np.where(known, grams.sums[at], 1.0)
            smoothed = (taken + grams.discount * grams.kinds[at] * chance) / sums
            chance = np.where(known, smoothed, chance)
            numbers = np.where(there, place, UNKNOWN)
        return np.asarray(-np.log(chance))

    def _counted(self, found: Sequence[tuple[Ids, Ids, Ids]], order: int, places: Ids) -> _Grams:
        keys, _, numbers = found[order - 1]
        here = numbers[numbers != UNKNOWN]
        counts = np.bincount(here, minlength=len(keys))
        if order < ORDER:  # one that opens a document has nothing before it, and keeps its count
            ends = found[order][1]
            after = np.bincount(numbers[ends], minlength=len(keys))
            opens = np.bincount(numbers[places == order - 1], minlength=len(keys))
            counts = after + opens
        begins = keys // self.vocabulary
        beginnings = len(found[order - 2][0]) if order > 1 else 1
        once, twice = (int((counts == n).sum()) for n in (1, 2))
        return _Grams(
            keys,
            counts.astype(np.float64),
            np.bincount(begins, counts, minlength=beginnings).astype(np.float64),
            np.bincount(begins, minlength=beginnings).astype(np.float64),
            once / (once + 2 * twice) if once else 0.5,
        )


def _joined(documents: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """All tokens, and each one's place in its document."""
    lengths = [len(document) for document in documents]
    tokens = np.concatenate([np.asarray(document, np.int64) for document in documents])
    return tokens, np.concatenate([np.arange(length) for length in lengths])


def _keys(numbers: Ids, tokens: Ids, vocabulary: int, whole: npt.NDArray[np.bool_], *, shift: bool) -> Ids:
    before = _shifted(numbers) if shift else numbers
    return np.where(whole, before * vocabulary + tokens, UNKNOWN)


def _shifted(numbers: Ids) -> Ids:
    return np.concatenate([[UNKNOWN], numbers[:-1]])


def _numbered(keys: Ids) -> tuple[Ids, Ids, Ids]:
    """The different ones in their order, where each stands first, and the number of each."""
    unique, first, numbers = np.unique(keys, return_index=True, return_inverse=True)
    if unique[0] == UNKNOWN:
        return unique[1:], first[1:], numbers - 1
    return unique, first, numbers
