"""A model with random weights -> the same with heads that continue what was said before, as a trained model has them.

What a small model has to do best is to copy from its context. The circuit for that, a head that attends to the token
before and heads that look for where that was the present token ("induction heads", Elhage et al. 2021, Olsson et al.
2022, arXiv:2209.11895), takes training many millions of tokens to find. Here it is written down to begin with, and
training goes on from it (cf. "mimetic initialization", Trockman and Kolter 2023, arXiv:2305.09828).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CONSTANT = 4.0
"""The value of the first number of every token's vector, in standard deviations of the others. The head that looks at
the token before sees this alone; a constant changes no probability, since it is the same for all tokens."""

SHARPNESS = 2.0
MATCHING = 3.0
"""Factors on queries and keys: how much the right place stands out."""

LEAST_TURNS, MOST_TURNS = 0.05, 0.02
"""Radians a token: what turns faster than the first tells positions apart, what turns slower than the second is used to
compare tokens."""

COPYING = (1,)
"""The layers whose heads look for the present token; those of the first attend to the token before."""

FINAL = 0.08
"""The scale of the last normalisation: with it a token that is meant stands out, and others hardly do."""


@torch.no_grad()
def write(model: Any, seed: int) -> None:
    """Writes the circuit into a Llama model in place."""
    random = torch.Generator().manual_seed(seed)
    vectors = model.get_input_embeddings().weight
    spread = float(vectors.std())
    vectors[:, 0] = 0
    vectors.mul_(spread * model.config.hidden_size**0.5 / vectors.norm(dim=1, keepdim=True).clamp(min=1e-6))
    vectors[:, 0] = CONSTANT * spread
    layers = model.model.layers
    width, heads = model.config.hidden_size, model.config.num_attention_heads
    size = width // heads
    turns = model.model.rotary_emb.inv_freq
    apart = _orthonormal(width, random)
    apart[0] = 0  # the constant says nothing of the token
    read, written = apart[:, :size], apart[:, size : 2 * size]

    before = _Head(layers[0].self_attn, 0, size)
    before.looks_back(turns)
    before.moves(read, written, scale=spread * width**0.5)
    for layer in COPYING:
        mixed = _orthonormal(width, random)
        for number in range(heads):
            head = _Head(layers[layer].self_attn, number, size)
            head.compares(read, written, turns, random)
            part = mixed[:, number * size : (number + 1) * size]
            head.moves(part, part, scale=spread * width**0.5)
    model.model.norm.weight.fill_(FINAL)


def hold(model: Any, held: bool) -> None:
    """Keeps the circuit as it was written, or lets it learn. It is undone unless all else has learnt to go with it."""
    for layer in (0, *COPYING):
        model.model.layers[layer].self_attn.requires_grad_(not held)
    if held:
        with torch.no_grad():
            constants = model.get_input_embeddings().weight[:, 0]
            constants.fill_(float(constants.mean()))


class _Head:
    """The weights of one attention head: rows of the projections into it, columns of the one out of it."""

    def __init__(self, attention: Any, number: int, size: int) -> None:
        rows = slice(number * size, (number + 1) * size)
        self.query, self.key, self.value = (
            getattr(attention, name).weight[rows] for name in ("q_proj", "k_proj", "v_proj")
        )
        self.out = attention.o_proj.weight[:, rows]
        self.size = size

    def looks_back(self, turns: Tensor) -> None:
        """Attends to the token before: the query is the key, turned back by one position."""
        self.query.zero_()
        self.key.zero_()
        sharp = torch.where(turns > LEAST_TURNS, SHARPNESS, 0.0)
        half = self.size // 2
        self.key[:half, 0] = sharp
        self.query[:half, 0] = sharp * torch.cos(turns)
        self.query[half:, 0] = -sharp * torch.sin(turns)

    def compares(self, read: Tensor, written: Tensor, turns: Tensor, random: torch.Generator) -> None:
        """Attends to where the token that was written there by the head that looks back is the present one."""
        slow = (turns < MOST_TURNS).repeat(2)
        chosen = _orthonormal(self.size, random)[: int(slow.sum())]
        for weight, side in ((self.query, read), (self.key, written)):
            weight.zero_()
            weight[slow] = MATCHING * chosen @ side.T

    def moves(self, read: Tensor, written: Tensor, scale: float) -> None:
        """Takes what stands in the columns of `read` to those of `written`."""
        self.value.copy_(read.T)
        self.out.copy_(scale / self.size**0.5 * written)


def _orthonormal(size: int, random: torch.Generator) -> Tensor:
    orthonormal: Tensor = torch.linalg.qr(torch.randn(size, size, generator=random))[0]
    return orthonormal
