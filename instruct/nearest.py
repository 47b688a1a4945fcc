"""Unit vectors -> those nearest to one, from coarse to fine.

All vectors are first compared in the few directions in which they differ most (principal components), a small table
that is kept in memory; the likeliest are then compared in full, read from the matrix, which may lie mapped on the disk.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

COARSE = 96
"""Directions of the first comparison: a quarter of the encoder's."""
FULL = 1024
"""Vectors that are compared in full; an index of no more is searched exactly. Of 50,000 the true nearest ten are found
but for one in 250 (docs/retrieval.md)."""
SAMPLE = 8192
CHUNK = 8192
SINGLE = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
"""Each number of half precision in single precision: to look them up takes half as long as NumPy takes to convert."""


class Nearest:
    """`matrix` is (vectors, dimensions), of half precision or more, rows of length one."""

    def __init__(self, matrix: npt.NDArray[Any]) -> None:
        self.matrix = matrix

    def search(self, vector: Floats, most: int, passed_over: npt.NDArray[np.bool_] | None = None) -> Places:
        """The places of the `most` nearest vectors, nearest first, of equally near ones the first first."""
        axes, table = self._coarse
        rough = table @ (vector @ axes)
        if passed_over is not None:
            rough[passed_over] = -np.inf
        candidates = np.sort(best(rough, max(most, FULL)))
        return candidates[best(self.cosines(vector, candidates), most)]

    def cosines(self, vector: Floats, places: Places) -> Floats:
        """Rounded to what half precision can tell, so that the same text is as near wherever it stands."""
        return np.round(_single(self.matrix[places]) @ vector, 4)

    def all_cosines(self, vectors: Floats) -> Floats:
        """(vectors asked for, vectors held)."""
        found = np.empty((len(vectors), len(self.matrix)), np.float32)
        for start in range(0, len(self.matrix), CHUNK):
            part = self.matrix[start : start + CHUNK].astype(np.float32)
            found[:, start : start + CHUNK] = vectors @ part.T
        return found

    @cached_property
    def _coarse(self) -> tuple[Floats, Floats]:
        """The directions (dimensions, COARSE) and the vectors in them (vectors, COARSE)."""
        every = max(len(self.matrix) // SAMPLE, 1)
        sample = self.matrix[::every].astype(np.float32)
        _, directions = np.linalg.eigh(sample.T @ sample)
        axes = np.ascontiguousarray(directions[:, -COARSE:])
        chunks = range(0, len(self.matrix), CHUNK)
        parts = [self.matrix[start : start + CHUNK].astype(np.float32) @ axes for start in chunks]
        return axes, np.concatenate(parts)


def _single(rows: npt.NDArray[Any]) -> Floats:
    return SINGLE[rows.view(np.uint16)] if rows.dtype == np.float16 else rows.astype(np.float32)


def best(scores: Floats, most: int) -> Places:
    """The places of the `most` highest finite scores, highest first, of equal ones the first first."""
    chosen = np.arange(len(scores))
    if most < len(scores):
        least = np.partition(scores, -most)[-most]
        above, level = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
        chosen = np.sort(np.concatenate([above, level[: most - len(above)]]))
    chosen = chosen[np.isfinite(scores[chosen])]
    return chosen[np.argsort(-scores[chosen], kind="stable")]
