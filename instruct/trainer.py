"""TRL's `SFTTrainer`, with the vocabulary head computed for the learnt tokens alone on processors too.

A row is mostly prompt, whose labels are masked, and the head is much of a small model's work: with 32,000 tokens most
of it. On GPUs TRL leaves the masked ones out; elsewhere it computes all. Here they are taken away just before the
model's own head, so that what a model does to its logits after it, scaling or capping them, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.nn import functional
from trl import SFTTrainer

MASKED = -100


class Trainer(SFTTrainer):  # type: ignore[misc]
    """The same losses and gradients as `SFTTrainer`, for less work."""

    def compute_loss(
        self, model: Any, inputs: Mapping[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Nats a learnt token, as `transformers.Trainer.compute_loss` asks for it."""
        if return_outputs or self.aux_loss_enabled or inputs["labels"].is_cuda:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"][:, 1:]
        learnt = labels != MASKED
        with _head_for(model, learnt):
            read = {name: value for name, value in inputs.items() if name != "labels"}
            logits = model(**read, use_cache=False).logits[0]
        loss = functional.cross_entropy(logits.float(), labels[learnt], reduction="sum")
        return loss / (learnt.sum() if num_items_in_batch is None else num_items_in_batch)


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
