"""Encoded documents -> the starter model: a small Llama that has read texts and learnt to answer.

Of conversations and exercises it learns what the assistant says, of texts every token. Short documents come first: in
them, answers are more of what there is to learn. The rate is warmed up, held and let fall (Hu et al. 2024,
arXiv:2404.06395) by the share of the tokens that are read. A checkpoint is kept every few minutes, and a run goes on
from it. Where the processor multiplies numbers of 16 bits natively, the layers compute in bfloat16.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface

from deskwright import checkpoint
from instruct.base import half_is_fast
from instruct.starter.circuit import ROTATION
from instruct.starter.encoded import Documents
from instruct.starter.muon import Muon
from instruct.starter.tokenizer import CONTEXT

RATE = 0.003
RATE_OF_OTHERS = 0.01
WARM_UP = 0.02
HIGH = 0.35
"""The share of the tokens up to which the rate stays."""
MIX = {"chats": 0.5, "exercises": 0.38, "texts": 0.12}
"""How many of the batches are of which documents."""
LONGEST = ((0.2, 192), (0.5, 320), (1.0, CONTEXT))
"""Up to which share of the tokens which length is read."""
TOKENS_A_STEP = {"cpu": 4096, "cuda": 2**16}
POOL = 2048
"""Documents that are sorted by their length at once."""
SECONDS_A_CHECKPOINT = 300
STEPS_A_LINE = 50
HELD_OUT_TOKENS = 60_000
"""Of each source, at most."""
CURVE_TOKENS = 3_000
"""The same for each point of the curve that is drawn while training."""
PADDING = 0
"""The first of the tokenizer's tokens."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Width, width inside the feed-forward halves, layers, and heads."""

    width: int
    inner: int
    layers: int
    heads: int


SHAPE = Shape(width=256, inner=704, layers=6, heads=4)
"""6.9 million parameters, 2.1 of them the tokens' vectors."""

HALF = Shape(width=160, inner=448, layers=6, heads=4)
"""Half of them, to compare with."""

Batch = tuple[Tensor, Tensor]
"""Token ids and what is to be learnt, each (documents, tokens of the longest)."""


def new(tokenizer: Any, shape: Shape = SHAPE) -> Any:
    """A model with random weights for a tokenizer; the head is the token vectors themselves."""
    from transformers import LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            intermediate_size=shape.inner,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=CONTEXT,
            rope_parameters={"rope_type": "default", "rope_theta": ROTATION},
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    with torch.no_grad():  # what the layers add up to is as large as what one would (Radford et al. 2019, 2.3)
        for layer in model.model.layers:
            for added in (layer.self_attn.o_proj, layer.mlp.down_proj):
                added.weight.div_((2 * shape.layers) ** 0.5)
    return model


def train(model: Any, data: Path, file: Path, tokens: int, seed: int, part: float = 1.0) -> dict[str, float]:
    """Trains in place on that many tokens of `data`, with its checkpoints in `file`, at `part` of the full rate.

    Returns the `seconds` and `tokens` spent, those before an interruption included.
    """
    torch.set_flush_denormal(True)  # the momenta of rare tokens fade below what a processor multiplies fast
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).train()
    if device == "cpu":
        AttentionInterface.register("starter", _attention)
        model.set_attn_implementation("starter")
    optimiser = Muon(model, RATE, RATE_OF_OTHERS)
    spent = checkpoint.resume(file, model, optimiser)
    read, before = spent.get("tokens", 0.0), spent.get("seconds", 0.0)
    notes = file.with_suffix(".jsonl")
    if not spent:
        notes.unlink(missing_ok=True)
    batches = {
        name: _Batches(Documents.open(data / name), TOKENS_A_STEP[device], Random(f"{seed} {name} {round(read)}"))
        for name in MIX
    }
    random = Random(f"{seed} {round(read)}")
    started = saved = time.monotonic()
    ahead, cost, steps = read, 0.0, 0

    def so_far() -> dict[str, float]:
        return {"seconds": before + time.monotonic() - started, "tokens": read}

    while read < tokens:
        share = read / tokens
        [name] = random.choices(list(MIX), list(MIX.values()))
        ids, learnt = batches[name].next(_longest(share))
        with _precision(device):
            loss = loss_of(model, ids.to(device), learnt.to(device))
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(part * rate(share))
        read += int((ids != PADDING).sum())
        steps, cost = steps + 1, cost + float(loss.detach())
        if steps % STEPS_A_LINE == 0:
            now = so_far()
            pace = (read - ahead) / (now["seconds"] - before)
            click.echo(f"{now['seconds']:6.0f} s  {read:,.0f} tokens  loss {cost / STEPS_A_LINE:.3f}  {pace:,.0f}/s")
            cost = 0.0
        if time.monotonic() - saved > SECONDS_A_CHECKPOINT:
            saved = time.monotonic()
            checkpoint.save(file, model, optimiser, so_far())
            _note(notes, {**so_far(), **held_out(model, data, CURVE_TOKENS)})
    checkpoint.save(file, model, optimiser, so_far())
    if steps:
        _note(notes, {**so_far(), **held_out(model, data, CURVE_TOKENS)})
    model.cpu().eval().set_attn_implementation("sdpa")
    return so_far()


