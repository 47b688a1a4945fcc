"""The rows of a training set: their prompt, their whole conversation, their length, their form in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from instruct.outcome import WEIGHTS
from instruct.passages import Passage
from instruct.prompt import compose, render

NOISE = "noise"
"""The origin of rows whose question was typed anew."""
PARAPHRASE = "paraphrase"
"""The origin of rows whose question is in other words."""


@dataclass(frozen=True, slots=True)
class Row:
    """One training row. `origin` is `conversation`, `review`, `noise`, `paraphrase` or `distilled`; `traced` names
    the messages it was made of; `outcome` is what became of the answer, where that is known."""

    id: str
    split: str
    origin: str
    turns: tuple[tuple[str, str], ...]
    answer: str
    customer: str
    topic: str
    traced: tuple[str, ...]
    gate_version: str
    legal_basis: str
    passages: tuple[tuple[str, str], ...] = ()
    language: str = ""
    channel: str = ""
    status: str = ""
    outcome: str = ""
    tags: tuple[str, ...] = ()
    balance: float = 1.0
    """By what a small group counts more and a large one less, see `instruct.balance`."""

    @property
    def weight(self) -> float:
        """What the loss of this row is multiplied by in training."""
        return WEIGHTS[self.outcome] * self.balance

    def prompt(self, system: str) -> list[dict[str, str]]:
        """The chat messages before the answer, as the server composes them too."""
        known = [Passage("", question, answer) for question, answer in self.passages]
        return compose(system, known, [{"role": role, "content": text} for role, text in self.turns])


def fit(row: Row, system: str, tokenizer: Any, most: int) -> Row | None:
    """The row trimmed to `most` tokens, or None where question and answer alone are longer. The answer stays whole."""
    while len(render(tokenizer, whole(row, system), prompt=False)) > most:
        if len(row.turns) > 1:
            later = next(n for n, (role, _) in enumerate(row.turns) if n and role == "user")
            row = replace(row, turns=row.turns[later:])
        elif row.passages:
            row = replace(row, passages=row.passages[:-1])
        else:
            return None
    return row


def whole(row: Row, system: str) -> list[dict[str, str]]:
    """The chat messages of a row, its answer included."""
    return [*row.prompt(system), {"role": "assistant", "content": row.answer}]


def as_table(row: Row) -> dict[str, Any]:
    turns = [{"role": role, "content": text} for role, text in row.turns]
    passages = [{"question": question, "answer": answer} for question, answer in row.passages]
    return {**asdict(row), "turns": turns, "passages": passages, "traced": list(row.traced), "tags": list(row.tags)}


def as_row(table: Mapping[str, Any]) -> Row:
    return Row(
        **{
            **table,
            "turns": tuple((turn["role"], turn["content"]) for turn in table["turns"]),
            "passages": tuple((passage["question"], passage["answer"]) for passage in table["passages"]),
            "traced": tuple(table["traced"]),
            "tags": tuple(table.get("tags") or ()),
        }
    )
