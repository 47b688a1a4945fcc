"""The audit log: who did what, when; each entry's hash covers the one before it.

So an entry that was altered, or removed from the middle, shows. Entries cut off the end do not show, nor does a chain
computed anew: the hashes take no key, and who can write the table can make them.

Details hold counts, names of models and datasets, and keyed hashes; never personal data.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright.store import Store, now

NAMED = "store named"


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


def store_id(store: Store) -> str:
    """An id that no other store has and this one keeps, wherever it is moved to: drawn when it is first asked for, and
    an entry of the log. A copy of a store has it too."""
    found = _named(store)
    if not found:
        with store.begin() as connection:
            record(store, connection, NAMED, id=secrets.token_hex(16))
        found = _named(store)
    return found


def _named(store: Store) -> str:
    audit = store.tables.audit
    first = sa.select(audit.c.detail).where(audit.c.action == NAMED).order_by(audit.c.id).limit(1)
    with store.read() as connection:
        detail = connection.execute(first).scalar()
    return str(detail["id"]) if detail else ""


def _link(last: str, at: Any, action: str, detail: Any) -> str:
    entry = json.dumps([last, at.isoformat(), action, detail], sort_keys=True)
    return hashlib.sha256(entry.encode()).hexdigest()
