"""Deliveries of other services -> whether one is new, and which were not worked off. Services send again what they
think was lost, but not what a server took and did not get to. The only writer of `deliveries`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import sqlalchemy as sa

from deskwright.store import Store, now
from serve.record import new_id

DAYS_KEPT = 2
"""Longer than any service goes on sending again."""

LONGEST_ID = 128

UNFINISHED = "unfinished"
"""Stands for a channel in the rows of what is being worked on."""
LEASE = timedelta(minutes=10)
"""Longer than an answer takes: what was begun before is of a server that is no more."""


def is_new(store: Store, channel: str, delivery_id: str, work: str = "") -> bool:
    """True once for each delivery, whoever asks and however often the server starts. With the id of the `work` that it
    asks for, either both are kept or neither is."""
    deliveries, at = store.tables.deliveries, now()
    rows = [{"channel": channel, "id": delivery_id[:LONGEST_ID], "at": at}]
    if work:
        rows.append({"channel": UNFINISHED, "id": work, "at": at})
    old = deliveries.c.at < at - timedelta(days=DAYS_KEPT), deliveries.c.channel != UNFINISHED
    with store.begin() as connection:
        connection.execute(deliveries.delete().where(*old))
    try:
        with store.begin() as connection:
            connection.execute(deliveries.insert(), rows)
    except sa.exc.IntegrityError:
        return False
    return True


class Unfinished:
    """The messages that this server took and has not worked off yet, in the store: a row each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.deliveries
        self._own: set[str] = set()

    def begin(self, chat_id: str, channel: str, delivery_id: str) -> str | None:
        """A message of this chat is worked on from now on, under the id that is returned; None where the delivery is
        not new."""
        work = f"{chat_id} {new_id('msg')}"[-LONGEST_ID:]
        if not is_new(self._store, channel, delivery_id, work):
            return None
        self._own.add(work)
        return work

    def finish(self, *works: str) -> None:
        self._own.difference_update(works)
        with self._store.begin() as connection:
            connection.execute(self._table.delete().where(*self._rows(works)))

    def leave(self) -> None:
        """Leaves what is not finished to the server that starts next, which need not wait for it."""
        if not self._own:
            return
        with self._store.begin() as connection:
            connection.execute(self._table.update().where(*self._rows(self._own)).values(at=now() - LEASE))
        self._own.clear()

    def take(self) -> dict[str, list[str]]:
        """Chats with messages that another server did not finish, and the ids of that work: this server's own from now
        on. Each is given to one who asks."""
        columns, at = self._table.c, now()
        due = columns.channel == UNFINISHED, columns.at <= at - LEASE
        with self._store.begin() as connection:
            found = list(connection.execute(sa.select(columns.id).where(*due)).scalars())
            taken = [
                one
                for one in found
                if connection.execute(self._table.update().where(*due, columns.id == one).values(at=at)).rowcount
            ]
        self._own.update(taken)
        chats: dict[str, list[str]] = {}
        for one in taken:
            chats.setdefault(one.rpartition(" ")[0], []).append(one)
        return chats

    def _rows(self, works: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
        return self._table.c.channel == UNFINISHED, self._table.c.id.in_(works)
