"""A chat that waits for a person -> the desk's own system, by a signed POST that is repeated until it is taken.

Signed as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA-256 over `id.timestamp.body`, in base64.
What has not been taken when the server stops is sent when it starts again.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from typing import Any

import httpx2
from anyio import to_thread

from deskwright.errors import DeskwrightError
from deskwright.hours import is_open
from deskwright.keys import from_environment
from deskwright.store import now
from deskwright.workspace import Workspace
from serve.desk import Desk, Handover
from serve.record import Record
from serve.tasks import Tasks
from serve.topic import topic_of

log = logging.getLogger("deskwright.serve")

WAITS = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds between one attempt and the next; after the last the desk is not told until the server starts again."""

SECONDS_TO_TAKE = 10.0

SECRET_MARK = "whsec_"


class Webhook:
    """Tells the desk of `[serve] webhook`. Does nothing where none is set.

    Raises:
        DeskwrightError: there is an address but no secret, or the secret is no base64.
    """

    def __init__(
        self, workspace: Workspace, desk: Desk, record: Record, tasks: Tasks, waits: Sequence[float] = WAITS
    ) -> None:
        config = workspace.config.serve
        self._workspace = workspace
        self._config = config
        self._desk = desk
        self._record = record
        self._tasks = tasks
        self._waits = waits
        self._key = _key(from_environment(config.webhook_secret, "serve.webhook_secret")) if config.webhook else b""

    def tell(self, chat_id: str) -> None:
        """Begins to tell of a chat, and returns at once."""
        if self._config.webhook:
            self._tasks.start(f"webhook {chat_id}", self._tell(chat_id))

    def tell_all(self) -> None:
        """Begins to tell of every chat that the desk was not told of."""
        for chat_id in self._desk.untold() if self._config.webhook else ():
            self.tell(chat_id)

    async def _tell(self, chat_id: str) -> None:
        for wait in (*self._waits, None):
            handover = await to_thread.run_sync(self._desk.find, chat_id)
            while handover is not None and not handover.told and await self._taken(handover):
                await to_thread.run_sync(self._desk.told, handover)
                handover = await to_thread.run_sync(self._desk.find, chat_id)
            if handover is None or handover.told:
                return
            if wait is not None:
                await asyncio.sleep(wait)
        log.error(
            "the webhook did not take the chat %s; it is in the console, and is sent again at the next start", chat_id
        )

    async def _taken(self, handover: Handover) -> bool:
        turns = await to_thread.run_sync(self._record.turns, handover.chat_id)
        topic = await to_thread.run_sync(topic_of, self._workspace, turns)
        body = json.dumps(self._event(handover, turns, topic)).encode()
        about = f"{handover.chat_id} {handover.changed_at.isoformat()}"
        message_id = f"msg_{hashlib.sha256(about.encode()).hexdigest()[:32]}"
        headers = {"Content-Type": "application/json", **signed(self._key, message_id, int(time.time()), body)}
        try:
            async with httpx2.AsyncClient(timeout=SECONDS_TO_TAKE) as http:
                answer = await http.post(self._config.webhook, content=body, headers=headers)
        except httpx2.HTTPError as error:
            log.warning("the webhook could not be reached: %s", type(error).__name__)
            return False
        if not answer.is_success:
            log.warning("the webhook answered with the status %d", answer.status_code)
        return answer.is_success

    def _event(self, handover: Handover, turns: Sequence[dict[str, str]], topic: str | None) -> dict[str, Any]:
        data = {
            "chat_id": handover.chat_id,
            "state": handover.state,
            "open": is_open(self._config.hours, self._config.time_zone, now()),
            "contact": handover.contact,
            "topic": topic,
            "transcript": list(turns),
        }
        return {"type": "chat.waiting", "timestamp": handover.changed_at.isoformat(), "data": data}


def signed(key: bytes, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    signature = base64.b64encode(hmac.digest(key, f"{message_id}.{at}.".encode() + body, "sha256")).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_MARK), validate=True)
    except ValueError:
        key = b""
    if len(key) < 24:
        raise DeskwrightError(
            f"The webhook's secret is too short or no base64; expected {SECRET_MARK} and at least 24 random bytes in "
            "base64, for example from `openssl rand -base64 32`."
        )
    return key
