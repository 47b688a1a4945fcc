"""The audit log: who did what, when; each entry's hash covers the one before it.

So an entry that was altered, or removed from the middle, shows. Entries cut off the end do not show, nor does a chain
computed anew: the hashes take no key, and who can write the table can make them.

Details hold counts, names of models and datasets, and keyed hashes; never personal data.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright.store import Store, now


def record(store: Store, connection: Connection, action: str, **detail: Any) -> None:
    """Appends one entry, in the caller's transaction."""
    audit = store.tables.audit
    if store.engine.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE audit IN EXCLUSIVE MODE"))
    last = connection.execute(sa.select(audit.c.chain).order_by(audit.c.id.desc()).limit(1)).scalar() or ""
    at = now().replace(microsecond=0)
    chain = _link(last, at, action, detail)
    connection.execute(audit.insert().values(at=at, action=action, detail=detail, chain=chain))


def broken_at(store: Store) -> int | None:
    """The id of the first entry whose hash does not follow from the one before it; None if the log is whole."""
    audit = store.tables.audit
    last = ""
    with store.read() as connection:
        for row in connection.execute(sa.select(audit).order_by(audit.c.id)):
            if row.chain != _link(last, row.at, row.action, row.detail):
                return int(row.id)
            last = row.chain
    return None


def _link(last: str, at: Any, action: str, detail: Any) -> str:
    entry = json.dumps([last, at.isoformat(), action, detail], sort_keys=True)
    return hashlib.sha256(entry.encode()).hexdigest()
