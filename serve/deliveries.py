"""Deliveries of other services -> whether one is new, and which were not worked off. Services send again what they
think was lost, but not what a server took and did not get to. The only writer of `deliveries`."""

from __future__ import annotations

from collections import Counter
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


def is_new(store: Store, channel: str, delivery_id: str) -> bool:
    """True once for each delivery, whoever asks and however often the server starts."""
    deliveries = store.tables.deliveries
    row = {"channel": channel, "id": delivery_id[:LONGEST_ID]}
    with store.begin() as connection:
        connection.execute(deliveries.delete().where(deliveries.c.at < now() - timedelta(days=DAYS_KEPT)))
    try:
        with store.begin() as connection:
            connection.execute(deliveries.insert().values(**row, at=now()))
    except sa.exc.IntegrityError:
        return False
    return True


class Unfinished:
    """The messages that this server took and has not worked off yet, in the store: a row each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.deliveries
        self._own: set[str] = set()

    def begin(self, chat_id: str) -> str:
        """A message of this chat is worked on from now on, under the id that is returned."""
        work = f"{chat_id} {new_id('msg')}"[-LONGEST_ID:]
        with self._store.begin() as connection:
            connection.execute(self._table.insert().values(channel=UNFINISHED, id=work, at=now()))
        self._own.add(work)
        return work

    def finish(self, work: str) -> None:
        self._own.discard(work)
        with self._store.begin() as connection:
            connection.execute(
                self._table.delete().where(self._table.c.channel == UNFINISHED, self._table.c.id == work)
            )

    def leave(self) -> None:
        """Leaves what is not finished to the server that starts next, which need not wait for it."""
        for work in self._own:
            chosen = self._table.c.channel == UNFINISHED, self._table.c.id == work
            with self._store.begin() as connection:
                connection.execute(self._table.update().where(*chosen).values(at=now() - LEASE))
        self._own.clear()

    def take(self) -> dict[str, int]:
        """Chats with messages that another server did not finish, and how many. Each is given to one who asks."""
        columns = self._table.c
        with self._store.begin() as connection:
            old = sa.select(columns.id).where(columns.channel == UNFINISHED, columns.at <= now() - LEASE)
            found = list(connection.execute(old).scalars())
            taken = [
                one
                for one in found
                if connection.execute(
                    self._table.delete().where(columns.channel == UNFINISHED, columns.id == one)
                ).rowcount
            ]
        return dict(Counter(one.rpartition(" ")[0] for one in taken))
