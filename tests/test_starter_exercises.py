"""Exercises: what is asked stands in the context, words are exchanged throughout, and what is absent is admitted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from instruct.behaviour import ADMITS
from instruct.starter.corpus import Document
from instruct.starter.dialogues import generate
from instruct.starter.exercises import EXERCISES, Material, exercises, material

SENTENCES = (
    "The river had flooded the lower fields. Nobody had seen the ferryman since Tuesday morning. Her brother sold the "
    "blue boat to a stranger from the coast. It was raining when they came back to the village."
)
WAYS = ("How do I top up my card?", "Can I put money on my card?", "What do I do to load my card?")


@pytest.fixture(scope="module")
def given() -> Material:
    texts = [Document("books", text=SENTENCES), Document("self_dialogue", text="- Do you like films?\n- I do, a lot.")]
    ways = [Document("banking77", "\n".join([f"{n}:", *(f"- {way} ({n})" for way in WAYS)])) for n in range(6)]
    return material([*texts, *ways])._replace(words=("lantern", "Pumice", "gallop", "walnut"))


@pytest.fixture(scope="module")
def made(given: Material) -> Sequence[Document]:
    return list(exercises(400, 3, given, generate(400, 3)))


def test_material_is_sentences_and_ways_to_ask(given: Material) -> None:
    assert "Nobody had seen the ferryman since Tuesday morning." in given.sentences
    assert [len(ways) for ways in given.alike] == [3] * 6
    assert not set(given.words) & given.common


def test_the_same_seed_makes_the_same_exercises(given: Material, made: Sequence[Document]) -> None:
    assert list(exercises(400, 3, given, generate(400, 3))) == made
    assert list(exercises(400, 4, given, generate(400, 4))) != made
    assert {document.source for document in made} == {EXERCISES}


def test_what_is_asked_is_answered_word_for_word_from_the_context_or_not_known(made: Sequence[Document]) -> None:
    kinds = {"told": 0, "not known": 0}
    for document in made:
        context = document.messages[0]["content"]
        for answer in [] if document.facts else [turn["content"] for turn in document.messages[2::2]]:
            told = f"Answer: {answer}" in context
            kinds["told" if told else "not known"] += 1
            assert told or ADMITS.search(answer) or "colleague" in answer or "person" in answer, answer

    assert kinds["told"] > 4 * kinds["not known"] > 0


def test_words_are_exchanged_in_the_whole_dialogue_and_facts_stay(made: Sequence[Document]) -> None:
    exchanged = [document for document in made if document.facts]
    plain = {tuple(turn["content"] for turn in dialogue.messages) for dialogue in generate(400, 3)}
    told = [
        (fact, turn["content"])
        for document in exchanged
        for fact, turn in zip(document.facts, document.messages[2::2], strict=True)
    ]

    assert len(exchanged) > 100
    assert sum(tuple(turn["content"] for turn in one.messages) in plain for one in exchanged) < len(exchanged) / 2
    assert all(fact in answer for fact, answer in told)
