"""A bot in Chatwoot's conversations: events come in by webhook, answers go out by Chatwoot's API.

Chatwoot decides who has a conversation: `pending` is the bot's, any other status a person's. The answer to an event is
200 at once, since Chatwoot waits five seconds and then takes the conversation away from the bot; the work comes after.

Sources: Chatwoot's lib/webhooks/trigger.rb (signature, time limit), app/listeners/agent_bot_listener.rb (events),
app/controllers/concerns/access_token_auth_helper.rb (what a bot's token may do; of old, not to read a status).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import httpx2
from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError

from deskwright.config import Chatwoot
from deskwright.keys import from_environment
from deskwright.workspace import Workspace
from serve.channels import Reply, respond, respond_late
from serve.deliveries import is_new
from serve.desk import BOT, CLOSED, HUMAN, PENDING
from serve.parts import Parts, Shared
from serve.refusals import Refusal

log = logging.getLogger("deskwright.serve")

CHANNEL = "chatwoot"
SECONDS_VALID = 300
SECONDS_TO_ANSWER = 10.0
WAITS = (1.0, 5.0)
"""Seconds between one attempt to say something and the next."""

FOLLOWING = {
    ("pending", PENDING): ("give-back", "person"),
    ("pending", HUMAN): ("give-back", "person"),
    ("pending", CLOSED): ("reopen", "visitor"),
    ("open", BOT): ("take", "person"),
    ("open", PENDING): ("take", "person"),
    ("open", CLOSED): ("take", "person"),
    ("snoozed", BOT): ("take", "person"),
    ("snoozed", PENDING): ("take", "person"),
    ("resolved", BOT): ("close", "person"),
    ("resolved", PENDING): ("close", "person"),
    ("resolved", HUMAN): ("close", "person"),
}
"""Chatwoot's status and our state -> the move that makes ours follow it."""

router = APIRouter()


class Conversation(BaseModel):
    id: int
    status: str = ""


class Ref(BaseModel):
    id: int | None = None


class Event(BaseModel):
    """What is read of an event. Of `conversation_...` events the conversation is the payload itself."""

    event: str = ""
    id: int | str | None = None
    content: str | None = None
    message_type: str | int | None = None
    private: bool | None = None
    status: str | None = None
    conversation: Conversation | None = None
    account: Ref | None = None
    inbox: Ref | None = None
    inbox_id: int | None = None

    def concerns(self) -> Conversation | None:
        if self.event.startswith("conversation_") and isinstance(self.id, int) and self.status:
            return Conversation(id=self.id, status=self.status)
        return self.conversation

    def is_question(self) -> bool:
        """A public message of the customer in a conversation of the bot's."""
        status = self.conversation.status if self.conversation else ""
        incoming = self.event == "message_created" and self.message_type in ("incoming", 0) and self.private is False
        return incoming and status == "pending"


def check(workspace: Workspace) -> None:
    """Looks for the secrets of a Chatwoot that is configured.

    Raises:
        ConfigError: one is not in the environment.
    """
    config = workspace.config.integrations.chatwoot
    if config.url:
        from_environment(config.token, "integrations.chatwoot.token")
        from_environment(config.secret, "integrations.chatwoot.secret")
        for inbox, variable in config.inbox_secrets.items():
            from_environment(variable, f"integrations.chatwoot.inbox_secrets.{inbox}")


@router.post("/integrations/chatwoot")
async def receive(request: Request, parts: Shared) -> dict[str, bool]:
    """Takes an event. `taken` says whether something is done about it."""
    config = parts.workspace.config.integrations.chatwoot
    if not config.url:
        raise Refusal(404, "There is no Chatwoot here: integrations.chatwoot.url is not set.")
    body = await request.body()
    event = _read(body)
    _verify(config, event, request, body)
    conversation = event.concerns()
    if conversation is None or (event.account and event.account.id not in (None, config.account)):
        return {"taken": False}
    delivery = request.headers.get("x-chatwoot-delivery") or hashlib.sha256(body).hexdigest()
    chat = Chat(parts, conversation.id)
    if event.event.startswith("conversation_"):
        if await to_thread.run_sync(is_new, parts.workspace.store, CHANNEL, delivery):
            await chat.follow(conversation.status)
            return {"taken": True}
    elif event.is_question():
        work = await to_thread.run_sync(parts.unfinished.begin, chat.id, CHANNEL, delivery)
        if work is not None:
            parts.tasks.queue(f"chatwoot {chat.id}", chat.answer((event.content or "").strip(), work))
            return {"taken": True}
    return {"taken": False}


