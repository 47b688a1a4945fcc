"""A bot in a Slack workspace: events come in by Slack's Events API, answers go into the thread.

Slack waits three seconds for the answer to an event and sends it again up to three times: the answer is 200 at once,
the work comes after, and a message is acted on once, by whichever event it came.

Sources: https://docs.slack.dev/apis/events-api, https://docs.slack.dev/authentication/verifying-requests-from-slack,
https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, ValidationError
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier

from connectors.slack import plain
from deskwright.keys import from_environment
from deskwright.workspace import Workspace
from serve.channels import Reply, respond, respond_late
from serve.deliveries import is_new
from serve.desk import BOT
from serve.handover import keep
from serve.parts import Parts, Shared
from serve.refusals import Refusal

log = logging.getLogger("deskwright.serve")

CHANNEL = "slack"
SPOKEN = (None, "file_share", "thread_broadcast")
"""Subtypes of messages that somebody wrote; others tell of edits, joins and the like."""

SECONDS_TO_ANSWER = 10
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")

router = APIRouter()


class Message(BaseModel):
    """What is read of an event of the types `message` and `app_mention`."""

    type: str
    subtype: str | None = None
    user: str = ""
    bot_id: str | None = None
    text: str = ""
    channel: str = Field(pattern=r"^[A-Z0-9]{1,20}$")
    channel_type: str = ""
    ts: str = Field(pattern=r"^\d{1,12}\.\d{1,6}$")
    thread_ts: str | None = Field(None, pattern=r"^\d{1,12}\.\d{1,6}$")
    parent_user_id: str | None = None


def check(workspace: Workspace) -> None:
    """Looks for the secrets of a Slack workspace that is configured.

    Raises:
        ConfigError: one is not in the environment.
    """
    config = workspace.config.integrations.slack
    if config.team:
        from_environment(config.secret, "integrations.slack.secret")
        from_environment(config.token, "integrations.slack.token")


@router.post("/integrations/slack")
async def receive(request: Request, parts: Shared) -> dict[str, Any]:
    """Takes an event. `taken` says whether something is done about it."""
    config = parts.workspace.config.integrations.slack
    if not config.team:
        raise Refusal(404, "There is no Slack here: integrations.slack.team is not set.")
    body = await request.body()
    _verify(from_environment(config.secret, "integrations.slack.secret"), request, body)
    event = _read(body)
    if event.get("type") == "url_verification":
        return {"challenge": event.get("challenge")}
    message = _message(event)
    if event.get("team_id") != config.team or message is None:
        return {"taken": False}
    thread = Thread(parts, message, _own(event))
    if not await thread.concerns():
        return {"taken": False}
    return {"taken": await thread.take_up(f"{message.channel} {message.ts}")}


def go_on(parts: Parts, chat_id: str, works: Sequence[str]) -> None:
    """Has the messages of a thread answered that a server before took and did not finish."""
    team, channel, at = chat_id.removeprefix(f"{CHANNEL}-").rsplit("-", 2)
    config = parts.workspace.config.integrations.slack
    if config.team and team == config.team:
        Thread(parts, Message(type="message", channel=channel, ts=at, thread_ts=at), "").go_on(works)


class Thread:
    """A thread that the bot is in, and a message of it. `own` is the bot's user id."""

    def __init__(self, parts: Parts, message: Message, own: str) -> None:
        config = parts.workspace.config.integrations.slack
        self.id = f"{CHANNEL}-{config.team}-{message.channel}-{message.thread_ts or message.ts}"
        self._name = f"slack {self.id}"
        self._parts = parts
        self._config = config
        self._message = message
        mark = f"<@{own}>" if own else ""
        self._mentioned = message.type == "app_mention" or (bool(mark) and mark in message.text)
        self._text = plain(message.text.replace(mark, " ") if mark else message.text, {}, {})

    async def concerns(self) -> bool:
        """Whether the message is the bot's business: a direct one, one that names it, or one in a thread it is in."""
        if self._mentioned or self._message.channel_type == "im":
            return True
        return self._message.thread_ts is not None and await self._is_known()

    async def take_up(self, delivery: str) -> bool:
        """Has the message answered; or, when a colleague wrote it, gives the thread to them at once. False where that
        was done before."""
        if self._is_a_colleagues():
            new = await to_thread.run_sync(is_new, self._parts.workspace.store, CHANNEL, delivery)
            if new:
                await to_thread.run_sync(partial(self._parts.desk.follow, self.id, "take", by="person"))
                self._parts.tasks.queue(self._name, self._keep())
            return new
        work = await to_thread.run_sync(self._parts.unfinished.begin, self.id, CHANNEL, delivery)
        if work is not None:
            self._parts.tasks.queue(self._name, self._answer(work))
        return work is not None

    def _is_a_colleagues(self) -> bool:
        """True in a thread that somebody else began, unless the bot is asked by its name."""
        parent = self._message.parent_user_id
        in_thread = self._message.thread_ts is not None and self._message.channel_type != "im"
        return in_thread and not self._mentioned and parent is not None and parent != self._message.user

    async def _is_known(self) -> bool:
        if self._parts.tasks.busy(self._name) or await self._state() != BOT:
            return True
        return bool(await to_thread.run_sync(self._parts.record.turns, self.id))

    async def _keep(self) -> None:
        if self._text:
            await keep(self._parts, self.id, CHANNEL, "human", self._text)

    async def _answer(self, work: str) -> None:
        await self._say(await respond(self._parts, self.id, CHANNEL, self._text, self._config.handover))
        await to_thread.run_sync(self._parts.unfinished.finish, work)

    def go_on(self, works: Sequence[str]) -> None:
        """Has messages of the thread answered, which the record has, or has not."""
        self._parts.tasks.queue(self._name, self._answer_late(works))

    async def _answer_late(self, works: Sequence[str]) -> None:
        await self._say(await respond_late(self._parts, self.id, CHANNEL, len(works), self._config.handover))
        await to_thread.run_sync(self._parts.unfinished.finish, *works)

    async def _say(self, reply: Reply | None) -> None:
        if reply is None or (not reply.handover and await self._state() != BOT):
            return
        await to_thread.run_sync(self._post, reply.text)

    async def _state(self) -> str:
        return await to_thread.run_sync(self._parts.desk.state, self.id)

    def _post(self, text: str) -> None:
        client = WebClient(
            from_environment(self._config.token, "integrations.slack.token"),
            base_url=self._config.api,
            timeout=SECONDS_TO_ANSWER,
            retry_handlers=[ConnectionErrorRetryHandler(), RateLimitErrorRetryHandler(max_retry_count=1)],
        )
        try:
            client.chat_postMessage(
                channel=self._message.channel,
                thread_ts=self._message.thread_ts or self._message.ts,
                text=marked(text),
                unfurl_links=False,
                unfurl_media=False,
            )
        except (SlackClientError, OSError) as error:
            why = getattr(error, "response", {}).get("error", "") if isinstance(error, SlackClientError) else ""
            log.error("Slack did not take an answer: %s %s", type(error).__name__, why)


