"""Who may do what: API keys for programs and reviewers, signed tokens for the widget's visitors.

A key is shown once, when it is made; the store has its SHA-256 only. The only writer of `api_keys`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Store, now
from deskwright.workspace import Workspace
from serve import logins
from serve.people import Person
from serve.refusals import Refusal

ROLES = {
    "integration": "the chat API",
    "reviewer": "the review console",
    "widget": "opening chats of the widget",
    "admin": "all of these",
}

LONGEST_LABEL = 255

MARK = "dw_"
"""How every key begins."""

LONGEST_TIME = 16
"""Digits; nobody has to read more of a token that is not ours."""

TOKEN_SECONDS = 2 * 3600
"""A widget's session ends so long after it was last gone on with; the widget asks for a new one by itself."""


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as the store knows it."""

    id: str
    role: str
    label: str
    created_at: datetime
    revoked_at: datetime | None


def create(store: Store, role: str, label: str) -> str:
    """Makes a key and returns it; it cannot be shown again.

    Raises:
        DeskwrightError: there is no such role.
    """
    if role not in ROLES:
        raise DeskwrightError(f"There is no role {role!r}. Known: {', '.join(ROLES)}.")
    key = f"{MARK}{secrets.token_urlsafe(32)}"
    key_id = secrets.token_hex(4)
    row = {"id": key_id, "hash": _hash(key), "role": role, "label": label[:LONGEST_LABEL], "created_at": now()}
    with store.begin() as connection:
        connection.execute(store.tables.api_keys.insert().values(**row))
        audit.record(store, connection, "key made", key=key_id, role=role)
    return key


def revoke(store: Store, key_id: str) -> None:
    """Ends a key's validity at once.

    Raises:
        DeskwrightError: no valid key has this id.
    """
    keys = store.tables.api_keys
    with store.begin() as connection:
        valid = keys.c.id == key_id, keys.c.revoked_at.is_(None)
        if connection.execute(keys.update().where(*valid).values(revoked_at=now())).rowcount == 0:
            raise DeskwrightError(f"No valid key has the id {key_id!r}. `deskwright keys list` shows them.")
        audit.record(store, connection, "key revoked", key=key_id)


def keys(store: Store) -> list[Key]:
    """All keys, oldest first."""
    table = store.tables.api_keys
    with store.read() as connection:
        return [_key(row) for row in connection.execute(sa.select(table).order_by(table.c.created_at)).mappings()]


def check(store: Store, key: str) -> Key | None:
    """The valid key that this is, or None."""
    table = store.tables.api_keys
    wanted = sa.select(table).where(table.c.hash == _hash(key), table.c.revoked_at.is_(None))
    with store.read() as connection:
        row = connection.execute(wanted).mappings().first()
    return _key(row) if row and hmac.compare_digest(row["hash"], _hash(key)) else None


def is_valid(store: Store, key_id: str) -> bool:
    """Whether the key with this id was made and not revoked."""
    table = store.tables.api_keys
    with store.read() as connection:
        wanted = sa.select(table.c.id).where(table.c.id == key_id, table.c.revoked_at.is_(None))
        return connection.execute(wanted).first() is not None


_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="From `deskwright keys create`.")

Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _allow(role: str, lines_up: bool = False) -> Callable[[Request, Sent], Awaitable[Key]]:
    """Who holds a key of this role. With `lines_up`, refused where the line is full, without a look into the store if
    the key was good a moment ago: a wrong one is told that it is wrong, as ever."""

    async def holder(request: Request, sent: Sent) -> Key:
        if sent is None or not sent.credentials.strip():
            raise Refusal(
                401, "No API key was sent. Send the header `Authorization: Bearer dw_...`.", "invalid_api_key"
            )
        parts, key = request.app.state.parts, sent.credentials.strip()
        line = parts.live.served.line if lines_up else None
        known = parts.lately.keys.get(_hash(key)) if line and line.full else None  # whom `look` refuses in the end
        found: Key | None = known or await to_thread.run_sync(check, parts.workspace.store, key)
        if found is None:
            parts.limits.count_address(request)
            raise Refusal(401, "This API key is not known, or was revoked.", "invalid_api_key")
        if not known:
            parts.lately.keys[_hash(key)] = found
        if found.role not in (role, "admin"):
            raise Refusal(
                403, f"This key has the role {found.role}; {ROLES[role]} needs {role} or admin.", "wrong_role"
            )
        parts.limits.count("key", found.id)
        if line:
            line.look()
        return found

    return holder


Integration = Annotated[Key, Depends(_allow("integration"))]
"""A route with this parameter answers holders of an integration key only."""

Asker = Annotated[Key, Depends(_allow("integration", lines_up=True))]
"""The same, while the line of those who wait for an answer has room."""


async def _reviewer(request: Request, sent: Sent, cookie: logins.Cookie) -> Key | Person:
    return await (to_thread.run_sync(logins.person, request) if sent is None else _of_reviewer(request, sent))


_of_reviewer = _allow("reviewer")


Reviewer = Annotated[Key | Person, Depends(_reviewer)]
"""A route with this parameter answers holders of a reviewer key, and people who are logged in; a key goes first."""

opens_chats = _allow("widget")
"""The key of an app that may open chats of the widget."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a widget's token says: its chat, when it ends (Unix time), and the id of the key that opened it. Where a
    page did, there is none, and the signature is good for that page's origin."""

    chat_id: str
    ends: int
    key: str


