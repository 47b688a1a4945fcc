"""A tuned model and the validation rows -> from which nearness on a colleague's answer is given as it stands.

A question that was asked before in nearly these words has an answer that a colleague wrote, and a small model seldom
writes a better one. How near is near enough is measured: on the validation rows, where both answers are compared with
what the agent wrote, the limit is the one with which the answers are best in the mean. An answer with a placeholder is
never quoted, since it speaks of another customer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deskwright.workspace import Workspace
from instruct import baselines
from instruct.adapter import Loaded
from instruct.answering import answers
from instruct.measures import compare
from instruct.passages import Passage
from instruct.rows import Row
from privacy.redact import PLACEHOLDER

MOST_ROWS = 48
LEAST_QUOTED = 5
"""Validation rows that have to be quoted for a limit to be believed."""


def quotable(near: Sequence[Passage], quote_from: float | None) -> Passage | None:
    """The nearest exchange, where its answer may be given as it stands."""
    if quote_from is None or not near or near[0].score < quote_from or PLACEHOLDER.search(near[0].answer):
        return None
    return near[0]


def quoted(said: Sequence[str], near: Sequence[Sequence[Passage]], quote_from: float | None) -> list[str]:
    """What is answered: what the model said, or the quotation in its place."""
    chosen = (quotable(passages, quote_from) for passages in near)
    return [passage.answer if passage else text for passage, text in zip(chosen, said, strict=True)]


def calibrate(workspace: Workspace, dataset: str, loaded: Loaded, rows: Sequence[Row]) -> float | None:
    """The limit for this model; None where quoting makes no answers better."""
    rows = rows[:MOST_ROWS]
    near = baselines.nearest(workspace, dataset, rows)
    golden = [row.answer for row in rows]
    said, told = (
        compare(texts, golden)["similarity"] for texts in (answers(loaded, rows, "model"), baselines.answers(near))
    )
    able = [n for n, passages in enumerate(near) if quotable(passages, -1.0)]
    return limit(np.array([near[n][0].score for n in able]), (told - said)[able])


def limit(scores: npt.NDArray[np.float64], gains: npt.NDArray[np.float64]) -> float | None:
    """The score from which on the gains add up to most; None where they add up to nothing."""
    if len(scores) < LEAST_QUOTED:
        return None
    order = np.argsort(-scores, kind="stable")
    won = np.cumsum(gains[order])[LEAST_QUOTED - 1 :]
    best = int(np.argmax(won))
    return float(scores[order][best + LEAST_QUOTED - 1]) if won[best] > 0 else None
