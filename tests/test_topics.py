"""Naming the topic of a question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import Result

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import dataset
from instruct.classify import calibration_error, held_out
from instruct.rows import Row
from instruct.topics import Topics, report

ASKED = {
    "delivery": ("Where is my parcel?", "When will my order arrive?", "The courier has not come", "Track my shipment",
                 "My package is late", "Has my order been shipped yet?", "How long does delivery take?"),
    "refund": ("I want my money back", "How do I get a refund?", "Please refund the order", "When is the refund paid?",
               "Return and refund, please", "You have not refunded me", "The refund has not reached my account"),
    "password": ("I forgot my password", "I cannot log in", "Reset my password", "The login fails",
                 "My account is locked", "The password link does not work", "How do I change my password?"),
}  # fmt: skip
ROWS = [(question, topic) for topic, questions in ASKED.items() for question in questions]


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Topics.fit(*zip(*ROWS, strict=True))


def test_it_names_the_topic_of_other_words(topics: Topics) -> None:
    guesses = topics.guess(["My parcel did not come", "I would like my money back", "I can't sign in to my account"])

    assert [guess.topic for guess in guesses] == ["delivery", "refund", "password"]
    assert all(topics.threshold <= guess.probability <= 1 for guess in guesses)


def test_what_is_none_of_them_has_no_topic(topics: Topics) -> None:
    guesses = topics.guess(["Who painted the Mona Lisa?", "A recipe for onion soup"])

    assert [guess.topic for guess in guesses] == [None, None]


def test_two_topics_and_saving_change_nothing(topics: Topics, tmp_path: Path) -> None:
    two = Topics.fit(*zip(*(row for row in ROWS if row[1] != "refund"), strict=True))
    asked = ["Where is my parcel?", "I cannot log in"]
    for one in (topics, two):
        one.save(tmp_path)
        assert np.allclose(Topics.open(tmp_path).probabilities(asked), one.probabilities(asked))
        assert np.allclose(one.probabilities(asked).sum(1), 1)

    assert [guess.topic for guess in two.guess(asked)] == ["delivery", "password"]


@pytest.mark.parametrize("customers", [2, 4])
def test_few_customers_are_enough(customers: int) -> None:
    asked_by = [str(n % customers) for n in range(len(ROWS))]
    learnt = Topics.fit(*zip(*ROWS, strict=True), asked_by)

    assert [guess.topic for guess in learnt.guess(["Where is my order now?"])] == ["delivery"]


def test_the_report_counts_what_is_right(topics: Topics) -> None:
    found = report(topics, ["My parcel did not come", "I can't sign in", "Give me my money"], ["delivery"] * 3)

    assert found["accuracy"] == pytest.approx(1 / 3)
    assert found["topics"]["delivery"]["recall"] == pytest.approx(1 / 3)
    assert found["topics"]["delivery"]["precision"] == 1.0


def test_the_calibration_error_is_the_gap_between_said_and_true() -> None:
    sure = np.full(100, 0.9)

    assert calibration_error(sure, np.arange(100) < 90) == pytest.approx(0, abs=1e-9)
    assert calibration_error(sure, np.arange(100) < 50) == pytest.approx(0.4)


def test_the_command_learns_measures_and_names(
    ws: Workspace, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(_: object, __: str, split: str) -> list[Row]:
        about = {"traced": (), "gate_version": "", "legal_basis": ""}
        chosen = ROWS if split == "train" else [("My parcel did not come", "delivery"), ("Hm", "other")]
        return [
            Row("r", split, "conversation", (("user", q),), "a", topic=topic, customer=q, **about)
            for q, topic in chosen
        ]

    monkeypatch.setattr(dataset, "build", lambda _: SimpleNamespace(fingerprint="f"))
    monkeypatch.setattr(dataset, "read", rows)

    early = cli("topics", "My parcel?", "--workspace", ws.root)
    assert (early.exit_code, "Learn them first" in early.stderr) == (2, True)
    assert "Of 1 held-out questions 100% are named right" in cli("topics", "--workspace", ws.root).stdout
    assert json.loads((ws.reports / "topics.json").read_text())["topics"]["delivery"]["recall"] == 1
    assert cli("topics", "Where is my parcel?", "--workspace", ws.root).stdout.startswith("delivery (")
    named = json.loads(cli("topics", "A recipe for onion soup", "--json", "--workspace", ws.root).stdout)
    assert named["topic"] is None


def test_too_few_topics_are_refused() -> None:
    with pytest.raises(
        DeskwrightError, match="Found 1 topics with 5 questions and more, of 2 customers and more; expected two"
    ):
        Topics.fit(["a"] * 6 + ["b"], ["x"] * 6 + ["y"])


def test_the_turns_of_one_customer_stand_on_one_side_of_a_fold() -> None:
    """Customers who repeat themselves in vectors that say nothing of the class: only who saw a customer's other
    turns could tell."""
    chance = np.random.default_rng(3)
    own = chance.normal(size=(40, 64))
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    customers = np.repeat(np.arange(40), 5)
    numbers = np.repeat(chance.permutation(np.arange(40) % 2), 5)
    vectors = own[customers]
    apart, told = held_out(vectors, numbers, 2, [str(one) for one in customers], 0)
    together, _ = held_out(vectors, numbers, 2, [str(n) for n in range(200)], 0)

    assert told.all()
    assert (together.argmax(1) == numbers).mean() > 0.95
    assert (apart.argmax(1) == numbers).mean() < 0.75


def test_a_topic_of_one_customer_is_not_learnt() -> None:
    questions, topics = zip(*ROWS, strict=True)
    customers = ["always the same" if topic == "refund" else str(n) for n, topic in enumerate(topics)]

    assert Topics.fit(questions, topics, customers).labels == ("delivery", "password")


def test_a_fold_that_has_not_seen_a_class_is_left_out_of_the_measure() -> None:
    chance = np.random.default_rng(3)
    numbers = np.array([0, 1, 2] * 10)
    customers = ["one" if number == 2 else str(n) for n, number in enumerate(numbers)]
    logits, told = held_out(chance.normal(size=(30, 8)), numbers, 3, customers, 0)

    assert np.array_equal(told, numbers != 2)
    assert np.isfinite(logits).all()
