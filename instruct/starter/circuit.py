"""A model with random weights -> the same with heads that continue what the context tells, as a trained model has them.

What a small model has to do best is to find in its context what it is asked for, and to copy it. The circuit for
copying, a head that attends to the token before and heads that look for where that was the present token ("induction
heads", Elhage et al. 2021, Olsson et al. 2022, arXiv:2209.11895), takes training many millions of tokens to find. Here
it is written down to begin with, and training goes on from it (cf. "mimetic initialization", Trockman and Kolter 2023,
arXiv:2305.09828).

Of many places where the present token stood, one has to be chosen. So two more heads of the first layer take a mean
of the words a few and some more tokens back, rare ones counting more, and most of the heads that look for the present
token compare these as well: the answer goes on where words like those of the question, or of what was said so far, went
before. At the opening of its turn the model looks for where in the context an answer began, after a colon.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

ROTATION = 1e7
"""Base of the rotary embedding. So high, most numbers of a head turn slowly enough to compare words a thousand tokens
apart (cf. Xiong et al. 2023, arXiv:2309.16039)."""

CONSTANT = 4.0
"""The value of the first number of every token's vector, in standard deviations of the others. Heads that look at a
distance see this alone; a constant changes no probability, since it is the same for all tokens."""

RARITY = 1.0
"""The standard deviation of the second number of a token's vector: how rare the token is."""

OPENING = 0.9
"""How much the vector of the mark that opens the assistant's turn is that of a colon."""

SLOW = 0.005
"""Radians a token: what turns more slowly is used to compare words."""


class Look(NamedTuple):
    """A head that looks back: by so many tokens, with the numbers that turn by so many radians a token; the slower
    these are, the wider it looks. `rare` is how much more it sees of rare words."""

    back: int
    turns: tuple[float, float]
    sharpness: float
    rare: float
    scale: float


LOOKS = (Look(1, (0.05, 9.0), 2.0, 0.0, 1.0), Look(4, (0.05, 0.5), 1.0, 0.5, 2.0), Look(9, (0.02, 0.3), 0.7, 0.7, 2.0))
"""The heads of the first layer. The next ones compare what each of them sees."""

COMPARED = ((1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1))
"""For each head of the second layer, which of the looks it compares."""

GAINS = (1.7, 1.0, 1.0)
"""How much a likeness by each look counts, on queries and keys."""

NEAR = Look(0, (0.05, 0.5), 2.2, 0.0, 0.0)
"""What the heads of the second layer do not look at: the last few tokens are most like the present ones."""

COPIED = 3.0
"""How much larger what is copied is written than a token's own vector."""

OTHERS = 0.1
"""The scale of everything else that layers add, so that it does not drown the circuit to begin with."""

FINAL = 0.08
"""The scale of the last normalisation: with it a token that is meant stands out, and others hardly do."""


@torch.no_grad()
def write(model: Any, counts: Tensor, opening: int, colon: int, seed: int) -> None:
    """Writes the circuit into a Llama model of at least two layers, with four heads each, in place. `counts`
    (vocabulary,) are how often each token occurs; `opening` and `colon` are the ids of those two tokens."""
    random = torch.Generator().manual_seed(seed)
    _mark(model.get_input_embeddings().weight, counts, opening, colon)
    for layer in model.model.layers:
        layer.mlp.down_proj.weight.mul_(OTHERS)
        layer.self_attn.o_proj.weight.mul_(OTHERS)
    width, turns = model.config.hidden_size, model.model.rotary_emb.inv_freq
    size, norm = width // model.config.num_attention_heads, width**0.5
    reads, writes = (_apart(width, 2, len(LOOKS) * size, random).chunk(len(LOOKS), 1) for _ in range(2))
    first, second = (model.model.layers[n].self_attn for n in (0, 1))
    for number, (look, read, written) in enumerate(zip(LOOKS, reads, writes, strict=True)):
        head = _Head(first, number, size)
        head.clear()
        head.looks(look, turns)
        head.moves(read, written, look.scale * norm)
    # the token itself is compared with what stood before the other, a mean with a mean
    sides = list(zip((reads[0], *writes[1:]), writes, strict=True))
    parts = _apart(width, 1, width - 1, random)
    for number, compared in enumerate(COMPARED):
        head = _Head(second, number, size)
        head.clear()
        head.compares([(gain * on, side) for gain, on, side in zip(GAINS, compared, sides, strict=True)], turns, random)
        head.looks(NEAR, turns, away=True)
        part = torch.zeros(width, size)
        here = parts[:, number * size : (number + 1) * size]
        part[:, : here.shape[1]] = here
        head.moves(part, part, COPIED * norm)
    model.model.norm.weight.fill_(FINAL)