def session_secret(workspace: Workspace) -> bytes:
    """What this bot signs its tokens with: workspaces that have the same session key have different secrets."""
    return hmac.digest(workspace.keys.session, f"bot\0{audit.store_id(workspace.store)}".encode(), "sha256")


def sign(secret: bytes, chat_id: str, origin: str = "", key: str = "") -> str:
    """A token that lets a page of `origin`, or who opened the chat with `key`, speak in it for `TOKEN_SECONDS`."""
    body = f"{chat_id}|{int(time.time()) + TOKEN_SECONDS}|{key}"
    return f"{_encode(body.encode())}.{_signature(secret, body, origin)}"


def session(secret: bytes, token: str, origin: str = "", ended: bool = False) -> Session:
    """What a token says; with `ended`, also one whose session has ended. Whether its key is still valid is not asked.

    Raises:
        Refusal: the token was not made here, is for another origin, or is too old.
    """
    body = _body(token)
    said = claimed(token)
    genuine = hmac.compare_digest(_signature(secret, body, origin).encode(), token.partition(".")[2].encode())
    if not genuine or (said.ends < time.time() and not ended):
        raise Refusal(401, "This chat session has ended. Start a new one.", "session_ended")
    return said


def claimed(token: str) -> Session:
    """What a token says, whether that is true or not; nothing where it is no token."""
    chat_id, _, rest = _body(token).partition("|")
    ends, _, key = rest.partition("|")
    return Session(chat_id, int(ends), key) if ends.isdecimal() and len(ends) < LONGEST_TIME else Session("", 0, "")


def renewed(secret: bytes, token: str, origin: str = "") -> str | None:
    """A fresh token for the same chat; None where more than half of this one's time is left.

    Raises:
        Refusal: as `session`.
    """
    said = session(secret, token, origin)
    return sign(secret, said.chat_id, origin, said.key) if said.ends - time.time() < TOKEN_SECONDS / 2 else None


def _body(token: str) -> str:
    encoded = token.partition(".")[0]
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return ""


def _signature(secret: bytes, body: str, origin: str) -> str:
    return _encode(hmac.digest(secret, f"widget session\0{body}\0{origin}".encode(), "sha256"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Any) -> Key:
    return Key(**{name: row[name] for name in ("id", "role", "label", "created_at", "revoked_at")})
