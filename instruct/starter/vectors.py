"""A tokenizer -> vectors that its tokens begin with, made from the word vectors of the sentence encoder.

A model that is to learn from few texts need not find out from them that a price is a cost. The encoder's 384 numbers a
word are turned into fewer by their principal components; a random part keeps apart what is one word to the encoder:
"Price", "price" and " price".
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

FIRST_WORD = 1000
"""The encoder's tokens before it are reserved or single signs."""
SPREAD = 1.0
"""Their standard deviation, fifty times Llama's usual one: so that what the layers add does not soon drown them, and
with them all that is copied."""
FROM_THE_ENCODER = 0.8
RANDOM = 0.6
"""Parts of the spread; their squares add up to one."""


def vectors(tokenizer: Any, encoder: Any, its_tokenizer: Any, width: int, seed: int) -> Tensor:
    """(tokens, width). A token of several of the encoder's is their mean; one without any has the random part alone."""
    words = encoder.get_input_embeddings().weight.detach().float()
    centre = words[FIRST_WORD:].mean(0)
    meant = torch.zeros(len(tokenizer), words.shape[1])
    for token in range(len(tokenizer)):
        pieces = _pieces(tokenizer.decode([token]), its_tokenizer)
        if pieces:
            meant[token] = words[pieces].mean(0) - centre
    random = torch.Generator().manual_seed(seed)
    _, _, components = torch.pca_lowrank(meant, q=width, center=False, niter=6)
    turned: Tensor = meant @ components @ torch.linalg.qr(torch.randn(width, width, generator=random))[0]
    noise = torch.randn(len(tokenizer), width, generator=random)
    return SPREAD * (FROM_THE_ENCODER * turned / turned.std() + RANDOM * noise)


def _pieces(text: str, its_tokenizer: Any) -> list[int]:
    """The encoder's tokens for a token; one that goes on a word is looked up as such."""
    word, unknown = text.strip(), its_tokenizer.unk_token_id
    inside = its_tokenizer.convert_tokens_to_ids(f"##{word}") if text[:1].islower() else unknown
    if inside != unknown:
        return [int(inside)]
    return [piece for piece in its_tokenizer(word, add_special_tokens=False)["input_ids"] if piece != unknown]
