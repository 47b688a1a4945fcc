"""The second scan: what still holds personal data is kept out of the training set."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.workspace import Workspace
from instruct import dataset
from instruct.leftover import LEFT, without_personal_data
from instruct.rows import Row
from privacy.gate import Gate
from privacy.ingest import ingest

ANSWER = "You can return it within thirty days."


def row(asked: str, answer: str = ANSWER) -> Row:
    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    return Row("r", "train", "conversation", (("user", asked),), answer, **about)


def configured(ws: Workspace, *lines: str) -> Workspace:
    file = ws.root / "deskwright.toml"
    file.write_text(file.read_text() + "\n[privacy.policies]\n" + "\n".join(lines) + "\n")
    return Workspace.open(ws.root)


@pytest.mark.parametrize(
    "planted",
    [
        row("Write to jane.doe@example.org please"),
        row("May I return it?", "Sure, the money goes to DE89 3704 0044 0532 0130 00."),
        row("I am 34 years old"),
        Row(**{**{name: getattr(row("Hm"), name) for name in Row.__slots__}, "turns": (
            ("user", "My card is 4111 1111 1111 1111"), ("assistant", "Thanks."), ("user", "May I return it?"),
        )}),
    ],
)  # fmt: skip
def test_a_row_with_personal_data_is_left_out(ws: Workspace, planted: Row) -> None:
    tally: Counter[str] = Counter()

    assert without_personal_data(ws, [row("May I return it?"), planted], tally) == [row("May I return it?")]
    assert tally == {LEFT: 1}


def test_placeholders_and_what_is_kept_or_general_already_are_no_findings(ws: Workspace) -> None:
    rows = [
        row("It is <PERSON_1> with order <ID_2>, mail <EMAIL_1>", "Hello <PERSON_1>, <IBAN_1> is noted."),
        row("I am 30-39 years old and bought it on 3 March 2026", "Mr <PERSON_1> of Acme Ltd. has it."),
        row("<DROPPED_MESSAGE_1>"),
    ]
    tally: Counter[str] = Counter()

    assert without_personal_data(ws, rows, tally) == rows
    assert not tally


def test_policies_decide(ws: Workspace) -> None:
    dated = row("I bought it on 3 March 2026")

    assert without_personal_data(ws, [dated], Counter()) == [dated]
    mail = row("Write to jane.doe@example.org please")
    assert without_personal_data(configured(ws, 'DATE = "replace"', 'EMAIL = "keep"'), [dated, mail], Counter()) == [
        mail
    ]


def conversation(number: int, asked: str) -> Conversation:
    people = (Participant(f"customer {number}", Kind.CUSTOMER), Participant("agent", Kind.AGENT))
    said = (
        (people[0].id, asked),
        ("agent", f"Shelf number {number} holds the {asked.split()[-1][:-1]}s, to the left."),
    )
    at = datetime(2026, 1, 1 + number, tzinfo=UTC)  # the newest are held out
    messages = (Message(str(n), who, text, at, Visibility.PUBLIC) for n, (who, text) in enumerate(said))
    return Conversation("shop", str(number), people, tuple(messages), language="en")


def test_a_build_leaves_them_out_after_the_policies_became_stricter(ws: Workspace) -> None:
    goods = "grinder kettle lamp chair table spoon fork knife carpet mirror clock radio".split()
    asked = [f"On which shelf do I find the {thing}?" for thing in goods]
    asked[:2] = ["I bought it on 3 March 2026, where is the grinder?", "Since 7 May 2026 I want a kettle!"]
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", map(conversation, range(12), asked), "contract")
    before = dataset.build(ws)
    strict = configured(ws, 'DATE = "replace"')
    after = dataset.build(strict)

    assert before.left_out[LEFT] == 0
    assert after.left_out[LEFT] == 2
    assert sum(after.rows.values()) == sum(before.rows.values()) - 2
    written = b"".join(file.read_bytes() for file in Path(strict.datasets / after.fingerprint).iterdir())
    assert b"May 2026" not in written
    assert LEFT in (strict.datasets / after.fingerprint / dataset.PAGE).read_text()
