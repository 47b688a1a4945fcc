"""Texts -> which of them are nearly the same, by MinHash and locality-sensitive hashing (Broder 1997; Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3).

Likeness is the Jaccard similarity of the texts' runs of five characters, in lower case, whatever number a placeholder
has. It is estimated from 128 hashes, to within about 0.04.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from privacy.redact import PLACEHOLDER

NEAR = 0.8
"""From here on two texts count as nearly the same: a typo in a sentence, an exchanged word in a paragraph."""

RUN = 5
HASHES = 128
BANDS = 32
"""Of four hashes each: two texts at `NEAR` are missed once in ten million, and few others are looked at."""

SEED = 1


class Near:
    """Texts of several parts that were added; another is near one of them where each of its parts is."""

    def __init__(self) -> None:
        from rensa import RMinHashLSH

        self._buckets = RMinHashLSH(threshold=NEAR, num_perm=HASHES, num_bands=BANDS)
        self._added: list[list[Any]] = []

    def add(self, *parts: str) -> int:
        """Adds a text, and returns its number, from 0."""
        return self._add([_signature(part) for part in parts])

    def find(self, *parts: str) -> int | None:
        """The number of the first text that is near."""
        return self._find([_signature(part) for part in parts])

    def find_or_add(self, *parts: str) -> tuple[int, bool]:
        """The number of the first text that is near, or of this one, and whether it was added."""
        signatures = [_signature(part) for part in parts]
        found = self._find(signatures)
        return (self._add(signatures), True) if found is None else (found, False)

    def _add(self, signatures: list[Any]) -> int:
        number = len(self._added)
        self._buckets.insert(number, signatures[0])
        self._added.append(signatures)
        return number

    def _find(self, signatures: Sequence[Any]) -> int | None:
        candidates = sorted(self._buckets.query(signatures[0]))
        return next((number for number in candidates if self._is_near(number, signatures)), None)

    def _is_near(self, number: int, signatures: Sequence[Any]) -> bool:
        return all(mine.jaccard(its) >= NEAR for mine, its in zip(signatures, self._added[number], strict=True))


def _signature(text: str) -> Any:
    from rensa import RMinHash

    plain = " ".join(PLACEHOLDER.sub(lambda one: one[0].rpartition("_")[0], text).lower().split())
    signature = RMinHash(num_perm=HASHES, seed=SEED)
    signature.update([plain[at : at + RUN] for at in range(max(len(plain) - RUN, 0) + 1)])
    return signature
