"""Work that goes on after a request was answered: one task at a time for each name, ended with the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("deskwright.serve")


class Tasks:
    """The tasks at work."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts it, unless a task of this name is at work."""
        if name in self._latest:
            work.close()
        else:
            self.queue(name, work)

    def queue(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts it when the tasks of this name that came before it have ended."""
        task = asyncio.create_task(self._run(name, work, self._latest.get(name)))
        self._latest[name] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def busy(self, name: str) -> bool:
        """Whether a task of this name is at work or waits."""
        return name in self._latest

    async def stop(self) -> None:
        """Ends them all."""
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
