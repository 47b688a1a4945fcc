"""What the routes share: the workspace, the gate, the model that answers, the record, the desk, the line of those who
wait."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

import anyio
from fastapi import Depends, Request

from deskwright.workspace import Workspace
from serve.access import TOKEN_SECONDS
from serve.chat import Redactor
from serve.desk import Desk
from serve.limits import Limits
from serve.live import Live
from serve.record import Record
from serve.refusals import Refusal
from serve.tasks import Tasks
from serve.webhook import Webhook

WAITING = 16
"""So many answers may wait for their turn; further ones are refused for a moment."""

REMEMBERED = 2000
"""Chats of the widget kept in memory as they were typed."""

SECONDS_AN_ANSWER = 5


class Line:
    """Lets so many answers be generated at a time, and so many more wait."""

    def __init__(self, waiting: int = WAITING, at_once: int = 1) -> None:
        self._most = at_once + waiting
        self._seconds = max(1, min(60, waiting * SECONDS_AN_ANSWER // at_once))
        self._turn = anyio.Semaphore(at_once)
        self._present = 0

    def check(self) -> None:
        """Refuses when too many wait already."""
        if self._present >= self._most:
            message = "Too many people are asking at this moment. Try again shortly."
            raise Refusal(429, message, "busy", headers={"Retry-After": str(self._seconds)})

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self._present += 1
        try:
            async with self._turn:
                yield
        finally:
            self._present -= 1


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
    line: Line = field(default_factory=Line)
    memory: Memory = field(default_factory=Memory)


def _parts(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


Shared = Annotated[Parts, Depends(_parts)]
"""A route with this parameter gets the parts."""