def _mark(vectors: Tensor, counts: Tensor, opening: int, colon: int) -> None:
    """Makes all vectors equally long, and puts the constant and the rarity into their first numbers."""
    vectors[:, :2] = 0
    vectors.mul_(vectors.shape[1] ** 0.5 / vectors.norm(dim=1, keepdim=True).clamp(min=1e-6))
    vectors[opening] = OPENING * vectors[colon] + (1 - OPENING**2) ** 0.5 * vectors[opening]
    rarity = -(counts + 0.5).log()
    vectors[:, 0] = CONSTANT
    vectors[:, 1] = RARITY * (rarity - rarity.mean()) / rarity.std()


class _Head:
    """The weights of one attention head: rows of the projections into it, columns of the one out of it."""

    def __init__(self, attention: Any, number: int, size: int) -> None:
        rows = slice(number * size, (number + 1) * size)
        self.query, self.key, self.value = (
            getattr(attention, name).weight[rows] for name in ("q_proj", "k_proj", "v_proj")
        )
        self.out = attention.o_proj.weight[:, rows]
        self.size = size

    def clear(self) -> None:
        self.query.zero_()
        self.key.zero_()

    def looks(self, look: Look, turns: Tensor, away: bool = False) -> None:
        """Attends to what is so far back, or away from it: the query is the key, turned back by as many tokens."""
        half = self.size // 2
        sharp = torch.where((turns > look.turns[0]) & (turns < look.turns[1]), look.sharpness, 0.0)
        back = -sharp if away else sharp
        self.key[:half, 0] += sharp
        self.query[:half, 0] += back * torch.cos(turns * look.back)
        self.query[half:, 0] -= back * torch.sin(turns * look.back)
        if look.rare:  # the last number of the first half hardly turns at all
            self.key[half - 1, 1] = look.rare
            self.query[half - 1, 0] = 1.0

    def compares(
        self, sides: list[tuple[float, tuple[Tensor, Tensor]]], turns: Tensor, random: torch.Generator
    ) -> None:
        """Attends to where what stands in the second columns of a side is like what stands here in the first ones. The
        numbers that turn slowly are shared out among the sides that count."""
        slow = torch.nonzero(turns < SLOW).flatten()
        numbers = torch.cat([slow, slow + self.size // 2])
        numbers = numbers[torch.randperm(len(numbers), generator=random)]
        counting = [(gain, side) for gain, side in sides if gain]
        for (gain, (here, there)), share in zip(counting, numbers.tensor_split(len(counting)), strict=True):
            chosen = gain * (self.size / len(share)) ** 0.5 * _orthonormal(self.size, random)[: len(share)]
            self.query[share] = chosen @ here.T
            self.key[share] = chosen @ there.T

    def moves(self, read: Tensor, written: Tensor, scale: float) -> None:
        """Takes what stands in the columns of `read` to those of `written`."""
        self.value.copy_(read.T)
        self.out.copy_(scale / self.size**0.5 * written)


def _apart(width: int, first: int, count: int, random: torch.Generator) -> Tensor:
    """(width, count): orthonormal columns that leave the numbers before `first` alone."""
    columns = torch.zeros(width, count)
    columns[first:] = _orthonormal(width - first, random)[:, :count]
    return columns


def _orthonormal(size: int, random: torch.Generator) -> Tensor:
    orthonormal: Tensor = torch.linalg.qr(torch.randn(size, size, generator=random))[0]
    return orthonormal