def marked(text: str) -> str:
    """Plain text with bold in Markdown -> Slack's mark-up. Nothing in it can name a person or a channel."""
    return BOLD.sub(r"*\1*", html.escape(text, quote=False))


def _verify(secret: str, request: Request, body: bytes) -> None:
    at = request.headers.get("x-slack-request-timestamp", "")
    given = request.headers.get("x-slack-signature", "")
    try:
        valid = SignatureVerifier(secret).is_valid(body, at, given)
    except (ValueError, TypeError):  # no number, no UTF-8, or a signature that is not ASCII
        valid = False
    if not valid:
        raise Refusal(401, "The request is not signed by this Slack app, or is too old.", "wrong_signature")


def _read(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Refusal(400, "This is no event of Slack: expected a JSON object.")
    return event


def _message(event: dict[str, Any]) -> Message | None:
    """What somebody wrote; None for anything else, and for what a bot wrote."""
    inner = event.get("event")
    if event.get("type") != "event_callback" or not isinstance(inner, dict):
        return None
    try:
        message = Message.model_validate(inner)
    except ValidationError:
        return None
    written = message.type in ("message", "app_mention") and message.subtype in SPOKEN and message.bot_id is None
    return message if written and message.user and message.user != _own(event) else None


def _own(event: dict[str, Any]) -> str:
    """The bot's own user id, which every event names."""
    entries = event.get("authorizations")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("is_bot") and isinstance(entry.get("user_id"), str):
            return str(entry["user_id"])
    return ""
