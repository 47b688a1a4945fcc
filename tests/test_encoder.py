"""The sentence encoder as ONNX Runtime computes it, beside the published model in torch."""

from __future__ import annotations

import numpy as np

from instruct import encoder

TEXTS = ["Where is my parcel?", "", "x", "Grüße, 你好 🙂 \ud800", "a long one " * 400, "Order <ORDER_ID_1> is late"]


def published(text: str) -> np.ndarray:
    """Mean pooling as the model's card has it, one text at a time."""
    import torch

    tokenizer, model = encoder.loaded()
    batch = tokenizer([text.replace("\ud800", "\ufffd")], truncation=True, max_length=256, return_tensors="pt")
    with torch.inference_mode():
        return torch.nn.functional.normalize(model(**batch).last_hidden_state.mean(1), dim=1).numpy()[0]


def test_the_vectors_are_those_of_the_published_model() -> None:
    vectors = encoder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), encoder.DIMENSIONS)
    assert np.allclose(vectors, [published(text) for text in TEXTS], atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])

    assert np.allclose(encoder.encode(TEXTS), alone, atol=1e-6)
    assert encoder.encode([]).shape == (0, encoder.DIMENSIONS)
