"""Work that goes on after a request was answered: one task for each name, ended with the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("deskwright.serve")


class Tasks:
    """The tasks at work."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Starts it, unless a task of this name is at work."""
        if name in self._running:
            work.close()
            return
        self._running[name] = asyncio.create_task(self._run(name, work))

    async def stop(self) -> None:
        """Ends them all."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            log.error("%s broke off: %s", name.partition(" ")[0], type(error).__name__)
        finally:
            del self._running[name]
