"""What the routes share: the workspace, the gate, the model that answers, the record, the desk, chats in memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from anyio import CapacityLimiter
from cachetools import TTLCache
from fastapi import Depends, Request

from deskwright.workspace import Workspace
from serve.access import TOKEN_SECONDS, Key
from serve.chat import Redactor
from serve.deliveries import Unfinished
from serve.desk import Desk
from serve.limits import Limits
from serve.live import Live
from serve.record import Record
from serve.tasks import Tasks
from serve.webhook import Webhook

REMEMBERED = 2000
"""Chats of the widget kept in memory as they were typed."""

PASSWORDS_AT_ONCE = 2
"""So many passwords are checked at a time: each takes 64 MiB."""

LATELY = 60.0
"""Seconds for which what was found in the store is good enough to refuse somebody, never to let them in."""

Turns = list[dict[str, str]]


class Memory:
    """The widget's chats as they were typed, so that a name said earlier can be said back. Never leaves memory, and is
    forgotten with the session; the record has the redacted text."""

    def __init__(self, most: int = REMEMBERED, seconds: float = TOKEN_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._chats: OrderedDict[str, tuple[float, Turns | None]] = OrderedDict()
        self._lock = Lock()

    def turns(self, chat_id: str) -> Turns | None:
        with self._lock:
            self._forget()
            _, known = self._chats.get(chat_id, (0.0, None))
            return None if known is None else list(known)

    def add(self, chat_id: str, turn: dict[str, str], known: Turns) -> None:
        """Adds a turn to a chat, which begins with what is `known` where it is not in memory. A chat that was dropped
        stays so, whatever was still on its way."""
        with self._lock:
            _, before = self._chats.get(chat_id, (0.0, known))
            if before is None:
                return
            self._chats[chat_id] = (time.monotonic(), [*before, turn])
            self._chats.move_to_end(chat_id)
            self._forget()

    def drop(self, chat_id: str) -> None:
        """Forgets a chat at once."""
        with self._lock:
            self._chats[chat_id] = (time.monotonic(), None)
            self._chats.move_to_end(chat_id)

    def _forget(self) -> None:
        oldest = time.monotonic() - self._seconds
        while self._chats and (len(self._chats) > self._most or next(iter(self._chats.values()))[0] < oldest):
            self._chats.popitem(last=False)


class Lately:
    """What the store said a moment ago, so that a crowd can be refused without it. For the event loop's thread only."""

    def __init__(self, most: int = REMEMBERED, seconds: float = LATELY) -> None:
        self.keys: TTLCache[str, Key] = TTLCache(most, seconds)
        """Keys that are valid, by their hash."""
        self.bots: TTLCache[str, int] = TTLCache(most, seconds)
        """Chats that are the bot's, with the moves that the desk had made by then."""


@dataclass(frozen=True)
class Parts:
    """All of them, made once by `create_app`."""

    workspace: Workspace
    gate: Redactor
    live: Live
    record: Record
    limits: Limits
    desk: Desk
    webhook: Webhook
    tasks: Tasks
    unfinished: Unfinished
    secret: bytes = field(repr=False)
    """Signs the widget's tokens."""
    memory: Memory = field(default_factory=Memory)
    lately: Lately = field(default_factory=Lately)
    passwords: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(PASSWORDS_AT_ONCE))


async def _parts(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


Shared = Annotated[Parts, Depends(_parts)]
"""A route with this parameter gets the parts."""