def go_on(parts: Parts, chat_id: str, works: Sequence[str]) -> None:
    """Has the messages of a chat answered that a server before took and did not finish."""
    account, number = chat_id.split("-")[1:]
    config = parts.workspace.config.integrations.chatwoot
    if config.url and account == str(config.account):
        chat = Chat(parts, int(number))
        parts.tasks.queue(f"chatwoot {chat.id}", chat.go_on(works))


class Chat:
    """One conversation."""

    def __init__(self, parts: Parts, number: int) -> None:
        config = parts.workspace.config.integrations.chatwoot
        self.id = f"{CHANNEL}-{config.account}-{number}"
        self._parts = parts
        self._config = config
        self._place = f"{config.url}/api/v1/accounts/{config.account}/conversations/{number}"
        self._token = from_environment(config.token, "integrations.chatwoot.token")

    async def answer(self, text: str, work: str) -> None:
        """Says what there is to say, and hands over where a person is to go on."""
        if not await self.refresh():
            state = await self._state()
            await self._follow_if("pending", state, known=state != PENDING)
        await self._say(await respond(self._parts, self.id, CHANNEL, text, self._config.handover, self._refresh))
        await to_thread.run_sync(self._parts.unfinished.finish, work)

    async def go_on(self, works: Sequence[str]) -> None:
        """The same for messages that the record has, if it does."""
        await self.refresh()
        count, goodbye = len(works), self._config.handover
        await self._say(await respond_late(self._parts, self.id, CHANNEL, count, goodbye, self._refresh))
        await to_thread.run_sync(self._parts.unfinished.finish, *works)

    async def _say(self, reply: Reply | None) -> None:
        if reply is None or (not reply.handover and await self._state() != BOT):
            return
        await self._post("messages", {"content": reply.text, "message_type": "outgoing", "private": False})
        if reply.handover:
            await self._post("toggle_status", {"status": "open"})

    async def follow(self, status: str) -> None:
        """Makes our state that of Chatwoot."""
        await self._follow_if(status, await self._state(), known=True)

    async def refresh(self) -> bool:
        """Looks the status up; False where Chatwoot does not let a bot read it."""
        try:
            async with self._client() as http:
                answer = await http.get(self._place)
            status = answer.json().get("status") if answer.is_success else None
        except (httpx2.HTTPError, ValueError):
            status = None
        if isinstance(status, str):
            await self.follow(status)
        return isinstance(status, str)

    async def _refresh(self) -> None:
        await self.refresh()

    async def _state(self) -> str:
        return await to_thread.run_sync(self._parts.desk.state, self.id)

    async def _follow_if(self, status: str, state: str, known: bool) -> None:
        if known and (step := FOLLOWING.get((status, state))):
            move, by = step
            await to_thread.run_sync(partial(self._parts.desk.follow, self.id, move, by=by))

    async def _post(self, what: str, content: dict[str, Any]) -> None:
        for wait in (*WAITS, None):
            try:
                async with self._client() as http:
                    answer = await http.post(f"{self._place}/{what}", json=content)
                if answer.status_code < 500:
                    if not answer.is_success:
                        log.error("Chatwoot refused %s with the status %d", what, answer.status_code)
                    return
            except httpx2.ConnectError:
                pass
            except httpx2.HTTPError as error:  # it may have been taken: not again
                log.error("Chatwoot did not answer: %s", type(error).__name__)
                return
            if wait is not None:
                await asyncio.sleep(wait)
        log.error("Chatwoot could not be reached for %s", what)

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(headers={"api_access_token": self._token}, timeout=SECONDS_TO_ANSWER)


def _read(body: bytes) -> Event:
    try:
        return Event.model_validate(json.loads(body))
    except (ValueError, ValidationError):
        raise Refusal(400, "This is no event of Chatwoot: expected a JSON object with `event`.") from None


def _verify(config: Chatwoot, event: Event, request: Request, body: bytes) -> None:
    inbox = event.inbox.id if event.inbox else event.inbox_id
    variable = config.inbox_secrets.get(str(inbox), config.secret)
    secret = from_environment(variable, "integrations.chatwoot.secret")
    at = request.headers.get("x-chatwoot-timestamp", "")
    right = "sha256=" + hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    given = request.headers.get("x-chatwoot-signature", "")
    if not hmac.compare_digest(right.encode(), given.encode()):
        raise Refusal(401, "The signature is not that of this Chatwoot's bot.", "wrong_signature")
    if not at.isdecimal() or abs(time.time() - int(at)) > SECONDS_VALID:
        raise Refusal(401, "The event is too old, or a clock is wrong.", "wrong_signature")
