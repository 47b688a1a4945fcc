"""Who may do what: API keys for programs and reviewers, signed tokens for the widget's visitors.

A key is shown once, when it is made; the store has its SHA-256 only. The only writer of `api_keys`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Store, now
from serve import logins
from serve.people import Person
from serve.refusals import Refusal

ROLES = {
    "integration": "the chat API",
    "reviewer": "the review console",
    "admin": "both",
}

LONGEST_LABEL = 255

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
    key = f"dw_{secrets.token_urlsafe(32)}"
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


_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="From `deskwright keys create`.")

Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def _allow(role: str) -> Callable[[Request, Sent], Key]:
    def holder(request: Request, sent: Sent) -> Key:
        if sent is None or not sent.credentials.strip():
            raise Refusal(
                401, "No API key was sent. Send the header `Authorization: Bearer dw_...`.", "invalid_api_key"
            )
        found = check(request.app.state.parts.workspace.store, sent.credentials.strip())
        limits = request.app.state.parts.limits
        if found is None:
            limits.count_address(request)
            raise Refusal(401, "This API key is not known, or was revoked.", "invalid_api_key")
        if found.role not in (role, "admin"):
            raise Refusal(
                403, f"This key has the role {found.role}; {ROLES[role]} needs {role} or admin.", "wrong_role"
            )
        limits.count("key", found.id)
        return found

    return holder


Integration = Annotated[Key, Depends(_allow("integration"))]
"""A route with this parameter answers holders of an integration key only."""


def _reviewer(request: Request, sent: Sent, cookie: logins.Cookie) -> Key | Person:
    return logins.person(request) if sent is None else _allow("reviewer")(request, sent)


Reviewer = Annotated[Key | Person, Depends(_reviewer)]
"""A route with this parameter answers holders of a reviewer key, and people who are logged in; a key goes first."""


def sign(secret: bytes, chat_id: str, origin: str) -> str:
    """A token that lets a page of `origin` speak in this chat for `TOKEN_SECONDS`."""
    body = f"{chat_id}|{int(time.time()) + TOKEN_SECONDS}"
    return f"{_encode(body.encode())}.{_signature(secret, body, origin)}"


def chat_of(secret: bytes, token: str, origin: str) -> str:
    """The chat this token is for.

    Raises:
        Refusal: the token was not made here, is for another origin, or is too old.
    """
    return _read(secret, token, origin)[0]


def renewed(secret: bytes, token: str, origin: str) -> str | None:
    """A fresh token for the same chat; None where more than half of this one's time is left.

    Raises:
        Refusal: as `chat_of`.
    """
    chat_id, ends = _read(secret, token, origin)
    return sign(secret, chat_id, origin) if ends - time.time() < TOKEN_SECONDS / 2 else None


def _read(secret: bytes, token: str, origin: str) -> tuple[str, int]:
    encoded, _, signature = token.partition(".")
    try:
        body = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        body = ""
    chat_id, _, ends = body.partition("|")
    genuine = hmac.compare_digest(_signature(secret, body, origin).encode(), signature.encode())
    if not genuine or not ends.isdigit() or int(ends) < time.time():
        raise Refusal(401, "This chat session has ended. Start a new one.", "session_ended")
    return chat_id, int(ends)


def _signature(secret: bytes, body: str, origin: str) -> str:
    return _encode(hmac.digest(secret, f"widget session\0{body}\0{origin}".encode(), "sha256"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Any) -> Key:
    return Key(**{name: row[name] for name in ("id", "role", "label", "created_at", "revoked_at")})
