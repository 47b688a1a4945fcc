"""Gradients -> steps: Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for all other weights.

Muon moves each matrix by its momentum with all singular values made about equal, so that rare directions are learnt as
fast as common ones. As in PyTorch's own, the work is done in bfloat16, but not on processors without it, which take
thirty times as long.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from instruct.base import half_is_fast

MOMENTUM = 0.95
WEIGHT_DECAY = 0.01
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
MATCHED = 0.2
"""A step is as large as AdamW's usual one: 0.2 in the root mean square (Liu et al. 2025, arXiv:2502.16982)."""


class Muon:
    """Both optimisers as one; `step` takes the learning rate as a part of the full one. What has no gradient stays."""

    def __init__(self, model: Any, rate: float, rate_of_others: float) -> None:
        tied = {id(model.get_input_embeddings().weight), id(model.get_output_embeddings().weight)}
        weights = list(model.parameters())
        self._matrices = [weight for weight in weights if weight.ndim == 2 and id(weight) not in tied]
        inside = {id(matrix) for matrix in self._matrices}
        self._momenta = [torch.zeros_like(matrix) for matrix in self._matrices]
        self._others = torch.optim.AdamW(
            [weight for weight in weights if id(weight) not in inside], betas=(0.9, 0.95), weight_decay=0.0, fused=True
        )
        self._rates = rate, rate_of_others

    @torch.no_grad()
    def step(self, part: float) -> None:
        """Moves every weight against its gradient, and forgets the gradients."""
        rate, rate_of_others = (part * full for full in self._rates)
        self._others.param_groups[0]["lr"] = rate_of_others
        self._others.step()
        for matrix, momentum in zip(self._matrices, self._momenta, strict=True):
            if matrix.grad is None:
                continue
            momentum.mul_(MOMENTUM).add_(matrix.grad)
            direction = orthogonal(matrix.grad.add(momentum, alpha=MOMENTUM))
            matrix.mul_(1 - rate * WEIGHT_DECAY)
            matrix.add_(direction, alpha=-rate * MATCHED * math.sqrt(max(matrix.shape)))
            matrix.grad = None
        self._others.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        return {"momenta": self._momenta, "others": self._others.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for momentum, kept in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(kept)
        self._others.load_state_dict(state["others"])


def orthogonal(matrix: Tensor) -> Tensor:
    """A matrix with the same singular vectors, and singular values between about 0.7 and 1.2."""
    a, b, c = NEWTON_SCHULZ
    wide: Tensor = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / (wide.norm() + 1e-7)
    if matrix.is_cuda or half_is_fast():
        wide = wide.bfloat16()
    for _ in range(ITERATIONS):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    wide = wide.to(matrix.dtype)
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide
