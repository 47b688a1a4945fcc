"""Held-out rows -> what could be had without tuning: the nearest answer as it stands, and examples in the prompt.

Both look among the training rows, never at the same customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from deskwright.workspace import Workspace
from instruct.passages import Passage, Passages
from instruct.rows import Row, fit

RETRIEVAL = "retrieval only"
FEW_SHOT = "few-shot"
SHOTS = 3


def nearest(workspace: Workspace, dataset: str, rows: Sequence[Row]) -> list[list[Passage]]:
    """For each row the exchanges whose questions are nearest, nearest first."""
    index = Passages.open(workspace, dataset)
    return index.search_all([row.turns[-1][1] for row in rows], SHOTS, [row.customer for row in rows])


def answers(near: Sequence[Sequence[Passage]]) -> list[str]:
    """For each row the answer that a colleague gave to the nearest question."""
    return [passages[0].answer if passages else "" for passages in near]


def with_examples(
    workspace: Workspace, rows: Sequence[Row], near: Sequence[Sequence[Passage]], tokenizer: Any
) -> list[Row]:
    """The rows with the exchanges as turns before them, the nearest last, as many as fit."""
    settings = workspace.config.dataset
    prompted = []
    for row, passages in zip(rows, near, strict=True):
        shown = [turn for one in reversed(passages) for turn in (("user", one.question), ("assistant", one.answer))]
        longer = replace(row, turns=(*shown, *row.turns), passages=())
        prompted.append(fit(longer, settings.system, tokenizer, settings.max_tokens) or row)
    return prompted
