"""What people said of a model's answers in real chats -> figures: the reviewers' ratings and the customers' thumbs.

The latest word of each side on an answer counts; a thumb that was taken back is none. Answers are told by the digest of
the model that gave them, quotations and questions back among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa

from deskwright.store import Store
from instruct.measures import summary

SOURCES = {"reviewer": "rating", "end_user": "thumb up"}
"""Who writes `feedback`, and what the figure is called: the mean of 1 to 5, the share of thumbs that point up."""


def ratings(store: Store, digest: str) -> dict[str, dict[str, Any]]:
    """By name the count, the mean and its 95 % interval, drawn over chats; what nobody gave is not there."""
    feedback, messages = store.tables.feedback, store.tables.chat_messages
    wanted = (
        sa.select(feedback.c.message_id, feedback.c.source, feedback.c.value, messages.c.chat_id)
        .join(messages, messages.c.id == feedback.c.message_id)
        .where(messages.c.digest == digest)
        .order_by(feedback.c.id)
    )
    with store.read() as connection:
        latest = {(row.source, row.message_id): row for row in connection.execute(wanted)}
    found = {}
    for source, name in SOURCES.items():
        given = [row for (by, _), row in latest.items() if by == source and row.value]
        if given:
            values = [row.value if source == "reviewer" else row.value > 0 for row in given]
            chats = [row.chat_id for row in given]
            found[name] = {"count": len(given), **summary(np.array(values, float), chats)}
    return found


def described(found: dict[str, dict[str, Any]]) -> str:
    """A sentence; "" where nobody said anything."""
    parts = [
        f"{name} {one['mean']:.2f} ({one['interval'][0]:.2f} to {one['interval'][1]:.2f}, of {one['count']:,} answers)"
        for name, one in found.items()
    ]
    return ", ".join(parts)
