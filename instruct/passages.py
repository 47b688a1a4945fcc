"""Resolved exchanges -> an index that finds those nearest in meaning to a question. Training and serving share it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct.encoder import encode

ROWS = "passages.parquet"
VECTORS = "passages.npy"


@dataclass(frozen=True, slots=True)
class Passage:
    """A resolved exchange; `score` is the cosine between its question and the one asked, in [-1, 1]. `alone`: nothing
    was said before it."""

    id: str
    question: str
    answer: str
    score: float = 0.0
    alone: bool = True


class Passages:
    """The index. `groups` names what each passage came from, so that a training row does not find itself."""

    def __init__(self, passages: Sequence[Passage], vectors: npt.NDArray[np.float32], groups: Sequence[str]) -> None:
        self._passages = list(passages)
        self._vectors = vectors.astype(np.float32)
        self._groups = np.array(groups)

    @classmethod
    def build(cls, passages: Sequence[Passage], groups: Sequence[str]) -> Passages:
        return cls(passages, encode([passage.question for passage in passages]), groups)

    @classmethod
    def open(cls, workspace: Workspace, dataset: str) -> Passages:
        """The index of the dataset with this fingerprint.

        Raises:
            DeskwrightError: the dataset's folder is gone.
        """
        from datasets import Dataset

        folder = workspace.datasets / dataset
        if not (folder / ROWS).is_file():
            raise DeskwrightError(f"{folder} holds no {ROWS}. Build the training set again: `deskwright build`.")
        rows = Dataset.from_parquet(str(folder / ROWS), cache_dir=str(workspace.root / ".cache"))
        passages = [Passage(row["id"], row["question"], row["answer"], alone=row.get("alone", False)) for row in rows]
        return cls(passages, np.load(folder / VECTORS), rows["group"])

    def save(self, folder: Path) -> None:
        from datasets import Dataset

        rows = {
            "id": [passage.id for passage in self._passages],
            "question": [passage.question for passage in self._passages],
            "answer": [passage.answer for passage in self._passages],
            "alone": [passage.alone for passage in self._passages],
            "group": self._groups.tolist(),
        }
        Dataset.from_dict(rows).to_parquet(str(folder / ROWS))
        np.save(folder / VECTORS, self._vectors.astype(np.float16))

    def __len__(self) -> int:
        return len(self._passages)

    def search(self, question: str, k: int) -> list[Passage]:
        """The `k` nearest passages, nearest first."""
        return self.search_all([question], k)[0]

    def search_all(self, questions: Sequence[str], k: int, groups: Sequence[str] | None = None) -> list[list[Passage]]:
        """The same for many questions; passages of a question's own group are passed over."""
        if not k or not self._passages or not questions:
            return [[] for _ in questions]
        found = []
        for n, vector in enumerate(encode(questions)):
            scores = self._vectors @ vector
            if groups is not None:
                scores[self._groups == groups[n]] = -np.inf
            best = np.argsort(-scores, kind="stable")[:k]
            found.append([self._at(i, float(scores[i])) for i in best if np.isfinite(scores[i])])
        return found

    def alike(self, questions: Sequence[str], least: float) -> list[list[Passage]]:
        """For each question every passage whose question has at least this cosine with it."""
        if not self._passages or not questions:
            return [[] for _ in questions]
        scores = (self._vectors @ vector for vector in encode(questions))
        return [[self._at(int(i), float(each[i])) for i in np.flatnonzero(each >= least)] for each in scores]

    def without(self, ids: Set[str]) -> Passages:
        """The index without the passages of these rows."""
        kept = [i for i, passage in enumerate(self._passages) if passage.id not in ids]
        return Passages([self._passages[i] for i in kept], self._vectors[kept], self._groups[kept].tolist())

    def _at(self, i: int, score: float) -> Passage:
        return replace(self._passages[i], score=round(score, 4))
