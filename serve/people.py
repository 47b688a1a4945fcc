"""The people who work in the console -> who they are, and their log-ins. The only writer of `people` and `logins`.

A log-in is a random token that the person's browser keeps; the store has its SHA-256 only. It ends when nothing was
done with it for `IDLE`, at the latest after `LONGEST`, and at once when the person logs out, is removed or gets a new
password (OWASP Session Management Cheat Sheet).
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Store, now
from serve import passwords

ROLES = ("reviewer", "admin")

LONGEST_NAME = 64
LONGEST_FOLDED = 255

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a log-in was used last: not every request needs a write."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in."""

    id: str
    name: str
    role: str
    created_at: datetime


def add(store: Store, name: str, role: str, password: str) -> Person:
    """Lets somebody log in.

    Raises:
        DeskwrightError: there is such a person or no such role, or the name or the password is not fit.
    """
    if role not in ROLES:
        raise DeskwrightError(f"There is no role {role!r} for people. Known: {', '.join(ROLES)}.")
    person = Person(f"p_{secrets.token_hex(6)}", _fit(name), role, now())
    passwords.check(password, person.name)
    row = {"id": person.id, "name": person.name, "role": role, "created_at": person.created_at}
    try:
        with store.begin() as connection:
            values = {**row, "folded": folded(person.name), "hash": passwords.hashed(password)}
            connection.execute(store.tables.people.insert().values(**values))
            audit.record(store, connection, "person added", person=person.id, role=role)
    except sa.exc.IntegrityError:
        raise DeskwrightError(
            f"There is somebody named {person.name!r} already (capitals make no difference). Choose another name, or "
            "give them a new password: `deskwright people password NAME`."
        ) from None
    return person


def everybody(store: Store) -> list[Person]:
    """Who may log in, in the order in which they were added."""
    table = store.tables.people
    with store.read() as connection:
        wanted = sa.select(table).where(table.c.removed_at.is_(None)).order_by(table.c.created_at)
        return [_person(row) for row in connection.execute(wanted)]


def find(store: Store, name: str) -> Person:
    """Who has this name.

    Raises:
        DeskwrightError: nobody.
    """
    with store.read() as connection:
        row = connection.execute(sa.select(store.tables.people).where(_named(store, name))).first()
    if row is None:
        raise DeskwrightError(f"There is nobody named {name!r}. `deskwright people list` shows who there is.")
    return _person(row)


def change_password(store: Store, name: str, password: str) -> None:
    """Gives somebody a new password, and ends their log-ins.

    Raises:
        DeskwrightError: there is nobody of this name, or the password is not fit.
    """
    person = find(store, name)
    passwords.check(password, person.name)
    _change(store, person, "password changed", {"hash": passwords.hashed(password)})


def remove(store: Store, name: str) -> None:
    """Ends somebody's log-ins for good, and erases the name and the password. The id stays on what they decided.

    Raises:
        DeskwrightError: there is nobody of this name.
    """
    erased = {"name": "", "folded": None, "hash": "", "removed_at": now()}
    _change(store, find(store, name), "person removed", erased)


def log_in(store: Store, name: str, password: str) -> tuple[Person, str] | None:
    """The person and the token of a new log-in; None where the name or the password is wrong, after the same time. A
    hash that was made with parameters of another day is made anew."""
    table, sought = store.tables.people, sa.select(store.tables.people).where(_named(store, name))
    with store.read() as connection:
        row = connection.execute(sought).first()
    right = passwords.matches(row.hash if row else None, password)
    renewed = passwords.hashed(password) if row and right and passwords.outdated(row.hash) else None
    with store.begin() as connection:
        still = connection.execute(sought.with_for_update()).first()
        if not row or not right or not still or still.hash != row.hash:
            audit.record(store, connection, "log-in failed", person=row.id if row else "")
            return None
        if renewed:
            connection.execute(table.update().where(table.c.id == row.id).values(hash=renewed))
        token = _open(store, connection, row.id)
        audit.record(store, connection, "logged in", person=row.id)
    return _person(row), token


def log_out(store: Store, token: str) -> None:
    """Ends this log-in at once."""
    logins = store.tables.logins
    with store.begin() as connection:
        here = logins.c.hash == _hash(token)
        person_id = connection.execute(sa.select(logins.c.person_id).where(here)).scalar()
        if connection.execute(logins.delete().where(here)).rowcount:
            audit.record(store, connection, "logged out", person=person_id)


def logged_in(store: Store, token: str) -> Person | None:
    """Whose log-in this is, if it has not ended."""
    table, logins = store.tables.people, store.tables.logins.c
    wanted = (
        sa.select(table)
        .join(store.tables.logins, logins.person_id == table.c.id)
        .where(logins.hash == _hash(token), table.c.removed_at.is_(None))
        .where(logins.expires_at > now(), logins.used_at > now() - IDLE)
    )
    with store.read() as connection:
        row = connection.execute(wanted).first()
    return _person(row) if row else None


def used(store: Store, token: str) -> None:
    """The log-in was used now; so it goes on for `IDLE` at least, unless it reaches `LONGEST`."""
    logins = store.tables.logins
    here = logins.c.hash == _hash(token), logins.c.used_at < now() - NOTED_EVERY
    with store.begin() as connection:
        connection.execute(logins.update().where(*here).values(used_at=now()))


def names(store: Store) -> dict[str, str]:
    """What to call whoever did something, by the id that was recorded: a person's name, a key's label."""
    people, keys = store.tables.people.c, store.tables.api_keys.c
    with store.read() as connection:
        found = sa.union_all(sa.select(keys.id, keys.label), sa.select(people.id, people.name))
        return {row[0]: row[1] for row in connection.execute(found)}


def folded(name: str) -> str:
    """The name as it is compared: without regard to capitals and to how Unicode writes it."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _change(store: Store, person: Person, what: str, values: dict[str, Any]) -> None:
    table, logins = store.tables.people, store.tables.logins
    with store.begin() as connection:
        connection.execute(table.update().where(table.c.id == person.id).values(**values))
        connection.execute(logins.delete().where(logins.c.person_id == person.id))
        audit.record(store, connection, what, person=person.id)


def _open(store: Store, connection: Connection, person_id: str) -> str:
    token, logins, at = secrets.token_urlsafe(32), store.tables.logins, now()
    connection.execute(logins.delete().where(sa.or_(logins.c.expires_at < at, logins.c.used_at < at - IDLE)))
    row = {"hash": _hash(token), "person_id": person_id, "created_at": at, "used_at": at, "expires_at": at + LONGEST}
    connection.execute(logins.insert().values(**row))
    return token


def _named(store: Store, name: str) -> sa.ColumnElement[bool]:
    return store.tables.people.c.folded == folded(name)


def _fit(name: str) -> str:
    shown = " ".join(name.split())
    if not shown or len(shown) > LONGEST_NAME or len(folded(shown)) > LONGEST_FOLDED or not shown.isprintable():
        raise DeskwrightError(
            f"{name!r} is no name for a person here. Expected 1 to {LONGEST_NAME} characters that can be seen."
        )
    return shown


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _person(row: Any) -> Person:
    return Person(row.id, row.name, row.role, row.created_at)
