"""Held-out rows -> what everyone who is compared answers to them, and the figures of these answers.

Greedily, with the same prompts: the tuned model and the champion, the base, the base with examples in its prompt, and
the nearest answer of a colleague as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deskwright.workspace import Workspace
from instruct import adapter, base, baselines
from instruct.answering import generated
from instruct.baselines import FEW_SHOT, RETRIEVAL
from instruct.confidence import Confidence, weakness
from instruct.measures import Figures, compare
from instruct.rounds import Model
from instruct.rows import Row
from instruct.served import AS_SERVED, Served, served
from instruct.tune import examples


@dataclass(frozen=True, slots=True)
class Met:
    """The answers and the scores of everything that is compared, by name, the model last: by itself, and as it is
    served where that differs. Then what the bot does with the rows, and what has to be said of its confidence."""

    answers: dict[str, list[str]]
    scores: dict[str, dict[str, Figures]]
    given: Served
    weak: str


def contest(workspace: Workspace, model: Model, rival: Model | None, rows: Sequence[Row]) -> Met:
    """Everyone's answers to the rows. A tuned model is measured by itself and as it is served."""
    golden = [row.answer for row in rows]
    near = baselines.nearest(workspace, model.dataset, rows)
    prompted = baselines.with_examples(workspace, rows, near, base.tokenizer(workspace))
    answers = {RETRIEVAL: baselines.answers(near)}
    scores: dict[str, dict[str, Figures]] = {RETRIEVAL: compare(answers[RETRIEVAL], golden)}
    for contender, asked in (
        (None, {"base": rows, FEW_SHOT: prompted}),
        *([(rival, {rival.name: rows})] if rival else []),
        (model, {model.name: rows}),
    ):
        loaded = adapter.load(workspace, contender)
        for name, prompts in asked.items():
            said = generated(loaded, prompts, name)
            answers[name] = [one.text for one in said]
            scores[name] = {"loss": _losses(loaded, prompts), **compare(answers[name], golden)}
        if contender:
            given = served(workspace, contender.dataset, loaded, rows, said)
            if given.texts != answers[contender.name]:
                answers[f"{contender.name}{AS_SERVED}"] = given.texts
                scores[f"{contender.name}{AS_SERVED}"] = compare(given.texts, golden)
    return Met(answers, scores, given, weakness(Confidence.of(loaded.card.confidence)))


def served_as(name: str, scores: Mapping[str, Any]) -> str:
    """The name under which the scores are that are what customers would get."""
    return f"{name}{AS_SERVED}" if f"{name}{AS_SERVED}" in scores else name


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
