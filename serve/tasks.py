"""Work that goes on after a request was answered: one task at a time for each name, ended with the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

PATIENCE = 3.0
"""Seconds that queued work has to come to its end when the server stops."""

log = logging.getLogger("deskwright.serve")


class Tasks:
    """The tasks at work."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}
        self._awaited: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts it, unless a task of this name is at work."""
        if name in self._latest:
            work.close()
        else:
            self._begin(name, work)

    def queue(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts it when the tasks of this name that came before it have ended. When the server ends, it is waited for
        a little."""
        task = self._begin(name, work)
        self._awaited.add(task)
        task.add_done_callback(self._awaited.discard)

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(name, work, self._latest.get(name)))
        self._latest[name] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def busy(self, name: str) -> bool:
        """Whether a task of this name is at work or waits."""
        return name in self._latest

    async def stop(self) -> None:
        """Ends them all, those that are queued after `PATIENCE`."""
        if self._awaited:
            await asyncio.wait(set(self._awaited), timeout=PATIENCE)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, name: str, work: Coroutine[Any, Any, None], before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                await asyncio.wait({before})
            await work
        except Exception as error:
            log.error("%s broke off: %s", name.partition(" ")[0], type(error).__name__)
        finally:
            work.close()
            if self._latest.get(name) is asyncio.current_task():
                del self._latest[name]
