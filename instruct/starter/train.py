"""Packed blocks -> the starter model: a small Llama that has read texts and learnt to answer.

First it reads texts and conversations alike and learns every token; then, while the learning rate falls, it learns what
the assistant says. The rate is warmed up, held and let fall (Hu et al. 2024, arXiv:2404.06395) by the share of the time
that is spent, so that a run fits the time there is. A checkpoint is kept every few minutes, and a run goes on from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from deskwright import checkpoint
from instruct.starter.packing import Blocks
from instruct.starter.tokenizer import CONTEXT

RATE = 2e-3
WARM_UP = 0.02
READING = 0.7
"""The share of the time after which it learns to answer, and the rate falls."""
CHATS_WHILE_READING = 0.5
WEIGHT_DECAY = 0.1
BLOCKS_A_STEP = {"cpu": 4, "cuda": 64}
SECONDS_A_CHECKPOINT = 240
STEPS_A_LINE = 50
HELD_OUT_BLOCKS = 64
PADDING = 0
"""The first of the tokenizer's tokens."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Width, width inside the feed-forward halves, layers, and heads with and without keys of their own."""

    width: int
    inner: int
    layers: int
    heads: int
    key_heads: int


SHAPE = Shape(width=320, inner=896, layers=8, heads=5, key_heads=5)
"""13 million parameters, 2.6 of them the tokens' vectors."""

Batch = tuple[Tensor, Tensor, Tensor]
"""Token ids, positions, and what is to be learnt, each (blocks, 1,024)."""


def new(tokenizer: Any, shape: Shape = SHAPE) -> Any:
    """A model with random weights for a tokenizer; the head is the token vectors themselves."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.key_heads,
            max_position_embeddings=CONTEXT,
            rope_theta=10_000.0,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def train(model: Any, data: Path, file: Path, seconds: float, seed: int) -> float:
    """Trains in place on the blocks of `data`, with its checkpoints in `file`, and returns the seconds spent, those
    before an interruption included."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    optimiser = _optimiser(model)
    before = spent = checkpoint.resume(file, model, optimiser)
    batches = _Batches(data, BLOCKS_A_STEP[device], Random(f"{seed} {round(before)}"))
    started = saved = time.monotonic()
    tokens, cost, steps = 0, 0.0, 0
    while spent < seconds:
        share = spent / seconds
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate(share)
        ids, positions, learnt = (part.to(device) for part in batches.next(answering=share > READING))
        with _precision(device):
            loss = loss_of(model, ids, positions, learnt)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        steps, tokens, cost = steps + 1, tokens + ids.numel(), cost + float(loss.detach())
        spent = before + time.monotonic() - started
        if steps % STEPS_A_LINE == 0:
            pace = tokens / (spent - before)
            click.echo(f"{spent:6.0f} s  step {steps}  loss {cost / STEPS_A_LINE:.3f}  {pace:,.0f} tokens/s")
            cost = 0.0
        if time.monotonic() - saved > SECONDS_A_CHECKPOINT:
            saved = time.monotonic()
            checkpoint.save(file, model, optimiser, spent)
    checkpoint.save(file, model, optimiser, spent)
    model.cpu().eval()
    return spent


def rate(share: float) -> float:
    """The learning rate as a part of the full one, by the share of the time that is spent."""
    if share < WARM_UP:
        return (share + 1e-3) / (WARM_UP + 1e-3)
    return 1.0 if share < READING else max(0.02, (1 - share) / (1 - READING))


def loss_of(model: Any, ids: Tensor, positions: Tensor, learnt: Tensor) -> Tensor:
    """Nats a learnt token. The head is computed for those alone: with a vocabulary of 8,192 it is most of the work."""
    hidden = model.model(input_ids=ids, position_ids=positions, use_cache=False).last_hidden_state
    follows = learnt[:, 1:].bool()
    logits = model.lm_head(hidden[:, :-1][follows])
    return functional.cross_entropy(logits.float(), ids[:, 1:][follows])


@torch.inference_mode()
def held_out(model: Any, data: Path) -> dict[str, float]:
    """Nats a token on what was held out: of texts, every token; of conversations, what the assistant says."""
    losses = {}
    for name in ("texts", "chats"):
        blocks = Blocks.open(data / f"{name}_held_out")
        rows = range(min(HELD_OUT_BLOCKS, len(blocks)))
        costs = [loss_of(model, *_batch([(blocks, row)], answering=True)) for row in rows]
        losses[name] = float(torch.stack(costs).mean())
    return losses


class _Batches:
    """Blocks in an order of their own, round after round."""

    def __init__(self, data: Path, size: int, random: Random) -> None:
        self._size = size
        self._random = random
        self._texts = _forever(Blocks.open(data / "texts"), random)
        self._chats = _forever(Blocks.open(data / "chats"), random)

    def next(self, answering: bool) -> Batch:
        """Texts and conversations in turn; only these, and of them the answers, where it learns to answer."""
        chance = 1.0 if answering else CHATS_WHILE_READING
        rows = [next(self._chats if self._random.random() < chance else self._texts) for _ in range(self._size)]
        return _batch(rows, answering)


def _forever(blocks: Blocks, random: Random) -> Iterator[tuple[Blocks, int]]:
    while True:
        order = list(range(len(blocks)))
        random.shuffle(order)
        yield from ((blocks, row) for row in order)


def _batch(rows: Sequence[tuple[Blocks, int]], answering: bool) -> Batch:
    def stacked(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(blocks, name)[row] for blocks, row in rows]).astype(np.int64))

    tokens, positions = stacked("tokens"), stacked("positions")
    # the first token of a document does not follow from the one before it
    learnt = stacked("loss") if answering else ((positions > 0) & (tokens != PADDING)).long()
    return tokens, positions, learnt


def _optimiser(model: Any) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.95), fused=True)


def _precision(device: str) -> AbstractContextManager[Any]:
    return torch.autocast(device, torch.bfloat16) if device == "cuda" else nullcontext()
