"""Answers that a model is to generate -> so many at a time, some that wait, and a refusal for the rest."""

from __future__ import annotations

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