def rate(share: float) -> float:
    """The learning rate as a part of the full one, by the share of the tokens that are read."""
    if share < WARM_UP:
        return (share + 1e-3) / (WARM_UP + 1e-3)
    return 1.0 if share < HIGH else max(0.01, ((1 - share) / (1 - HIGH)) ** 1.5)


def loss_of(model: Any, ids: Tensor, learnt: Tensor) -> Tensor:
    """Nats a learnt token, each as much as it is to be learnt. The head is computed for those alone: with a vocabulary
    of 8,192 it is much of the work."""
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    follows = learnt[:, 1:].bool()
    logits = model.lm_head(hidden[:, :-1][follows])
    losses = functional.cross_entropy(logits.float(), ids[:, 1:][follows], reduction="none")
    weights = learnt[:, 1:][follows]
    return (losses * weights).sum() / weights.sum()


@torch.inference_mode()
def held_out(model: Any, data: Path, tokens: int = HELD_OUT_TOKENS) -> dict[str, float]:
    """Nats a token of what was held out, by source: of texts every token, of conversations what the assistant says."""
    losses = {}
    for name in ("texts", "chats"):
        documents = Documents.open(data / f"{name}_held_out")
        for number, source in enumerate(documents.names):
            rows = first(documents, np.flatnonzero(documents.source == number).tolist(), tokens)
            costs, counts = zip(*(_cost(model, documents, row) for row in rows), strict=True)
            losses[source] = sum(costs) / max(sum(counts), 1)
    return losses


def _cost(model: Any, documents: Documents, row: int) -> tuple[float, int]:
    ids, learnt = (torch.from_numpy(part).to(model.device) for part in documents.rows([row], PADDING))
    learnt = learnt.clamp(max=1)
    count = int(learnt[:, 1:].sum())
    return (float(loss_of(model, ids, learnt)) * count if count else 0.0), count


def first(documents: Documents, rows: Sequence[int], tokens: int) -> list[int]:
    """The first of the rows, up to so many tokens."""
    chosen, found = [], 0
    for row in rows:
        if found < tokens:
            chosen.append(row)
            found += int(documents.lengths[row])
    return chosen


class _Batches:
    """Documents of like length together, in an order of their own, round after round."""

    def __init__(self, documents: Documents, tokens: int, random: Random) -> None:
        self._documents = documents
        self._lengths = documents.lengths
        self._tokens = tokens
        self._random = random
        self._order = self._forever()
        self._waiting: list[list[int]] = []

    def next(self, longest: int) -> Batch:
        """About as many tokens as asked for, in documents of at most so many."""
        if not self._waiting:
            self._waiting = self._drawn(max(longest, int(self._lengths.min())))
        ids, learnt = self._documents.rows(self._waiting.pop(), PADDING)
        return torch.from_numpy(ids), torch.from_numpy(learnt)

    def _drawn(self, longest: int) -> list[list[int]]:
        pool: list[int] = []
        while len(pool) < min(POOL, len(self._documents)):
            row = next(self._order)
            pool += [row] if self._lengths[row] <= longest else []
        batches: list[list[int]] = [[]]
        for row in sorted(pool, key=lambda row: self._lengths[row]):
            if batches[-1] and (len(batches[-1]) + 1) * self._lengths[row] > self._tokens:
                batches.append([])
            batches[-1].append(row)
        self._random.shuffle(batches)
        return batches

    def _forever(self) -> Iterator[int]:
        while True:
            order = list(range(len(self._documents)))
            self._random.shuffle(order)
            yield from order


def _note(file: Path, point: Mapping[str, float]) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(point) + "\n")


def _longest(share: float) -> int:
    return next(length for until, length in LONGEST if share < until or until == 1.0)


def _precision(device: str) -> AbstractContextManager[Any]:
    return torch.autocast(device, torch.bfloat16) if device == "cuda" or half_is_fast() else nullcontext()


def _attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float, **_: Any
) -> tuple[Tensor, None]:
    """Causal attention as two products: on processors, over texts this short, a third of the time of PyTorch's own. No
    mask is asked for, as what is filled up stands on the right."""
    length = query.shape[2]
    scores = (query * scaling) @ key.transpose(-1, -2) + _later(length, query.dtype)
    return (functional.softmax(scores, -1) @ value).transpose(1, 2).contiguous(), None


@lru_cache(maxsize=CONTEXT)
def _later(length: int, dtype: torch.dtype) -> Tensor:
    return torch.full((length, length), -torch.inf, dtype=dtype).triu(1)
