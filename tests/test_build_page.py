"""What a training set leans to, and its page."""

from __future__ import annotations

from typing import Any

from instruct.balance import SIDES, balance, mood
from instruct.build_page import _lengths, page
from instruct.rows import Row, as_row, as_table

SENT = "We have sent it."


def row(asked: str = "Where is it?", answer: str = SENT, **fields: Any) -> Row:
    about = {"topic": "", "traced": (), "gate_version": "", "legal_basis": "", "customer": "c", **fields}
    return Row("r/1", "train", "conversation", turns=(("user", asked),), answer=answer, **about)


def test_moods_are_told_apart_in_english_alone() -> None:
    assert mood("This is a disgrace, I am furious!") == "negative"
    assert mood("Thank you so much, that is wonderful!") == "positive"
    assert mood("The parcel is in the depot.") == "neutral"

    found = balance([row("I am furious"), row("I am furious", language="de")])
    assert found["customer's mood"] == {"negative": 1, "not known": 1}


def test_rows_are_counted_by_every_side() -> None:
    found = balance([row(topic="returns", channel="email", status="solved"), row(topic="returns"), row()])

    assert set(found) == set(SIDES)
    assert found["topic"] == {"returns": 2, "not known": 1}
    assert found["status"] == {"not known": 2, "solved": 1}
    assert all(sum(counts.values()) == 3 for counts in found.values())


def test_every_answer_is_in_one_of_the_lengths() -> None:
    rows = [row(answer="word " * count) for count in (1, 10, 11, 320, 321, 5000)]

    assert _lengths(rows) == {
        "1 to 10": 2, "11 to 20": 1, "21 to 40": 0, "41 to 80": 0, "81 to 160": 0, "161 to 320": 1, "over 320": 2,
    }  # fmt: skip


def test_the_page_shows_rows_and_runs_nothing_of_them() -> None:
    rows = [row("<script>alert(1)</script>", topic=f"topic {n}") for n in range(20)]
    made = page("Training set f", rows, {"internal message": 12})

    assert "&lt;script&gt;" in made
    assert "<script" not in made
    assert "internal message" in made
    assert "8 others" in made
    assert made.count("<details>") == 20
    assert "nothing" in page("Training set f", [row()], {})


def test_a_table_without_a_channel_is_read() -> None:
    table = as_table(row(channel="email"))
    assert as_row(table) == row(channel="email")

    assert as_row({name: value for name, value in table.items() if name != "channel"}) == row()
