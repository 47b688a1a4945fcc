"""The generator of dialogues: facts are where they are said to be, the sides share nothing, a seed is a seed."""

from __future__ import annotations

import re
import time
from collections import Counter
from itertools import pairwise

import pytest

from instruct.prompt import compose
from instruct.starter import dialogues
from instruct.starter.dialogues import Dialogue, _Maker, _Quick, generate, groups, industries, is_held_out, scenes
from privacy.redact import PLACEHOLDER

COUNT = 1500
SIDES = pytest.mark.parametrize("held_out", [False, True], ids=["trained on", "held out"])


@pytest.fixture(scope="module", params=[False, True], ids=["trained on", "held out"])
def made(request: pytest.FixtureRequest) -> list[Dialogue]:
    """Dialogues of one side."""
    return list(generate(COUNT, 3, held_out=request.param))


def answers(dialogue: Dialogue) -> list[str]:
    return [message["content"] for message in dialogue.messages if message["role"] == "assistant"]


def questions(dialogue: Dialogue) -> list[str]:
    return [message["content"] for message in dialogue.messages if message["role"] == "user"]


def test_a_seed_gives_the_same_dialogues_again() -> None:
    assert list(generate(60, 11)) == list(generate(60, 11))
    assert list(generate(60, 11, held_out=True)) == list(generate(60, 11, held_out=True))
    assert list(generate(60, 11)) != list(generate(60, 12))


def test_as_many_come_as_are_asked_for() -> None:
    assert len(list(generate(0, 1))) == 0
    assert len(list(generate(17, 1))) == 17


def test_a_dialogue_is_a_system_turn_and_then_customer_and_assistant_in_turn(made: list[Dialogue]) -> None:
    for dialogue in made:
        roles = [message["role"] for message in dialogue.messages]

        assert roles[0] == "system"
        assert roles[1::2] == ["user"] * len(dialogue.kinds)
        assert roles[2::2] == ["assistant"] * len(dialogue.facts)
        assert 1 <= len(dialogue.kinds) <= 8
        assert all(message["content"].strip() == message["content"] != "" for message in dialogue.messages)


def test_no_slot_is_left_open(made: list[Dialogue]) -> None:
    left = [
        message["content"]
        for dialogue in made
        for message in dialogue.messages
        if re.search(r"[{}]", message["content"])
    ]

    assert left == []


def test_an_answer_states_its_fact_and_the_context_holds_it(made: list[Dialogue]) -> None:
    for dialogue in made:
        for kind, fact, answer in zip(dialogue.kinds, dialogue.facts, answers(dialogue), strict=True):
            assert fact in answer
            if kind in ("known", "both", "overview", "confirm", "doubt", "again"):
                assert fact
                assert fact in dialogue.messages[0]["content"]


def test_where_the_fact_is_missing_the_answer_states_none_of_the_context(made: list[Dialogue]) -> None:
    told = []
    for dialogue in made:
        for kind, answer in zip(dialogue.kinds, answers(dialogue), strict=True):
            if kind == "missing":
                told += [fact for fact in dialogue.stated if re.search(rf"(?<!\w){re.escape(fact)}(?!\w)", answer)]

    assert len(told) <= len(made) // 500, told  # a fact of one or two letters may stand there by chance


def test_a_placeholder_in_an_answer_is_one_of_the_customers_or_of_the_context(made: list[Dialogue]) -> None:
    for dialogue in made:
        before = ""
        for message in dialogue.messages:
            if message["role"] == "assistant":
                said = {match.group() for match in PLACEHOLDER.finditer(message["content"])}

                assert said <= {match.group() for match in PLACEHOLDER.finditer(before)}
            before += message["content"]


def test_most_dialogues_carry_context_some_of_it_without_the_fact(made: list[Dialogue]) -> None:
    first = Counter(dialogue.kinds[0] for dialogue in made)

    assert sum(bool(dialogue.stated) for dialogue in made) > 0.6 * len(made)
    assert first["known"] > 0.4 * len(made)
    assert first["missing"] > 0.1 * len(made)
    assert len(first) >= 10


