"""A colleague's answer is given as it stands where that is measured to be better."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deskwright.plugins import Generation
from deskwright.workspace import Workspace
from instruct.passages import Passage
from instruct.quoting import LOOKED_AT, limit, quotable, quotations
from instruct.rows import Row
from privacy.gate import Gate
from serve.chat import build_chat
from serve.engines.echo import Echo

NEAR = Passage("r/1", "Where is my parcel?", "It leaves our house within two days.", 0.9)
FAR = Passage("r/2", "May I return it?", "Within 30 days.", 0.4)
ANOTHERS = Passage("r/3", "Where is my parcel?", "It is with <PERSON_1>, your neighbour.", 0.95)

DOCUMENT = Passage("k/1", "Delivery", "Parcels leave within two days.", 0.97, alone=False, title="Delivery")


class Index:
    def __init__(self, *passages: Passage) -> None:
        self.passages = list(passages)

    def search(self, question: str, k: int) -> list[Passage]:
        return self.passages[:k]


def test_the_limit_is_where_the_answers_are_best_in_the_mean() -> None:
    scores = np.array([0.5, 0.9, 0.8, 0.7, 0.6, 0.95, 0.99])
    gains = np.array([-0.5, 0.25, 0.2, 0.15, 0.1, 0.2, 0.2])

    assert limit(scores, gains) == 0.6
    assert limit(scores, -np.abs(gains)) is None
    assert limit(scores[:4], np.ones(4)) is None  # too few to believe
    assert limit(np.array([0.9] * 6 + [0.8]), np.array([0.3, 0.2] * 3 + [-1])) == 0.9


def test_what_may_be_chance_is_no_limit() -> None:
    chance = np.random.default_rng(5)
    found = [limit(chance.uniform(0.3, 1, 40), chance.normal(0, 0.3, 40)) for _ in range(200)]

    assert sum(one is not None for one in found) < 30


ASKED = ["Where is the parcel?"]


@pytest.mark.parametrize(
    ("near", "from_", "turns", "expected"),
    [
        ([NEAR, FAR], 0.8, ASKED, NEAR),
        ([NEAR, FAR], 0.8, ["Where is it? Regards, <PERSON_1>"], NEAR),
        ([NEAR, FAR], 0.95, ASKED, None),
        ([NEAR, FAR], None, ASKED, None),
        ([], 0.8, ASKED, None),
        ([DOCUMENT, NEAR, FAR], 0.8, ASKED, NEAR),
        ([DOCUMENT], 0.8, ASKED, None),
        ([NEAR], 0.8, ["Hello", "Hi! What is it?", *ASKED], None),
        ([replace(NEAR, alone=False)], 0.8, ASKED, None),
        ([NEAR], 0.8, ["Where is order <ID_1>?"], None),
        ([replace(NEAR, question="Where is order <ID_1>?")], 0.8, ASKED, None),
        ([ANOTHERS, NEAR], 0.8, ASKED, None),
        ([replace(NEAR, answer="It arrives on Thursday.")], 0.8, ASKED, None),
        ([replace(NEAR, answer="We have sent it to you.")], 0.8, ASKED, None),
        ([replace(NEAR, answer="Your order was cancelled.")], 0.8, ASKED, None),
    ],
)
def test_what_is_near_enough_and_of_no_single_case_is_quoted(
    near: list[Passage], from_: float | None, turns: list[str], expected: Passage | None
) -> None:
    said = tuple((("user", "assistant")[n % 2], text) for n, text in enumerate(turns))
    row = Row("r", "test", "conversation", said, "", "c", "", (), "", "")

    assert quotable(near, from_, turns) == expected
    assert quotations([near], from_, [row]) == [expected]


@pytest.mark.parametrize("passages", [0, 1, 2])
def test_the_chat_quotes_without_the_model_and_says_so(ws: Workspace, passages: int) -> None:
    chat = build_chat(Gate.of(ws), Echo(), Index(NEAR, FAR), "Help.", passages, quote_from=0.8)
    state = chat.invoke({"turns": [{"role": "user", "content": "Where is the parcel?"}]})

    assert state["text"] == NEAR.answer
    assert state["passages"] == [NEAR]
    assert state["answer"].response_metadata["quoted"] is True
    assert state["answer"].usage_metadata["output_tokens"] == 0


@pytest.mark.parametrize("passages", [0, 1, 2])
def test_documents_before_it_do_not_end_quoting(ws: Workspace, passages: int) -> None:
    asked = {"turns": [{"role": "user", "content": "Where is the parcel?"}]}
    documents = [replace(DOCUMENT, id=f"k/{n}") for n in range(LOOKED_AT - 1)]

    def said(*near: Passage) -> Any:
        return build_chat(Gate.of(ws), Echo(), Index(*near), "Help.", passages, quote_from=0.8).invoke(asked)

    state, too_far, others = said(*documents, NEAR), said(*documents, DOCUMENT, NEAR), said(*documents, FAR)

    assert (state["text"], state["passages"]) == (NEAR.answer, [NEAR])
    for state in (too_far, others):
        assert "quoted" not in state["answer"].response_metadata
        assert state["passages"] == documents[:passages]
        assert ("Delivery" in str(state["messages"])) == bool(passages)


@pytest.mark.parametrize("passages", [0, 1])
def test_what_is_not_quoted_is_answered_as_ever(ws: Workspace, passages: int) -> None:
    asked = {"turns": [{"role": "user", "content": "Where is the parcel?"}]}
    plain = build_chat(Gate.of(ws), Echo(), Index(FAR), "Help.", passages).invoke(asked)
    state = build_chat(Gate.of(ws), Echo(), Index(FAR), "Help.", passages, quote_from=0.8).invoke(asked)

    assert state["text"] == plain["text"]
    assert state["passages"] == [FAR][:passages]
    assert "quoted" not in state["answer"].response_metadata


@pytest.mark.parametrize(
    "asked",
    [
        {"how": Generation(max_tokens=3)},
        {"how": Generation(stop=("house",))},
        {"turns": [{"role": role, "content": "Where is it?"} for role in ("user", "assistant", "user")]},
    ],
)
def test_a_later_turn_and_an_answer_that_has_to_stop_are_the_models(ws: Workspace, asked: dict[str, Any]) -> None:
    chat = build_chat(Gate.of(ws), Echo(), Index(NEAR, FAR), "Help.", 1, quote_from=0.8)
    state = chat.invoke({"turns": [{"role": "user", "content": "Where is the parcel?"}], **asked})

    assert "quoted" not in state["answer"].response_metadata
    assert state["text"] != NEAR.answer
