"""Repeats, canned answers, and training rows that say what a held-out row says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from deskwright.errors import DeskwrightError
from instruct import curate, dataset, leakage
from instruct.near import Near
from instruct.rows import Row

ASKED = "How long do I have to send back a grinder that I never opened?"
ANSWERED = (
    "You can return an unopened grinder within 30 days of its delivery. Please put the slip that came with it into the "
    "box, and bring it to any parcel shop."
)
ASKED_OTHERWISE = "How much time do I have to send back a grinder I have never opened?"
ANSWERED_OTHERWISE = (
    "You can return an unopened grinder within 30 days after its delivery. Please put the slip that it came with into "
    "the box, and take it to a parcel shop."
)
OTHERS = (
    ("Where is my parcel?", "It left our house this morning and will reach you on Thursday."),
    ("Can I pay by invoice?", "Companies can; please give us your tax number when you order."),
    ("My kettle leaks.", "I am sorry! We will send you a new lid, free of charge, which mends it."),
    ("Do you ship to Norway?", "We do, within a week. Customs may ask you for a fee that we do not know."),
)


def row(id: str, split: str, asked: str, answered: str, **fields: Any) -> Row:
    about = {"topic": "", "traced": (), "gate_version": "", "legal_basis": "", "customer": id, **fields}
    return Row(id, split, "conversation", turns=(("user", asked),), answer=answered, **about)


def rows() -> list[Row]:
    """Four training rows and a test row, none like another."""
    made = [row(f"train/{n}", "train", *exchange) for n, exchange in enumerate(OTHERS)]
    return [*made, row("test/0", "test", ASKED, ANSWERED)]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        (ANSWERED, True),
        (ANSWERED.upper().replace(" ", "  "), True),
        (ANSWERED.replace("delivery", "dleivery"), True),
        (ANSWERED.replace("30", "14"), True),
        (ANSWERED[:60], False),
        (OTHERS[0][1], False),
        ("", False),
    ],
)
def test_texts_are_near_where_few_letters_differ(text: str, near: bool) -> None:
    texts = Near()
    texts.add("Something else altogether, which is not near to anything.")
    texts.add(ANSWERED)

    assert texts.find(text) == (1 if near else None)


def test_the_number_of_a_placeholder_is_no_difference() -> None:
    texts = Near()
    texts.add("<PERSON_1>, <ID_2>")

    assert texts.find("<PERSON_7>, <ID_12>") == 0
    assert texts.find("<EMAIL_1>, <ID_2>") is None


def test_a_text_of_several_parts_is_near_where_each_is() -> None:
    texts = Near()
    texts.add(ASKED, ANSWERED)

    assert texts.find(ASKED, ANSWERED) == 0
    assert texts.find(ASKED, OTHERS[0][1]) is None
    assert texts.find(OTHERS[0][0], ANSWERED) is None


def test_repeats_of_a_split_are_left_out_and_counted() -> None:
    tally: Counter[str] = Counter()
    again = row("train/again", "train", OTHERS[0][0].replace("my", "My"), OTHERS[0][1] + "!")
    kept = curate.without_repeats([*rows(), again], tally)

    assert [one.id for one in kept] == [one.id for one in rows()]
    assert tally == {curate.REPEATED: 1}


def test_of_a_canned_answer_the_newest_stay_and_held_out_rows_all() -> None:
    tally: Counter[str] = Counter()
    canned = [row(f"train/canned{n}", "train", f"Question number {n}, on {n * n}?", ANSWERED) for n in range(6)]
    held_out = [row(f"test/canned{n}", "test", f"Question number {n}?", ANSWERED) for n in range(4)]
    kept = curate.capped([*rows(), *canned, *held_out], 2, tally)

    assert [one.id for one in kept if "canned" in one.id] == [
        "train/canned4", "train/canned5", *(one.id for one in held_out),
    ]  # fmt: skip
    assert tally == {curate.CANNED: 4}
    assert len(curate.capped([*rows(), *canned], 0, tally)) == len(rows()) + 6


def test_more_rows_share_the_room_of_an_answer_with_those_there_are() -> None:
    tally: Counter[str] = Counter()
    held_out = [row(f"test/canned{n}", "test", f"Question {n}?", ANSWERED) for n in range(4)]
    there = [*rows(), row("train/canned", "train", ASKED, ANSWERED), *held_out]
    more = [row(f"train/more{n}", "train", f"Qestion nubmer {n}", ANSWERED) for n in range(4)]
    more.append(row("train/other", "train", "were is my parcle", OTHERS[0][1]))

    kept = curate.with_room(more, there, 3, tally)
    assert [one.id for one in kept] == ["train/more2", "train/more3", "train/other"]
    assert tally == {curate.CANNED: 2}
    assert curate.with_room(more, there, 0, tally) == more
    assert curate.with_room(more, [*there, *there[5:6]], 2, Counter()) == more[-1:]


@pytest.mark.parametrize(
    ("asked", "answered", "how"),
    [
        (ASKED, ANSWERED, ("letters", "meaning")),
        (ASKED.replace("grinder", "grindr"), ANSWERED.replace("30", "14"), ("letters",)),
        (ASKED_OTHERWISE, ANSWERED_OTHERWISE, ("meaning",)),
    ],
)
def test_a_held_out_row_that_is_planted_in_training_stops_the_build(
    asked: str, answered: str, how: tuple[str, ...]
) -> None:
    planted = [*rows(), row("train/planted", "train", asked, answered)]
    index = dataset._index(planted)

    assert [(leak.train, leak.held_out) for leak in leakage.find(planted, index)] == [("train/planted", "test/0")]
    assert leakage.find(planted, index)[0].how in how
    with pytest.raises(DeskwrightError, match=r"1 training rows repeat .*train/planted repeats test/0"):
        leakage.check(planted, index)


def test_rows_of_their_own_pass() -> None:
    leakage.check(rows(), dataset._index(rows()))


def test_the_same_answer_to_another_question_is_no_leak() -> None:
    other = [*rows(), row("train/other", "train", "Who pays for the parcel?", ANSWERED)]

    assert leakage.find(other, dataset._index(other)) == []


def test_what_straddles_is_taken_out_of_training_alone() -> None:
    planted = [*rows(), row("train/planted", "train", ASKED_OTHERWISE, ANSWERED_OTHERWISE)]
    review = replace(row("review/1", "train", ASKED, ANSWERED), origin="review")
    report = dataset.Report()
    kept, index = dataset.held_apart([*planted, review], report)

    assert [one.id for one in kept] == [one.id for one in rows()]
    assert report.left_out == {"training row that repeats a held-out one": 2}
    assert len(index) == len(OTHERS)
