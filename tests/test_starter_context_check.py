"""The check of context use: an oracle passes it, a parrot and a bot that knows nothing do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from instruct.starter import context_check, dialogues
from instruct.starter.context_check import cases, measure, states
from instruct.starter.dialogues import generate

COUNT = 100
Prompts = Sequence[Sequence[Mapping[str, str]]]


def oracle(prompts: Prompts) -> list[str]:
    known, missing = cases(COUNT)
    answers = {(c.messages[0]["content"], c.messages[1]["content"]): c.answer for c in (*known, *missing)}
    return [answers[messages[0]["content"], messages[-1]["content"]] for messages in prompts]


def parrot(prompts: Prompts) -> list[str]:
    """Repeats the last passage."""
    return [messages[0]["content"].rpartition("Answer: ")[2] for messages in prompts]


def test_an_oracle_is_right() -> None:
    result = measure(oracle, COUNT)

    assert (result["right"], result["alone"], result["wrong"]) == (1.0, 1.0, 0.0)
    assert result["admitted"] >= 0.99


def test_a_parrot_is_mostly_wrong_and_claims_what_it_cannot_know() -> None:
    result = measure(parrot, COUNT)

    assert result["right"] < 0.5
    assert result["wrong"] >= 0.5
    assert result["admitted"] == 0.0
    assert result["claimed"] > 0.9


def test_to_tell_everything_is_no_answer() -> None:
    result = measure(lambda prompts: [messages[0]["content"] for messages in prompts], COUNT)

    assert result["right"] == 1.0
    assert result["alone"] < 0.1


def test_the_questions_do_not_hang_on_the_mix_that_is_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cases(5)
    monkeypatch.setitem(dialogues.KINDS, "missing", 1)  # type: ignore[misc]

    assert cases.__wrapped__(5) == before


def test_to_know_nothing_is_right_only_where_nothing_is_known() -> None:
    result = measure(lambda prompts: ["I don't know. A colleague will help you."] * len(prompts), COUNT)

    assert result == {"right": 0.0, "alone": 0.0, "wrong": 0.0, "admitted": 1.0, "claimed": 0.0}


def test_chatter_is_neither_right_nor_an_admission() -> None:
    result = measure(lambda prompts: ["Thank you for asking!"] * len(prompts), COUNT)

    assert result == {"right": 0.0, "alone": 0.0, "wrong": 0.0, "admitted": 0.0, "claimed": 0.0}


def test_a_number_out_of_nowhere_is_a_claim_even_beside_an_admission() -> None:
    result = measure(lambda prompts: ["I am not sure, but 48151 days should be right."] * len(prompts), COUNT)

    assert result["claimed"] == 1.0
    assert result["admitted"] == 0.0


def test_each_half_has_the_fact_in_the_context_or_not() -> None:
    known, missing = cases(COUNT)

    assert len(known) == len(missing) == COUNT
    assert all(case.fact and case.fact in case.messages[0]["content"] for case in known)
    assert all(len(case.others) >= 1 for case in (*known, *missing))
    assert all(case.fact == "" for case in missing)


@pytest.mark.parametrize("known", [True, False])
def test_there_are_as_many_questions_as_are_measured_on(known: bool) -> None:
    """Topics that have too few values of a side are left out."""
    assert [len(some) for some in cases(known=known)] == [context_check.COUNT] * 2


def test_no_prompt_has_been_trained_on() -> None:
    known, missing = cases(COUNT)
    trained = {
        message["content"]
        for dialogue in generate(1500, 1)
        for message in dialogue.messages
        if message["role"] == "user"
    }

    assert not {case.messages[-1]["content"] for case in (*known, *missing)} & trained


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("You have 5 days.", True),
        ("You have 15 days.", False),
        ("You have 5 days, no more", True),
        ("It is 1.5 days", False),
        ("5 DAYS", True),
        ("5 daysies", False),
    ],
)
def test_a_fact_stands_for_itself(answer: str, found: bool) -> None:
    assert states(answer, "5 days") is found