def test_the_context_is_written_as_the_server_writes_it(made: list[Dialogue]) -> None:
    class Passage:
        question, answer = "Asked?", "Told."

    head = compose("S", [Passage()], [])[0]["content"].removeprefix("S").removesuffix("Question: Asked?\nAnswer: Told.")
    holding = [dialogue.messages[0]["content"] for dialogue in made if "Question: " in dialogue.messages[0]["content"]]

    assert len(holding) > len(made) / 2
    assert all(head in content for content in holding)


def test_a_dialogue_has_the_same_fact_for_nothing_else(made: list[Dialogue]) -> None:
    """Values are drawn anew: next to no two dialogues share one."""
    shared = Counter(fact for dialogue in made for fact in set(dialogue.stated))

    assert sum(shared.values()) / len(shared) < 3


def test_customers_write_in_many_ways(made: list[Dialogue]) -> None:
    first = [questions(dialogue)[0] for dialogue in made]

    assert len(set(first)) > 0.6 * len(first)
    assert 0.1 < sum(text == text.lower() for text in first) / len(first) < 0.6
    assert any(text.upper() == text and len(text) > 20 for text in first)


@SIDES
def test_every_topic_has_enough_values_on_each_side(held_out: bool) -> None:
    maker = _Maker(held_out, held_out, _Quick(1))
    for industry in maker.industries:
        maker.industry = industry
        maker.words = maker.company()
        for topic in industry.topics:
            assert is_held_out(maker.fact(topic)) == held_out


def test_the_sides_share_no_question_and_no_fact() -> None:
    asked = [
        {ask for industry in industries(side) for topic in industry.topics for ask in topic.asks}
        for side in (False, True)
    ]
    stated = [{fact for d in generate(COUNT, 5, held_out=side) for fact in d.stated} for side in (False, True)]

    assert not asked[0] & asked[1]
    assert not stated[0] & stated[1]
    assert len(asked[1]) > 100


def test_there_are_many_industries_topics_and_questions() -> None:
    sides = [*industries(False), *industries(True)]
    topics = {topic.name for industry in sides for topic in industry.topics}
    intents = {(industry.name, topic.name) for industry in sides for topic in industry.topics}

    assert len({industry.name for industry in sides}) >= 40
    assert len(topics) >= 250
    assert len(intents) >= 1500
    assert all(len(industry.topics) >= 20 and industry.scopable for industry in industries(False))


@SIDES
def test_a_scene_alternates_and_ends_on_the_assistant(held_out: bool) -> None:
    assert all(len(scene.turns) % 2 == 0 for scene in scenes(held_out))


@pytest.mark.parametrize("name", ["talk", "names"])
def test_a_group_of_lines_is_not_empty(name: str) -> None:
    assert all(groups(name).values())


def test_every_line_of_the_topics_is_understood() -> None:
    for name in ("topics", "industries", "scenes"):
        marks = {line.split(" ")[0] for line in dialogues._lines(name)}

        assert marks <= {"==", "?", "!", "+", "#", "items:", "named:", "u", "a"}


def test_conversations_follow_on() -> None:
    """A question about "the other one" comes after the first, never at the beginning."""
    for dialogue in generate(500, 8):
        assert dialogue.kinds[0] not in ("confirm", "doubt", "again", "closing")
        assert all(not (a == b == "closing") for a, b in pairwise(dialogue.kinds))


def test_what_comes_after_a_list_begins_a_line(made: list[Dialogue]) -> None:
    steps = [text for dialogue in made for text in answers(dialogue) if "\n4. " in text]

    assert len(steps) > 5
    assert all(re.search(r"\n4\. [^.\n]+\.(?: [A-Z][^.]*)?(?:\n|\Z)", text) for text in steps), steps


def test_a_thousand_are_made_in_a_second() -> None:
    next(generate(1, 1))
    started = time.process_time()
    list(generate(1000, 2))

    assert time.process_time() - started < 1
