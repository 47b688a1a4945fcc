"""What reviewers decided, as training rows: the turns before an answer are those that a model is served."""

from __future__ import annotations

from collections import Counter

import pytest

from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import reviews

ANSWER = "It takes two days."


def corrected(ws: Workspace, *said: tuple[str, str]) -> tuple[list[reviews.Row], Counter[str]]:
    """The rows of a chat in which (role, text) were said in turn, and then an answer that a reviewer corrected."""
    tables, turns = ws.store.tables, [*said, ("assistant", "It takes a year.")]
    made = {"model": "m", "digest": "d", "sources": [], "created_at": now()}
    decision = {"source": "reviewer", "kind": "review", "value": 2, "reasons": [], "comment": "", "reviewer": "r"}
    with ws.store.begin() as connection:
        connection.execute(tables.chats.insert().values(id="chat", channel="widget", created_at=now()))
        for n, (role, text) in enumerate(turns):
            one = {"id": f"m{n}", "chat_id": "chat", "position": n, "role": role, "text": text, **made}
            connection.execute(tables.chat_messages.insert().values(one))
        rated = {**decision, "message_id": f"m{len(said)}", "corrected": ANSWER, "created_at": now()}
        connection.execute(tables.feedback.insert().values(rated))
    tally: Counter[str] = Counter()
    return reviews.rows(ws.store, tally), tally


def test_runs_of_one_side_are_merged_and_the_customer_begins(ws: Workspace) -> None:
    rows, tally = corrected(
        ws, ("assistant", "Welcome!"), ("human", "Hello!"), ("user", "Hi"), ("user", "Where is it?"),
        ("human", "On its"), ("assistant", "way."), ("system", "given back"), ("user", "When?"),
    )  # fmt: skip

    assert rows[0].turns == (
        ("user", "Hi\n\nWhere is it?"), ("assistant", "On its\n\nway."), ("user", "When?"),
    )  # fmt: skip
    assert (len(rows), rows[0].answer, tally) == (reviews.COPIES, ANSWER, Counter())


@pytest.mark.parametrize("said", [[], [("assistant", "Welcome!")], [("user", "Hi"), ("human", "Hello!")]])
def test_an_answer_to_no_question_makes_no_row(ws: Workspace, said: list[tuple[str, str]]) -> None:
    assert corrected(ws, *said) == ([], Counter({"reviewed answer without a question": 1}))
