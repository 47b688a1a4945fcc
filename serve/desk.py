"""Who has a chat: the bot, nobody yet, a person, or nobody any more. A table says who may change that, and how.

Comes in: a chat and a move ("take"). Goes out: the chat's new state, stored and in the audit log. The only writer of
`handovers`. A chat without a row is the bot's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright import audit
from deskwright.store import Store, now
from serve.refusals import Refusal

BOT, PENDING, HUMAN, CLOSED, DELETED = "bot", "pending", "human", "closed", "deleted"

WITH_PEOPLE = (PENDING, HUMAN)
"""A chat in one of these is a person's: what the customer writes is kept for them, and the bot is silent."""


@dataclass(frozen=True)
class Move:
    """Who may cause it, and to which state it leads from each state in which it is allowed."""

    by: tuple[str, ...]
    to: Mapping[str, str]


MOVES = {
    "ask": Move(("visitor", "bot"), {BOT: PENDING, CLOSED: PENDING, PENDING: PENDING, HUMAN: HUMAN}),
    "take": Move(("person",), {BOT: HUMAN, PENDING: HUMAN, CLOSED: HUMAN}),
    "give-back": Move(("person",), {PENDING: BOT, HUMAN: BOT}),
    "close": Move(("person",), {BOT: CLOSED, PENDING: CLOSED, HUMAN: CLOSED}),
    "reopen": Move(("visitor",), {CLOSED: BOT}),
    "delete": Move(("visitor",), {BOT: DELETED, PENDING: DELETED, HUMAN: DELETED, CLOSED: DELETED}),
}
"""Every transition there is."""

SECONDS_DELETED = 24 * 3600
"""So long a deleted chat's id is remembered, which is longer than any session: nobody goes on with it."""

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Handover:
    """A chat that is or was a person's. `contact` is where the customer can be reached, `agent` the id of a person or
    of a key; `since` is when it came into its state."""

    chat_id: str
    state: str
    contact: str = field(repr=False)
    agent: str
    told: bool
    since: datetime
    changed_at: datetime


class Desk:
    """The states of all chats."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.handovers
        self.moves = 0
        """How many moves were made here: who has seen so many has seen them all, but for those of other processes."""

    def state(self, chat_id: str) -> str:
        with self._store.read() as connection:
            return state_of(self._store, connection, chat_id)

    def find(self, chat_id: str) -> Handover | None:
        with self._store.read() as connection:
            row = connection.execute(sa.select(self._table).where(self._table.c.chat_id == chat_id)).mappings().first()
        return Handover(**row) if row else None

    def waiting(self, channel: str, prefix: str) -> list[Handover]:
        """The chats of a channel that are a person's: those that nobody has taken first, then who waits longest. A chat
        in which nothing was said yet has no channel; `prefix` is how the ids of this one's begin."""
        columns, chats = self._table.c, self._store.tables.chats.c
        wanted = (
            sa.select(self._table)
            .join(self._store.tables.chats, chats.id == columns.chat_id, isouter=True)
            .where(columns.state.in_(WITH_PEOPLE), columns.chat_id.startswith(prefix, autoescape=True))
            .where(sa.func.coalesce(chats.channel, channel) == channel)
            .order_by(sa.case((columns.state == PENDING, 0), else_=1), columns.since)
            .limit(MOST_LISTED)
        )
        with self._store.read() as connection:
            return [Handover(**row) for row in connection.execute(wanted).mappings()]

    def move(self, chat_id: str, move: str, by: str, agent: str = "", contact: str = "") -> str:
        """Does it, and returns the new state.

        Raises:
            Refusal: whoever asks may not do it, or not in the state that the chat is in.
        """
        with self._store.begin() as connection:
            after = self.move_in(connection, chat_id, move, by, agent, contact)
        self.moves += 1
        return after

    def follow(self, chat_id: str, move: str, by: str) -> str:
        """`move`, or the state as it is where somebody was quicker and the move is no longer allowed."""
        try:
            return self.move(chat_id, move, by)
        except Refusal:
            return self.state(chat_id)

    def move_in(
        self, connection: Connection, chat_id: str, move: str, by: str, agent: str = "", contact: str = ""
    ) -> str:
        """`move`, in the caller's transaction."""
        before = state_of(self._store, connection, chat_id, lock=True)
        after = MOVES[move].to.get(before)
        if by not in MOVES[move].by or after is None:
            raise Refusal(409, f"The chat is in the state {before}; {by} cannot {move} it.", "wrong_state")
        if move == "delete":
            self._forget_deleted(connection)
        columns = self._table.c
        row = connection.execute(sa.select(self._table).where(columns.chat_id == chat_id)).first()
        stays = row is not None and before == after
        values = {
            "state": after,
            "contact": contact or (row.contact if row and after in WITH_PEOPLE else ""),
            "agent": row.agent if row and stays else agent,
            "told": after != PENDING,
            "since": row.since if row and stays else now(),
            "changed_at": now(),
        }
        self._store.upsert(connection, self._store.tables.handovers, {"chat_id": chat_id}, values)
        if before != after:
            audit.record(
                self._store, connection, "chat moved", chat=chat_id, move=move, before=before, after=after, by=by,
                key=agent,
            )  # fmt: skip
        return after

    def untold(self) -> list[str]:
        """The chats whose hand-over the webhook has not been told of."""
        columns = self._table.c
        wanted = sa.select(columns.chat_id).where(columns.told.is_(False), columns.state.in_(WITH_PEOPLE))
        with self._store.read() as connection:
            return list(connection.execute(wanted).scalars())

    def told(self, handover: Handover) -> None:
        """The webhook was told of it, unless it has changed since."""
        columns = self._table.c
        same = columns.chat_id == handover.chat_id, columns.changed_at == handover.changed_at
        with self._store.begin() as connection:
            connection.execute(self._table.update().where(*same).values(told=True))

    def _forget_deleted(self, connection: Connection) -> None:
        columns = self._table.c
        old = columns.state == DELETED, columns.changed_at < now() - timedelta(seconds=SECONDS_DELETED)
        connection.execute(self._table.delete().where(*old))


def state_of(store: Store, connection: Connection, chat_id: str, lock: bool = False) -> str:
    """The state of a chat in this transaction. With `lock` nobody changes it until the transaction ends."""
    if lock and store.engine.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(chat_id))))
    handovers = store.tables.handovers
    found: Any = connection.execute(sa.select(handovers.c.state).where(handovers.c.chat_id == chat_id)).scalar()
    return found or BOT
