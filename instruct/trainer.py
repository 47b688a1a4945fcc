"""TRL's `SFTTrainer`, with the vocabulary head computed for the learnt tokens alone on processors too.

A row is mostly prompt, whose labels are masked, and the head is much of a small model's work: with 32,000 tokens most
of it. On GPUs TRL leaves the masked ones out; elsewhere it computes all. Here they are taken away just before the
model's own head, so that what a model does to its logits after it, scaling or capping them, stays as it is.

With a teacher (`instruct.logits`) part of the loss of each learnt token is how far the model's probabilities are from
the teacher's. The teacher is asked in training alone: evaluation measures the agents' answers, with it or without.

Rows may have a `weight`, by which the loss of each of their learnt tokens is multiplied in training. It is still
divided by the number of learnt tokens, and evaluation knows no weights, so that losses stay comparable. Who trains
gives weights of one in the mean (`training.balanced`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from trl import SFTTrainer

from deskwright.errors import DeskwrightError
from instruct.logits import SHARE, divergence

MASKED = -100
WEIGHT = "weight"
"""The column of a row's weight; rows without it count 1."""


class Trainer(SFTTrainer):  # type: ignore[misc]
    """Without a teacher, and with weights of 1 or none, the same losses and gradients as `SFTTrainer`, for less work.
    Weights are not heeded for mixtures of experts that are balanced by a loss of their own, which TRL computes.

    Raises:
        DeskwrightError: a teacher for such a mixture.
    """

    data_collator: Any
    _signature_columns: Any

    def __init__(self, teacher: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.teacher = teacher and teacher.to(self.accelerator.device)
        if teacher and self.aux_loss_enabled:
            raise DeskwrightError(
                "--logits does not fit mixtures of experts, whose balance is a part of their loss. Choose another "
                "base, or leave --logits out."
            )
        self.data_collator = _Weighing(self.data_collator)

    def _set_signature_columns_if_needed(self) -> None:
        """Columns that are not named here are taken away."""
        super()._set_signature_columns_if_needed()
        if WEIGHT not in self._signature_columns:
            self._signature_columns = [*self._signature_columns, WEIGHT]

    def compute_loss(
        self, model: Any, inputs: Mapping[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Nats a learnt token, as `transformers.Trainer.compute_loss` asks for it."""
        read = {name: value for name, value in inputs.items() if name != WEIGHT}
        weights = inputs.get(WEIGHT) if self.model.training else None
        if weights is not None and bool((weights == 1).all()):
            weights = None
        taught = self.teacher is not None and self.model.training
        by_trl = inputs["labels"].is_cuda and weights is None and not taught
        if return_outputs or self.aux_loss_enabled or by_trl:
            return super().compute_loss(model, read, return_outputs, num_items_in_batch)
        labels = read.pop("labels")[:, 1:]
        learnt = labels != MASKED
        logits = self._logits(model, read, learnt)
        losses = functional.cross_entropy(logits.float(), labels[learnt], reduction="none")
        if taught:
            with torch.no_grad():
                probable = self._logits(self.teacher, read, learnt)
            losses = (1 - SHARE) * losses + SHARE * divergence(logits, probable)
        if weights is not None:
            losses = losses * weights[:, None].expand_as(labels)[learnt]
        loss = losses.sum() / (learnt.sum() if num_items_in_batch is None else num_items_in_batch)
        shared = self.args.average_tokens_across_devices and num_items_in_batch is not None
        return loss * self.accelerator.num_processes if shared else loss

    def _logits(self, model: Any, read: Mapping[str, Tensor], learnt: Tensor) -> Any:
        """Those before each learnt token: (tokens, ids)."""
        with _head_for(self.accelerator.unwrap_model(model), learnt):
            return model(**read, use_cache=False).logits[0]


class _Weighing:
    """A collator, and the weights of the rows as one more tensor."""

    def __init__(self, collate: Any) -> None:
        self._collate = collate

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        bare = [{name: value for name, value in row.items() if name != WEIGHT} for row in rows]
        return {**self._collate(bare), WEIGHT: torch.tensor([row.get(WEIGHT, 1.0) for row in rows])}


@contextmanager
def _head_for(model: Any, learnt: Tensor) -> Iterator[None]:
    """The head sees, in a single row, what comes before each learnt token."""
    hook = model.get_output_embeddings().register_forward_pre_hook(
        lambda head, hidden: (hidden[0][:, :-1][learnt].unsqueeze(0),)
    )
    try:
        yield
    finally:
        hook.remove()
