"""Held-out rows -> what everyone who is compared answers to them, and the figures of these answers.

Greedily: the tuned model and the champion, each with what the server would find for it; the base, the base with
examples in its prompt, and the nearest answer of a colleague as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deskwright.workspace import Workspace
from instruct import adapter, baselines, dataset, knowledge
from instruct.answering import Said, generated
from instruct.baselines import FEW_SHOT, RETRIEVAL
from instruct.confidence import Confidence, weakness
from instruct.measures import Figures, compare
from instruct.passages import Passage, Passages
from instruct.rounds import Model
from instruct.rows import Row, fit
from instruct.served import AS_SERVED, Served, served
from instruct.training import examples


@dataclass
class Met:
    """The answers and the scores of everything that is compared, by name, the model last: by itself, and as it is
    served where that differs. Of the tuned ones also what they were asked: each prompt as one text. Then what the bot
    does with the rows, and what has to be said of its confidence."""

    golden: list[str]
    answers: dict[str, list[str]] = field(default_factory=dict)
    scores: dict[str, dict[str, Figures]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    given: Served = field(default_factory=lambda: Served([], []))
    weak: str = ""

    def add(self, name: str, texts: list[str], losses: Figures | None = None) -> None:
        self.answers[name] = texts
        self.scores[name] = {**({} if losses is None else {"loss": losses}), **compare(texts, self.golden)}


def contest(workspace: Workspace, model: Model, rival: Model | None, rows: Sequence[Row]) -> Met:
    """Everyone's answers to the rows. A tuned model is measured by itself and as it is served."""
    met = Met([row.answer for row in rows])
    near = baselines.nearest(workspace, model.dataset, rows)
    met.add(RETRIEVAL, baselines.answers(near))
    _untuned(workspace, near, rows, met)
    for contender in (rival, model):
        if contender:
            _tuned(workspace, contender, rows, met)
    return met


def served_as(name: str, scores: Mapping[str, Any]) -> str:
    """The name under which the scores are that are what customers would get."""
    return f"{name}{AS_SERVED}" if f"{name}{AS_SERVED}" in scores else name


def as_found(workspace: Workspace, model: Model, loaded: adapter.Loaded, rows: Sequence[Row]) -> list[Row]:
    """The rows with what the server would find for this model: among the exchanges it was tuned beside, as many as its
    card says. Those of another model's training set are not what its customers get."""
    card = loaded.card
    index = knowledge.beside(workspace, Passages.open(workspace, model.dataset))
    found = dataset.with_passages(rows, index, card.passages)
    fitted = [fit(row, card.system, loaded.tokenizer, card.max_tokens) for row in found]
    return [short or replace(row, passages=()) for short, row in zip(fitted, rows, strict=True)]


def _untuned(workspace: Workspace, near: Sequence[Sequence[Passage]], rows: Sequence[Row], met: Met) -> None:
    loaded = adapter.load(workspace, None)
    _answered(loaded, "base", rows, met)
    _answered(loaded, FEW_SHOT, baselines.with_examples(workspace, rows, near, loaded.tokenizer), met)


def _tuned(workspace: Workspace, model: Model, rows: Sequence[Row], met: Met) -> None:
    """One model in memory at a time: a second one may be more than the machine holds."""
    loaded = adapter.load(workspace, model)
    rows = as_found(workspace, model, loaded, rows)
    said = _answered(loaded, model.name, rows, met)
    met.asked[model.name] = ["\n".join(one["content"] for one in row.prompt(loaded.card.system)) for row in rows]
    met.given = served(workspace, model.dataset, loaded, rows, said)
    met.weak = weakness(Confidence.of(loaded.card.confidence))
    if met.given.texts != met.answers[model.name]:
        name = f"{model.name}{AS_SERVED}"
        met.asked[name] = met.asked[model.name]
        met.add(name, met.given.texts)


def _answered(loaded: adapter.Loaded, name: str, rows: Sequence[Row], met: Met) -> list[Said]:
    said = generated(loaded, rows, name)
    met.add(name, [one.text for one in said], _losses(loaded, rows))
    return said


def _losses(loaded: adapter.Loaded, rows: Sequence[Row]) -> Figures:
    """Mean negative log-likelihood of each row's answer, in nats a token."""
    import torch

    losses = []
    for example in examples(loaded.tokenizer, rows, loaded.card.system):
        ids = torch.tensor([example["input_ids"]], device=loaded.model.device)
        start = example["completion_mask"].index(1)
        with torch.inference_mode():
            logits = loaded.model(input_ids=ids).logits[0, start - 1 : -1].float()
        losses.append(float(torch.nn.functional.cross_entropy(logits, ids[0, start:])))
    return np.array(losses)
