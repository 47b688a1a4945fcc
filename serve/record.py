"""Answers, thumbs and reviews -> the store, and back as cases for the reviewers. The only writer of those tables.

Every text that comes here is redacted already. Feedback is append-only: the latest entry of a source counts, and an
entry is committed before it is acknowledged.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping

from deskwright.store import Store, now
from serve.desk import BOT, DELETED, Desk, state_of

REASONS = ("wrong", "unclear", "not my question", "rude", "other")
"""Why a customer was not content."""


def new_id(kind: str) -> str:
    """An id nobody can guess: `msg_...`, `chat_...`."""
    return f"{kind}_{secrets.token_urlsafe(18)}"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as generated, with its placeholders, and what made it."""

    message_id: str
    text: str = field(repr=False)
    model: str
    digest: str
    sources: Sequence[Mapping[str, Any]] = ()
    confidence: float | None = None


class Record:
    """What was said and what people thought of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._chats = store.tables.chats
        self._messages = store.tables.chat_messages
        self._feedback = store.tables.feedback

    def keep(self, chat_id: str, channel: str, turns: Sequence[Mapping[str, str]], said: Said | None = None) -> bool:
        """Adds turns and the bot's answer to them to a chat, which is made when it is new. False if something was
        dropped: the answer, because the chat is no longer the bot's, or all of it, because the chat was deleted."""
        with self._store.begin() as connection:
            state = state_of(self._store, connection, chat_id, lock=True)
            if state == DELETED:
                return False
            if connection.execute(sa.select(self._chats.c.id).where(self._chats.c.id == chat_id)).first() is None:
                connection.execute(self._chats.insert().values(id=chat_id, channel=channel, created_at=now()))
            position = self._next_position(connection, chat_id)
            for n, turn in enumerate(turns):
                one = Said(turn.get("id") or new_id("msg"), turn["content"], "", "")
                self._add(connection, chat_id, position + n, turn["role"], one)
            if said is not None and state == BOT:
                self._add(connection, chat_id, position + len(turns), "assistant", said)
            return said is None or state == BOT

    def delete(self, chat_id: str, desk: Desk) -> None:
        """Removes a chat with all that was said in it and about it. Nobody can go on with it."""
        with self._store.begin() as connection:
            desk.move_in(connection, chat_id, "delete", by="visitor")
            connection.execute(self._chats.delete().where(self._chats.c.id == chat_id))

    def people(self, chat_id: str, after: str = "") -> list[tuple[str, str]]:
        """The (id, text) of what people wrote in a chat, redacted; with `after`, since that message."""
        columns = self._messages.c
        known = sa.select(columns.position).where(columns.id == after, columns.chat_id == chat_id).scalar_subquery()
        wanted = (
            sa.select(columns.id, columns.text)
            .where(columns.chat_id == chat_id, columns.role == "human", columns.position > sa.func.coalesce(known, -1))
            .order_by(columns.position)
        )
        with self._store.read() as connection:
            return [(row.id, row.text) for row in connection.execute(wanted)]

    def channel(self, chat_id: str) -> str | None:
        """Where a chat goes on; None for one in which nothing was said."""
        with self._store.read() as connection:
            wanted = sa.select(self._chats.c.channel).where(self._chats.c.id == chat_id)
            found: str | None = connection.execute(wanted).scalar()
            return found

    def recent(self, channel: str, since: datetime, limit: int) -> list[str]:
        """The chats of a channel in which something was said since then, the latest first."""
        latest = sa.func.max(self._messages.c.created_at)
        wanted = (
            sa.select(self._messages.c.chat_id)
            .join(self._chats, self._chats.c.id == self._messages.c.chat_id)
            .where(self._chats.c.channel == channel, self._messages.c.created_at >= since)
            .group_by(self._messages.c.chat_id)
            .order_by(latest.desc())
            .limit(limit)
        )
        with self._store.read() as connection:
            return list(connection.execute(wanted).scalars())

    def turns(self, chat_id: str, before: int | None = None) -> list[dict[str, str]]:
        """What was said in a chat, redacted."""
        with self._store.read() as connection:
            return self._turns(connection, chat_id, before)

    def place(self, message_id: str) -> tuple[str, int] | None:
        """The chat and the position of an answer; None if there is no such answer."""
        columns = self._messages.c
        wanted = sa.select(columns.chat_id, columns.position).where(columns.id == message_id, columns.model != "")
        with self._store.read() as connection:
            row = connection.execute(wanted).first()
        return (row.chat_id, row.position) if row else None

    def thumb(self, message_id: str, value: int, reasons: Sequence[str], comment: str) -> None:
        """A customer's thumb: 1, -1, or 0 to take it back."""
        self._append(message_id, source="end_user", kind="thumb", value=value, reasons=list(reasons), comment=comment)

    def review(self, message_id: str, rating: int | None, corrected: str, comment: str, reviewer: str) -> None:
        """A reviewer's decision on an answer."""
        self._append(
            message_id,
            source="reviewer",
            kind="correction" if corrected else "rating",
            value=rating,
            comment=comment,
            corrected=corrected,
            reviewer=reviewer,
        )

    def waiting(self, limit: int = 50) -> list[dict[str, Any]]:
        """Answers nobody reviewed: those with a thumb down first, then the least confident, then the oldest."""
        messages, thumb = self._messages, self._latest_thumbs().subquery()
        down_first = sa.case((thumb.c.value == -1, 0), else_=1)
        wanted = (
            sa.select(messages, thumb.c.value.label("thumb"), thumb.c.reasons, thumb.c.comment)
            .join(thumb, thumb.c.message_id == messages.c.id, isouter=True)
            .where(self._unreviewed())
            .order_by(down_first, sa.func.coalesce(messages.c.confidence, 1.0), messages.c.created_at, messages.c.id)
            .limit(limit)
        )
        with self._store.read() as connection:
            rows = connection.execute(wanted).mappings().all()
            return [self._case(connection, row) for row in rows]

    def stats(self) -> dict[str, Any]:
        """Counts for the console's head line."""
        messages, review = self._messages.c, self._latest_reviews().subquery()
        corrected = sa.func.sum(sa.case((review.c.kind == "correction", 1), else_=0))
        counts = sa.select(sa.func.count(), sa.func.avg(review.c.value), corrected).select_from(review)
        by_model = (
            sa.select(messages.model, sa.func.count(), sa.func.count(review.c.message_id), sa.func.avg(review.c.value))
            .join_from(self._messages, review, review.c.message_id == messages.id, isouter=True)
            .where(messages.model != "")
            .group_by(messages.model)
            .order_by(messages.model)
        )
        with self._store.read() as connection:
            waiting = connection.execute(
                sa.select(sa.func.count()).select_from(self._messages).where(self._unreviewed())
            ).scalar_one()
            reviewed, mean, corrections = connection.execute(counts).one()
            models = connection.execute(by_model).all()
        return {
            "waiting": waiting,
            "reviewed": reviewed,
            "mean_rating": _mean(mean),
            "corrections": int(corrections or 0),
            "by_model": [
                {"model": name, "answers": answers, "reviewed": seen, "mean_rating": _mean(rating)}
                for name, answers, seen, rating in models
            ],
        }

    def _case(self, connection: Connection, row: RowMapping) -> dict[str, Any]:
        return {
            "message_id": row["id"],
            "conversation": self._turns(connection, row["chat_id"], row["position"]),
            "answer": row["text"],
            "model": row["model"],
            "digest": row["digest"],
            "confidence": row["confidence"],
            "sources": row["sources"],
            "thumb": row["thumb"] or 0,
            "reasons": row["reasons"] or [],
            "comment": row["comment"] or "",
            "created_at": row["created_at"].isoformat(),
        }

    def _unreviewed(self) -> sa.ColumnElement[bool]:
        reviewed = sa.select(self._feedback.c.message_id).where(self._feedback.c.source == "reviewer")
        return sa.and_(self._messages.c.model != "", self._messages.c.id.not_in(reviewed))

    def _latest_thumbs(self) -> sa.Select[Any]:
        return self._latest("end_user")

    def _latest_reviews(self) -> sa.Select[Any]:
        return self._latest("reviewer")

    def _latest(self, source: str) -> sa.Select[Any]:
        feedback = self._feedback
        newest = (
            sa.select(sa.func.max(feedback.c.id)).where(feedback.c.source == source).group_by(feedback.c.message_id)
        )
        return sa.select(feedback).where(feedback.c.id.in_(newest))

    def _turns(self, connection: Connection, chat_id: str, before: int | None) -> list[dict[str, str]]:
        columns = self._messages.c
        wanted = sa.select(columns.role, columns.text).where(columns.chat_id == chat_id).order_by(columns.position)
        if before is not None:
            wanted = wanted.where(columns.position < before)
        return [{"role": row.role, "content": row.text} for row in connection.execute(wanted)]

    def _next_position(self, connection: Connection, chat_id: str) -> int:
        last = sa.select(sa.func.max(self._messages.c.position)).where(self._messages.c.chat_id == chat_id)
        found = connection.execute(last).scalar()
        return 0 if found is None else int(found) + 1

    def _add(self, connection: Connection, chat_id: str, position: int, role: str, said: Said) -> None:
        connection.execute(
            self._messages.insert().values(
                id=said.message_id,
                chat_id=chat_id,
                position=position,
                role=role,
                text=said.text,
                model=said.model,
                digest=said.digest,
                sources=list(said.sources),
                confidence=said.confidence,
                created_at=now(),
            )
        )

    def _append(self, message_id: str, **values: Any) -> None:
        empty: dict[str, Any] = {"value": None, "reasons": [], "comment": "", "corrected": "", "reviewer": ""}
        with self._store.begin() as connection:
            connection.execute(
                self._feedback.insert().values(message_id=message_id, created_at=now(), **{**empty, **values})
            )


def _mean(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)
