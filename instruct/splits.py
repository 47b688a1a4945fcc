"""Customers -> the split that each is in, for ever: training, validation or test.

Customers, not rows, are split, the newest ones into test and validation; a customer's split is kept, so that what one
round was measured on no later round trains on. This is the only writer of the table `splits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright.config import Dataset
from deskwright.store import Store, now
from deskwright.workspace import Workspace
from instruct.rows import Row

SPLITS = ("train", "validation", "test")


def known(store: Store) -> dict[str, str]:
    """The split of every customer who has one."""
    with store.read() as connection:
        return _known(store, connection)


def assigned(workspace: Workspace, rows: Sequence[Row]) -> list[Row]:
    """Rows with their customer's split; those of the oldest customers come first. Customers seen for the first time are
    assigned: the newest to test, the ones before them to validation, the rest to training."""
    store = workspace.store
    with store.begin() as connection:
        splits = _known(store, connection)
        new = [customer for customer in dict.fromkeys(row.customer for row in rows) if customer not in splits]
        shares = dict(zip(new, _shares(len(new), workspace.config.dataset), strict=True))
        if shares:
            connection.execute(
                store.tables.splits.insert(),
                [{"customer": c, "split": split, "assigned_at": now()} for c, split in shares.items()],
            )
    splits |= shares
    return [replace(row, split=splits[row.customer]) for row in rows]


def _known(store: Store, connection: Connection) -> dict[str, str]:
    return {row.customer: row.split for row in connection.execute(sa.select(store.tables.splits))}


def _shares(count: int, config: Dataset) -> list[str]:
    """One split for each of `count` customers, oldest first."""
    test = max(round(count * config.test), 1) if count >= len(SPLITS) else 0
    validation = max(round(count * config.validation), 1) if count >= len(SPLITS) else 0
    return ["train"] * (count - test - validation) + ["validation"] * validation + ["test"] * test
