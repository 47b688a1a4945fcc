"""Review decisions -> training rows: a correction is the answer that should have been given, a high rating approves.

The latest decision on an answer counts. Thumbs of customers order the reviewers' queue; they make no row by themselves.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from deskwright.store import Store
from instruct.rows import Row
from privacy.gate import VERSION

APPROVED = 4
"""From this rating (of 1 to 5) on, an answer without a correction is taken as a good one."""

COPIES = 4
"""A reviewer's correction or approval stands this many times in the training split: one decision among thousands of
old answers would hardly be heard."""

SIDES = {"user": "user", "assistant": "assistant", "human": "assistant"}
"""Whose words a turn of a chat is taken for: a colleague's who took over stand for the bot's, as when serving."""


def rows(store: Store, tally: Counter[str]) -> list[Row]:
    """A training row for every corrected or approved answer, as often as `COPIES` says."""
    found = []
    with store.read() as connection:
        for message_id, decision in _decisions(store, connection).items():
            answer = decision["corrected"] or (decision["answer"] if decision["rating"] >= APPROVED else "")
            turns = _turns(store, connection, decision["chat_id"], decision["position"])
            if not answer:
                tally["reviewed answer neither approved nor corrected"] += 1
                continue
            if not turns or turns[-1][0] != "user":
                tally["reviewed answer without a question"] += 1
                continue
            found += [_row(message_id, copy, turns, answer) for copy in range(COPIES)]
    return found


def _decisions(store: Store, connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """The latest rating and correction of each reviewed answer."""
    feedback, messages = store.tables.feedback, store.tables.chat_messages
    wanted = (
        sa.select(feedback, messages.c.chat_id, messages.c.position, messages.c.text)
        .join(messages, messages.c.id == feedback.c.message_id)
        .where(feedback.c.source == "reviewer")
        .order_by(feedback.c.id)
    )
    decisions: dict[str, dict[str, Any]] = {}
    for row in connection.execute(wanted).mappings():
        decisions[row["message_id"]] = {
            "rating": row["value"] or 0,
            "corrected": row["corrected"],
            "answer": row["text"],
            "chat_id": row["chat_id"],
            "position": row["position"],
        }
    return decisions


def _turns(store: Store, connection: sa.Connection, chat_id: str, before: int) -> tuple[tuple[str, str], ...]:
    """Runs of one side merged, beginning with the customer: as when serving."""
    messages = store.tables.chat_messages
    wanted = (
        sa.select(messages.c.role, messages.c.text)
        .where(messages.c.chat_id == chat_id, messages.c.position < before)
        .order_by(messages.c.position)
    )
    said = [(SIDES[row.role], row.text) for row in connection.execute(wanted) if row.role in SIDES]
    runs = groupby(said, key=lambda turn: turn[0])
    merged = tuple((side, "\n\n".join(text for _, text in run)) for side, run in runs)
    return merged[1:] if merged and merged[0][0] == "assistant" else merged


def _row(message_id: str, copy: int, turns: tuple[tuple[str, str], ...], answer: str) -> Row:
    return Row(
        id=f"review/{message_id}" + (f"#{copy}" if copy else ""),
        split="train",
        origin="review",
        turns=turns,
        answer=answer,
        customer=f"review/{message_id}",
        topic="",
        traced=(f"chat/{message_id}",),
        gate_version=VERSION,
        legal_basis="review of the bot's own answers",
    )
