"""The names model, in torch, for training: token ids and letter cases -> a logit per token and label.

All layers of all-MiniLM-L6-v2 (a BERT of width 384, 12 heads; Wang et al. 2020, arXiv:2002.10957) with its word
embeddings frozen, an embedding of the letter case added to the input, and two linear heads: one after the last layer,
and one half-way, by which a text that plainly holds no name leaves early (Teerapittayanon et al. 2016,
arXiv:1709.01686).
"""

from __future__ import annotations

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from privacy.names.features import CASES, EPSILON, EXIT, HEADS, LABELS, LAYERS, WIDTH, folder

INNER = 1536
POSITIONS = 256


class Layer(nn.Module):
    """A BERT encoder layer (post-norm)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.wide = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
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

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(30522, WIDTH)
        self.words.weight.requires_grad_(False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.cases = nn.Embedding(CASES, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.early = nn.Linear(WIDTH, len(LABELS))
        self.head = nn.Linear(WIDTH, len(LABELS))
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, cases: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        places = torch.arange(ids.shape[1])
        hidden = self.dropout(self.norm(self.words(ids) + self.positions(places) + self.cases(cases)))
        mask = real[:, None, None, :]
        for number, layer in enumerate(self.layers, 1):
            hidden = layer(hidden, mask)
            if number == EXIT:
                early = self.early(hidden)
        return self.head(hidden), early


def from_encoder(dropout: float = 0.1) -> Names:
    """A model with the encoder's weights, case embeddings of zero and fresh heads."""
    weights = load_file(folder() / "model.safetensors")
    model = Names(dropout)
    state = model.state_dict()
    state["words.weight"] = weights["embeddings.word_embeddings.weight"]
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    state["positions.weight"] = weights["embeddings.position_embeddings.weight"][:POSITIONS] + kind
    state["cases.weight"].zero_()
    state.update(_renamed(weights, "embeddings.LayerNorm", "norm"))
    for i in range(LAYERS):
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


def _renamed(weights: dict[str, Tensor], old: str, new: str) -> dict[str, Tensor]:
    return {f"{new}.{part}": weights[f"{old}.{part}"] for part in ("weight", "bias")}
