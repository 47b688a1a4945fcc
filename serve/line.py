"""Answers that a model is to generate -> so many at a time, some that wait, and a refusal for the rest."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from serve.refusals import Refusal

WAITING = 16
"""So many answers may wait for their turn; further ones are refused for a moment."""

SECONDS_AN_ANSWER = 5


class Line:
    """Lets so many answers be generated at a time, and so many more wait."""

    def __init__(self, waiting: int = WAITING, at_once: int = 1) -> None:
        self._most = at_once + waiting
        self._seconds = max(1, min(60, waiting * SECONDS_AN_ANSWER // at_once))
        self.turn = anyio.Semaphore(at_once)
        self._present = 0

    @property
    def full(self) -> bool:
        """Whether nobody more is let in for the moment. To look costs nothing, and takes no place."""
        return self._present >= self._most

    def look(self) -> None:
        """Takes no place.

        Raises:
            Refusal: the line is full.
        """
        if self.full:
            message = "Too many people are asking at this moment. Try again shortly."
            raise Refusal(429, message, "busy", headers={"Retry-After": str(self._seconds)})

    def ticket(self, *, always: bool = False) -> Ticket:
        """A place in the line, from now on.

        Raises:
            Refusal: the line is full, and this one is not to have a place `always`.
        """
        if not always:
            self.look()
        self._present += 1
        return Ticket(self)

    def leave(self) -> None:
        self._present -= 1


class Ticket:
    """A place in a line, until its turn is over, or nobody has the ticket any more: a client may be gone before its
    answer begins."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._leave = weakref.finalize(self, line.leave)
        self._leave.atexit = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for it."""
        try:
            async with self._line.turn:
                yield
        finally:
            self._leave()
