"""Deliveries of other services -> whether one is new. Services send again what they think was lost. The only writer of
`deliveries`."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from deskwright.store import Store, now

DAYS_KEPT = 2
"""Longer than any service goes on sending again."""

LONGEST_ID = 128


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
