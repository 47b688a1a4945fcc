"""What is found for a question: by meaning, by code, by both; and the same when the index was saved."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from deskwright.workspace import Workspace
from instruct.codes import Codes, codes
from instruct.nearest import FULL, Nearest, best
from instruct.passages import Passage, Passages, fused

QUESTIONS = [
    "What does error E-417 mean?",
    "What does error E-471 mean?",
    "How long may I take to return a grinder?",
    "Where is my parcel?",
    "Can I change the address of an order?",
]
ASKED = ["my display says e-471", "until when can I send it back", "has my package been sent"]


@pytest.fixture(scope="module")
def index() -> Passages:
    passages = [Passage(f"r/{n}", question, f"Answer {n}.") for n, question in enumerate(QUESTIONS)]
    return Passages.build(passages, [f"customer {n}" for n in range(len(QUESTIONS))])


def near_and_far(count: int, seed: int = 0) -> np.ndarray:
    """Unit vectors that lie in groups, as those of texts do."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(40, 384)) * np.linspace(2, 0.2, 384)
    vectors = centres[chance.integers(0, 40, count)] + chance.normal(size=(count, 384)) * 0.6
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error E-417 on my KX200, version 2.4.1b", ["e-417", "kx200", "2.4.1b"]),
        ("I wait for 2 weeks, since the 12", []),
        ("It says 404.", ["404"]),
        ("On the 1st at 10am I ordered 3x 20kg, and 2.5l of it came in 14-day steps by 5pm", []),
        ("The 3XB and the 20KG7", ["3xb", "20kg7"]),
        ("Order <ORDER_ID_1> of <PERSON_12>", []),
        ("", []),
    ],
)
def test_a_code_is_a_word_with_a_digit_that_names_something(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_texts_with_the_same_code_are_found_and_others_are_not() -> None:
    found = Codes(["E-417 and E-417", "nothing", "E-471", "E-417 once, in a longer text with KX200"])

    assert found.search("what is e-417", 5).tolist() == [0, 3]
    assert found.search("E-417", 1).tolist() == [0]
    assert found.search("E-417", 5, np.array([True, False, False, False])).tolist() == [3]
    assert found.search("E-999 or anything else", 5).tolist() == []
    assert Codes(["nothing", ""]).search("E-417", 5).tolist() == []
    assert Codes([]).search("E-417", 5).tolist() == []


def test_the_nearest_are_those_of_an_exact_search() -> None:
    matrix = near_and_far(4 * FULL)
    questions = near_and_far(50, seed=1).astype(np.float32)
    exact = np.argsort(-np.round(questions @ matrix.astype(np.float32).T, 4), axis=1, kind="stable")[:, :5]
    found = np.array([Nearest(matrix).search(question, 5) for question in questions])

    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(found, exact, strict=True)]) > 0.98


def test_few_vectors_are_all_compared_in_full() -> None:
    matrix = near_and_far(FULL)
    question = near_and_far(1, seed=2)[0].astype(np.float32)
    cosines = matrix.astype(np.float32) @ question
    found = Nearest(matrix).search(question, 20)

    assert np.allclose(cosines[found], np.sort(cosines)[::-1][:20], atol=2e-4)


def test_of_the_same_text_twice_the_first_is_found_first() -> None:
    matrix = near_and_far(40)
    twice = np.concatenate([matrix, matrix])

    for n in range(40):
        assert Nearest(twice).search(matrix[n].astype(np.float32), 2).tolist() == [n, n + 40]


def test_of_equal_scores_the_first_stand_first() -> None:
    scores = np.array([1, 3, 2, 3, -np.inf, 2, 2], np.float32)

    assert best(scores, 3).tolist() == [1, 3, 2]
    assert best(scores, 99).tolist() == [1, 3, 2, 5, 6, 0]


def test_reciprocal_ranks_add_up() -> None:
    assert fused(np.array([7, 8, 9]), np.array([9])).tolist() == [9, 7, 8]
    assert fused(np.array([7, 8]), np.array([8, 7])).tolist() == [7, 8]
    assert fused(np.array([7, 8]), np.array([], int)).tolist() == [7, 8]


def test_a_code_decides_where_the_meaning_cannot(index: Passages) -> None:
    found = [index.search(question, 2)[0].question for question in ASKED]

    assert found == [QUESTIONS[1], QUESTIONS[2], QUESTIONS[3]]
    assert 0 < index.search(ASKED[0], 1)[0].score < 1


def test_a_row_does_not_find_what_its_own_customer_asked(index: Passages) -> None:
    [near] = index.search_all([QUESTIONS[1]], 5, ["customer 1"])

    assert near[0].id == "r/0"
    assert "r/1" not in {passage.id for passage in near}


def test_a_saved_index_finds_the_same_with_the_same_scores(index: Passages, ws: Workspace) -> None:
    folder = ws.datasets / "f"
    folder.mkdir(parents=True)
    index.save(folder)

    assert Passages.open(ws, "f").search_all(ASKED, 5) == index.search_all(ASKED, 5)


def test_the_saved_vectors_stay_on_the_disk(index: Passages, ws: Workspace) -> None:
    folder: Path = ws.datasets / "f"
    folder.mkdir(parents=True)
    index.save(folder)

    assert isinstance(Passages.open(ws, "f")._by_meaning.matrix, np.memmap)


def test_memory_does_not_grow_with_the_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte for each question beside each passage would be 16 MB."""
    count = 4000
    vectors = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    monkeypatch.setattr("instruct.passages.encode", lambda texts: vectors[: len(texts)])
    index = Passages.build([Passage(str(n), "question", "") for n in range(count)], [str(n) for n in range(count)])
    asked, groups = ["question"] * count, [str(n) for n in range(count)]
    index.search("question", 1)  # what is made once

    for search in (lambda: index.search_all(asked, 1, groups), lambda: index.alike(asked, 0.99999)):
        tracemalloc.start()
        found = search()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert len(found) == count
        assert most < 12e6


def test_an_empty_index_finds_nothing() -> None:
    assert Passages.build([], []).search("anything", 3) == []
