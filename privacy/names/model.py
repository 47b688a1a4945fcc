"""The names model, in torch, for training: token ids and letter cases -> a logit per token and label.

A BERT of width 384 and 12 heads, with all-MiniLM-L6-v2's word embeddings (Wang et al. 2020, arXiv:2002.10957), an
embedding of the letter case added to the input, and two linear heads: one after the last layer, and an early one by
which a text that plainly holds no name leaves (Teerapittayanon et al. 2016, arXiv:1709.01686). The teacher has all six
layers of the encoder; the student that ships is cut from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from privacy.names.features import CASES, EPSILON, HEADS, LABELS, WIDTH, folder

POSITIONS = 256


@dataclass(frozen=True, slots=True)
class Shape:
    """How many layers, the width inside their feed-forward halves, and after how many of them the early head stands."""

    layers: int
    inner: int
    exit: int


TEACHER = Shape(layers=6, inner=1536, exit=2)
STUDENT = Shape(layers=3, inner=768, exit=1)
FROM_TEACHER = (0, 1, 4)
"""The teacher's layers that the student's begin as."""


class Layer(nn.Module):
    """A BERT encoder layer (post-norm)."""

    def __init__(self, inner: int, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.wide = nn.Linear(WIDTH, inner)
        self.narrow = nn.Linear(inner, WIDTH)
        self.last_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = hidden.shape
        q, k, v = self.qkv(hidden).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        seen = self.out(seen.transpose(1, 2).reshape(batch, length, WIDTH))
        hidden = self.norm(hidden + self.dropout(seen))
        fed: Tensor = self.last_norm(hidden + self.dropout(self.narrow(functional.gelu(self.wide(hidden)))))
        return fed


class Names(nn.Module):
    """Takes ids and cases (batch, tokens) and `real`, true where there is no padding; gives the logits of the last and
    of the early head, each (batch, tokens, labels)."""

    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(30522, WIDTH)
        self.words.weight.requires_grad_(False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.cases = nn.Embedding(CASES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer(shape.inner, dropout) for _ in range(shape.layers))
        self.early = nn.Linear(WIDTH, len(LABELS))
        self.head = nn.Linear(WIDTH, len(LABELS))
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, cases: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(ids.shape[1])
        hidden = self.dropout(self.norm(self.words(ids) + self.positions(places) + self.cases(cases)))
        mask = real[:, None, None, :]
        for number, layer in enumerate(self.layers, 1):
            hidden = layer(hidden, mask)
            if number == self.shape.exit:
                early = self.early(hidden)
        return self.head(hidden), early


def from_encoder(dropout: float = 0.1) -> Names:
    """A teacher with the encoder's weights, case embeddings of zero and fresh heads."""
    weights = load_file(folder() / "model.safetensors")
    model = Names(TEACHER, dropout)
    state = model.state_dict()
    state["words.weight"] = weights["embeddings.word_embeddings.weight"]
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    state["positions.weight"] = weights["embeddings.position_embeddings.weight"][:POSITIONS] + kind
    state["cases.weight"].zero_()
    state.update(_renamed(weights, "embeddings.LayerNorm", "norm"))
    for i in range(TEACHER.layers):
        old, new = f"encoder.layer.{i}", f"layers.{i}"
        for part in ("weight", "bias"):
            three = [weights[f"{old}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            state[f"{new}.qkv.{part}"] = torch.cat(three)
        for theirs, ours in (
            ("attention.output.dense", "out"),
            ("attention.output.LayerNorm", "norm"),
            ("intermediate.dense", "wide"),
            ("output.dense", "narrow"),
            ("output.LayerNorm", "last_norm"),
        ):
            state.update(_renamed(weights, f"{old}.{theirs}", f"{new}.{ours}"))
    model.load_state_dict(state)
    return model


def from_teacher(teacher: Names, dropout: float = 0.1) -> Names:
    """A student with some of the teacher's layers, and in each the feed-forward units with the largest weights."""
    model = Names(STUDENT, dropout)
    known = teacher.state_dict()
    state = {name: value for name, value in known.items() if not name.startswith("layers.")}
    for new, old in enumerate(FROM_TEACHER):
        layer = {
            name.removeprefix(f"layers.{old}."): v for name, v in known.items() if name.startswith(f"layers.{old}.")
        }
        weights = layer["wide.weight"].norm(dim=1) * layer["narrow.weight"].norm(dim=0)
        kept = weights.topk(STUDENT.inner).indices.sort().values
        layer |= {name: layer[name][kept] for name in ("wide.weight", "wide.bias")}
        layer["narrow.weight"] = layer["narrow.weight"][:, kept]
        state |= {f"layers.{new}.{name}": value for name, value in layer.items()}
    model.load_state_dict(state)
    return model


def _renamed(weights: dict[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    return {f"{new}.{part}": weights[f"{old}.{part}"] for part in ("weight", "bias")}
