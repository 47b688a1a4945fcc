"""A colleague's answer is given as it stands where that is measured to be better."""

from __future__ import annotations

import numpy as np
import pytest

from deskwright.workspace import Workspace
from instruct.passages import Passage
from instruct.quoting import limit, quotable, quoted
from privacy.gate import Gate
from serve.chat import build_chat
from serve.engines.echo import Echo

NEAR = Passage("r/1", "Where is my parcel?", "It leaves our house within two days.", 0.9)
FAR = Passage("r/2", "May I return it?", "Within 30 days.", 0.4)
ANOTHERS = Passage("r/3", "Where is my parcel?", "It is with <PERSON_1>, your neighbour.", 0.95)


class Index:
    def __init__(self, *passages: Passage) -> None:
        self.passages = list(passages)

    def search(self, question: str, k: int) -> list[Passage]:
        return self.passages[:k]


def test_the_limit_is_where_the_answers_are_best_in_the_mean() -> None:
    scores = np.array([0.5, 0.9, 0.8, 0.7, 0.6, 0.95, 0.99])
    gains = np.array([-0.5, 0.2, 0.2, 0.1, 0.1, 0.0, -0.1])

    assert limit(scores, gains) == 0.6
    assert limit(scores, -np.abs(gains)) is None
    assert limit(scores[:4], np.ones(4)) is None  # too few to believe
    assert limit(scores, np.ones(7)) == 0.5


@pytest.mark.parametrize(
    ("near", "from_", "expected"),
    [
        ([NEAR, FAR], 0.8, NEAR),
        ([NEAR, FAR], 0.95, None),
        ([NEAR, FAR], None, None),
        ([ANOTHERS, NEAR], 0.8, None),
        ([], 0.8, None),
    ],
)
def test_what_is_near_enough_and_of_nobody_else_is_quoted(
    near: list[Passage], from_: float | None, expected: Passage | None
) -> None:
    assert quotable(near, from_) == expected
    assert quoted(["mine"], [near], from_) == [expected.answer if expected else "mine"]


@pytest.mark.parametrize("passages", [0, 1, 2])
def test_the_chat_quotes_without_the_model_and_says_so(ws: Workspace, passages: int) -> None:
    chat = build_chat(Gate.of(ws), Echo(), Index(NEAR, FAR), "Help.", passages, quote_from=0.8)
    state = chat.invoke({"turns": [{"role": "user", "content": "Where is the parcel?"}]})

    assert state["text"] == NEAR.answer
    assert state["passages"] == [NEAR]
    assert state["answer"].response_metadata["quoted"] is True
    assert state["answer"].usage_metadata["output_tokens"] == 0


@pytest.mark.parametrize("passages", [0, 1])
def test_what_is_not_quoted_is_answered_as_ever(ws: Workspace, passages: int) -> None:
    asked = {"turns": [{"role": "user", "content": "Where is the parcel?"}]}
    plain = build_chat(Gate.of(ws), Echo(), Index(FAR), "Help.", passages).invoke(asked)
    state = build_chat(Gate.of(ws), Echo(), Index(FAR), "Help.", passages, quote_from=0.8).invoke(asked)

    assert state["text"] == plain["text"]
    assert state["passages"] == [FAR][:passages]
    assert "quoted" not in state["answer"].response_metadata
