"""What a training set leans to, and its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deskwright.workspace import Workspace
from instruct import dataset
from instruct.balance import BECAME, HELPED, NOT_HELPED, SIDES, balance, became, mood, weighed
from instruct.build_page import _lengths, page
from instruct.outcome import WEIGHTS
from instruct.rows import Row, as_row, as_table
from privacy.gate import Gate
from privacy.ingest import ingest
from tests.test_distill import GOODS, conversation
from tests.test_tuning import made as made_base


def counted(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    return {side: {value: len(found) for value, found in groups.items()} for side, groups in balance(rows).items()}


SENT = "We have sent it."


def row(asked: str = "Where is it?", answer: str = SENT, **fields: Any) -> Row:
    about = {"topic": "", "traced": (), "gate_version": "", "legal_basis": "", "customer": "c", **fields}
    return Row("r/1", "train", "conversation", turns=(("user", asked),), answer=answer, **about)


def test_moods_are_told_apart_in_english_alone() -> None:
    assert mood("This is a disgrace, I am furious!") == "negative"
    assert mood("Thank you so much, that is wonderful!") == "positive"
    assert mood("The parcel is in the depot.") == "neutral"

    found = counted([row("I am furious"), row("I am furious", language="de")])
    assert found["customer's mood"] == {"negative": 1, "not known": 1}


def test_rows_are_counted_by_every_side() -> None:
    tags = ("returns", "kettle")
    found = counted([row(topic="returns", channel="email", status="solved", tags=tags), row(topic="returns"), row()])

    assert set(found) == set(SIDES)
    assert found["topic"] == {"returns": 2, "not known": 1}
    assert found["status"] == {"not known": 2, "solved": 1}
    assert found.pop("tag, such as a product") == {"not known": 2, "returns": 1, "kettle": 1}
    assert all(sum(counts.values()) == 3 for counts in found.values())


def test_what_became_of_the_answers_is_shown_for_every_group() -> None:
    outcomes = ("solved", "the customer said thanks", "rated badly", "", "still open")
    rows = [row(topic="returns" if n < 4 else "<b>", language="en", outcome=one) for n, one in enumerate(outcomes)]
    made = page("Training set f", rows, {})

    assert became(rows) == {HELPED: 2, NOT_HELPED: 2, "not known": 1}
    assert set(BECAME) == set(WEIGHTS)
    for group, figures in (
        ("returns", ("4", "80 %", "67 %", f"{(1.25 + 1.5 + 0.5 + 1) / 4:.2f}")),
        ("&lt;b&gt;", ("1", "20 %", "0 %", "0.75")),
        ("en", ("5", "100 %", "50 %", "1.00")),
    ):
        [line] = [line for line in made.split("<tr>") if line.startswith(f"<td>{group}</td>")]
        assert "".join(f"<td>{figure}</td>" for figure in figures) in line
    [line] = [line for line in made.split("<tr>") if line.startswith("<td>returns</td>")]
    assert "class='good' style='flex:2'" in line
    assert "class='bad' style='flex:1'" in line
    assert "<td>?</td>" in page("Training set f", [row()], {}), "of nothing known there is no share"


def spread(*counts: int, split: str = "train") -> list[Row]:
    """Rows of as many topics, each with as many rows."""
    topics = [f"topic {n}" for n, count in enumerate(counts) for _ in range(count)]
    return [replace(row(topic=topic), id=f"r/{n}", split=split) for n, topic in enumerate(topics)]


def test_rows_of_small_groups_count_more_by_the_square_root_and_one_in_the_mean() -> None:
    rows = weighed([*spread(40, 160), row(), *spread(3, split="test")], "topic")
    by_topic = {one.topic: one.balance for one in rows if one.split == "train"}
    train = [one for one in rows if one.split == "train"]

    assert by_topic["topic 0"] / by_topic["topic 1"] == pytest.approx(2)
    assert by_topic[""] == 1
    assert sum(one.balance for one in train) / len(train) == pytest.approx(1)
    assert {one.balance for one in rows if one.split == "test"} == {1.0}
    assert replace(train[0], outcome="rated badly").weight == pytest.approx(0.5 * by_topic["topic 0"])


def test_a_tiny_group_counts_threefold_at_most_and_nothing_changes_without_the_setting() -> None:
    rows = weighed(spread(1, 2500), "topic")

    assert rows[0].balance == 3
    assert rows[-1].balance == pytest.approx(1, abs=0.03)
    assert weighed(spread(1, 25), "none") == spread(1, 25)
    assert {one.balance for one in weighed(spread(5, 5), "language")} == {1.0}
    assert weighed(spread(4, split="test"), "channel") == spread(4, split="test")


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
    table = as_table(row(channel="email", tags=("kettle",), balance=0.5))
    assert as_row(table) == row(channel="email", tags=("kettle",), balance=0.5)

    known = {name: value for name, value in table.items() if name not in ("channel", "tags", "balance")}
    assert as_row(known) == row()


def test_a_split_without_a_tag_is_written_and_read(ws: Workspace) -> None:
    """A column of nothing but empty lists has no type of its own."""
    folder = ws.datasets / "set"
    folder.mkdir(parents=True)
    for tags in ((), ("kettle", "returns")):
        dataset._write_split(folder, "train", [row(tags=tags)])
        assert dataset.read(ws, "set", "train") == [row(tags=tags)]


def test_a_training_set_is_balanced_where_that_is_set(ws: Workspace, tmp_path: Path) -> None:
    """Twelve conversations by mail, the newest four of which are held out, and four by chat."""
    file = ws.root / "deskwright.toml"
    text = file.read_text().replace('base = "starter"', f'base = "{made_base(tmp_path / "base")}"')
    file.write_text(
        text.replace('# balance = "none"', 'balance = "channel" #').replace("# passages = 1", "passages = 0")
    )
    ws = Workspace.open(ws.root)
    records = [replace(conversation(n, thing), channel="chat" if n < 4 else "mail", tags=("shelf", thing))
               for n, thing in enumerate(GOODS)]  # fmt: skip
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", records, "contract")
    report = dataset.build(ws)
    found = {split: dataset.read(ws, report.fingerprint, split) for split in dataset.SPLITS}
    by_channel = {one.channel: one.balance for one in found["train"]}
    counts = Counter(one.channel for one in found["train"])

    assert counts == {"chat": 4, "mail": 8}
    assert by_channel["chat"] / by_channel["mail"] == pytest.approx(2**0.5)
    assert {one.balance for split in dataset.SPLITS[1:] for one in found[split]} == {1.0}
    assert all(one.tags[0] == "shelf" and len(one.tags) == 2 for one in found["train"])
    shown = (ws.datasets / report.fingerprint / dataset.PAGE).read_text()
    assert f"<td>4</td><td>33 %</td><td>?</td><td>{by_channel['chat']:.2f}</td>" in shown
