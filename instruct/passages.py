"""Resolved exchanges -> an index that finds those that help with a question. Training and serving share it.

Two rankings, by meaning (the sentence encoder) and by the codes that are named (BM25), are fused by reciprocal rank
(Cormack, Clarke and Buettcher 2009). A passage's `score` is the cosine in either case.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct.codes import Codes
from instruct.encoder import encode
from instruct.nearest import Nearest, Places

ROWS = "passages.parquet"
VECTORS = "passages.npy"

DEPTH = 100
"""Places of each ranking that count."""
CHUNK = 64
"""Questions that are compared with all passages at a time."""
CONSTANT = 60
"""Of the reciprocal rank, as in the paper."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A resolved exchange, or a passage of a document, which has a `title` and a `place` in it ("Returns, Abroad",
    "page 3") and both of them as its question. `score` is the cosine with the question asked, in [-1, 1]. `alone`:
    nothing was said before it."""

    id: str
    question: str
    answer: str
    score: float = 0.0
    alone: bool = True
    title: str = ""
    place: str = ""

    @property
    def indexed(self) -> str:
        """What is compared with a question: the question that was answered; of a document, all of the passage."""
        return f"{self.question} {self.answer}" if self.title else self.question


class Passages:
    """The index. `groups` names what each passage came from, so that a training row does not find itself."""

    def __init__(self, passages: Sequence[Passage], vectors: npt.NDArray[Any], groups: Sequence[str]) -> None:
        self._passages = list(passages)
        self._by_meaning = Nearest(vectors)
        self._by_code = Codes([passage.indexed for passage in passages])
        self._groups = np.array(groups)

    @classmethod
    def build(cls, passages: Sequence[Passage], groups: Sequence[str]) -> Passages:
        """Vectors are kept in half precision from the start, so that a saved index finds just what this one finds."""
        return cls(passages, encode([passage.indexed for passage in passages]).astype(np.float16), groups)

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
        rows = Dataset.from_parquet(str(folder / ROWS), cache_dir=str(workspace.root / ".cache")).to_dict()
        alone = rows.get("alone", [False] * len(rows["id"]))
        columns = zip(rows["id"], rows["question"], rows["answer"], alone, strict=True)
        passages = [Passage(id, question, answer, alone=first) for id, question, answer, first in columns]
        return cls(passages, np.load(folder / VECTORS, mmap_mode="r"), rows["group"])

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
        np.save(folder / VECTORS, self._by_meaning.matrix)

    def __len__(self) -> int:
        return len(self._passages)

    def search(self, question: str, k: int) -> list[Passage]:
        """The `k` passages that help most, best first."""
        return self.search_all([question], k)[0]

    def search_all(self, questions: Sequence[str], k: int, groups: Sequence[str] | None = None) -> list[list[Passage]]:
        """The same for many questions; passages of a question's own group are passed over."""
        if not k or not self._passages or not questions:
            return [[] for _ in questions]
        vectors = encode(questions)
        own = groups if groups is not None else [None] * len(questions)
        return [self._found(*asked, k) for asked in zip(questions, vectors, own, strict=True)]

    def alike(self, questions: Sequence[str], least: float) -> list[list[Passage]]:
        """For each question every passage whose question has at least this cosine with it."""
        if not self._passages or not questions:
            return [[] for _ in questions]
        vectors = encode(questions)
        chunks = (vectors[start : start + CHUNK] for start in range(0, len(vectors), CHUNK))
        return [
            [self._at(int(i), float(each[i])) for i in np.flatnonzero(each >= least)]
            for chunk in chunks
            for each in self._by_meaning.all_cosines(chunk)
        ]

    def without(self, ids: Set[str]) -> Passages:
        """The index without the passages of these rows."""
        kept = [i for i, passage in enumerate(self._passages) if passage.id not in ids]
        return Passages([self._passages[i] for i in kept], self._by_meaning.matrix[kept], self._groups[kept].tolist())

    def joined(self, others: Passages) -> Passages:
        """The index of these and those."""
        vectors = np.concatenate([self._by_meaning.matrix, others._by_meaning.matrix])
        groups = [*self._groups.tolist(), *others._groups.tolist()]
        return Passages([*self._passages, *others._passages], vectors, groups)

    def _found(self, question: str, vector: npt.NDArray[np.float32], own: str | None, k: int) -> list[Passage]:
        passed_over = None if own is None else self._groups == own
        by_meaning = self._by_meaning.search(vector, max(DEPTH, k), passed_over)
        by_code = self._by_code.search(question, DEPTH, passed_over)
        places = fused(by_meaning, by_code)[:k]
        scores = self._by_meaning.cosines(vector, places)
        return [self._at(int(i), float(score)) for i, score in zip(places, scores, strict=True)]

    def _at(self, i: int, score: float) -> Passage:
        return replace(self._passages[i], score=round(score, 4))


def fused(*rankings: Places) -> Places:
    """Places by the sum of their reciprocal ranks; of equal ones those of the first ranking first."""
    sums: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking.tolist(), 1):
            sums[place] = sums.get(place, 0.0) + 1 / (CONSTANT + rank)
    return np.array(sorted(sums, key=lambda place: -sums[place]), np.intp)
