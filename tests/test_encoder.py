"""The sentence encoder as ONNX Runtime computes it, beside the published model in torch."""

from __future__ import annotations

import numpy as np
import pytest

from deskwright.workspace import Workspace
from instruct import encoder
from instruct.needs_human import NeedsHuman
from instruct.passages import Passage, Passages
from privacy.gate import Gate
from serve.chat import build_chat, ground
from serve.engines.echo import Echo
from serve.policy import Judge, Words

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


def test_within_one_answer_no_text_is_encoded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    encoded = encoder._encoded
    monkeypatch.setattr(encoder, "_encoded", lambda texts: read.extend(texts) or encoded(texts))

    with encoder.once():
        first, again = encoder.encode(["a", "b", "a"]), encoder.encode(["b", "c", "a"])
        empty = encoder.encode([])
    after = encoder.encode(["a"])

    assert read == ["a", "b", "c", "a"]  # nothing is remembered from one answer to the next
    assert empty.shape == (0, encoder.DIMENSIONS)
    assert np.allclose(first, [again[2], again[0], after[0]], atol=1e-6)


def test_all_that_looks_at_a_question_has_it_encoded_once(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Passages.build([Passage("p1", "Where is it?", "On its way.")], ["p1"])
    learnt = NeedsHuman(np.ones((2, encoder.DIMENSIONS)), np.zeros(2), 2.0)
    read, asked, encoded = [], [], encoder._encoded
    monkeypatch.setattr(encoder, "_encoded", lambda texts: read.extend(texts) or encoded(texts))

    def needs_person(text: str) -> bool:
        asked.append(text)
        return bool(learnt.probabilities([text])[0] >= learnt.threshold)

    judge = Judge(None, Words("a", "b", "c"), needs_person)
    chat = build_chat(Gate.of(ws), Echo(), index, "Help.", 1, judge=judge)
    turns = [{"role": "user", "content": "Where is my order, anna@example.com?"}]
    state = ground(chat, {"turns": turns})

    assert read == asked == ["Where is my order, <EMAIL_1>?"]
    assert [passage.id for passage in state["passages"]] == ["p1"]
