"""The chat widget's sessions, streamed answers and thumbs.

A session is a token the server signs, for one chat and one origin, or one key of an app; what is sent besides is the
new message only.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse

from deskwright.plugins import Generation
from serve import access
from serve.answers import HANDOVER, Ask, Finished, Muted, answer
from serve.desk import BOT, DELETED
from serve.handover import WAIT, for_the_bot, hand_over, listen, turns_of
from serve.line import Ticket
from serve.live import Served
from serve.openai_api import broken, events
from serve.parts import Parts, Shared, Turns
from serve.record import new_id
from serve.refusals import Refusal

CHANNEL = "widget"
LONGEST_MESSAGE = 4000
LONGEST_HISTORY = 40
"""Turns that go with a question; older ones stay in the record."""

router = APIRouter()


class Question(BaseModel):
    message: str = Field(min_length=1, max_length=LONGEST_MESSAGE)


class Thumb(BaseModel):
    """A thumb up (1) or down (-1), or 0 to take it back."""

    message_id: str = Field(max_length=64)
    value: Literal[1, -1, 0]
    reasons: list[Literal["wrong", "unclear", "not my question", "rude", "other"]] = Field(default=[], max_length=5)
    comment: str = Field("", max_length=2000)


_bearer = HTTPBearer(auto_error=False, scheme_name="session", description="From `POST /widget/api/session`.")


def _token(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    return sent.credentials if sent else ""


Token = Annotated[str, Depends(_token)]


def _origin(request: Request, parts: Parts) -> str:
    """The page's origin, which must be this server or one of `serve.origins`. Browsers leave the header `Origin` out
    when a page asks its own server for something by GET, and only then; so the widget says it in `X-Origin` as well."""
    origin = request.headers.get("origin") or request.headers.get("x-origin", "")
    host = request.headers.get("host")
    own = host and origin in (f"http://{host}", f"https://{host}")
    if not own and origin not in parts.workspace.config.serve.origins:
        message = "This page may not use the chat: its origin is neither in serve.origins nor the host that was asked."
        more = "A reverse proxy must pass the header Host on; an app of your own sends a key of the role widget."
        raise Refusal(403, f"{message} {more}", "wrong_origin")
    return origin


def _opener(request: Request, parts: Shared, sent: access.Sent) -> tuple[str, str]:
    """The origin of the page that opens a chat, or the id of an app's key: one of the two, the other is empty."""
    if sent and sent.credentials.startswith(access.MARK):
        return "", access.opens_chats(request, sent).id
    origin = _origin(request, parts)
    parts.limits.count_address(request)
    return origin, ""


Opener = Annotated[tuple[str, str], Depends(_opener)]


def _page(request: Request, parts: Shared, token: Token) -> str:
    """The page's origin; none is asked for in a chat that was opened with a key."""
    return "" if access.claimed(token).key else _origin(request, parts)


Page = Annotated[str, Depends(_page)]


def _known(request: Request, parts: Shared, page: Page, token: Token) -> str:
    return _checked(request, parts, page, token)


Known = Annotated[str, Depends(_known)]


def _chat(request: Request, parts: Shared, page: Page, chat_id: Known) -> str:
    if page:  # an app may speak for many from one address
        parts.limits.count_address(request)
    parts.limits.count("session", chat_id)
    return chat_id


Chat = Annotated[str, Depends(_chat)]
"""The id of the chat that the session token is for."""


def _watched(parts: Shared, chat_id: Known) -> str:
    parts.limits.count("watch", chat_id)
    return chat_id


Watched = Annotated[str, Depends(_watched)]
"""The same for who only looks for news: many who wait may share an address, and are not counted by it."""


def _own(request: Request, parts: Shared, page: Page, token: Token) -> str:
    chat_id = _checked(request, parts, page, token, ended=True)
    parts.limits.count("session", chat_id)
    return chat_id


Own = Annotated[str, Depends(_own)]
"""The same where the session has ended: nobody can go on with that chat, but whose it was may delete it."""


def _checked(request: Request, parts: Parts, origin: str, token: str, ended: bool = False) -> str:
    """The token's chat; an address that sends wrong tokens is counted."""
    try:
        return _chat_of(parts, token, origin, ended)
    except Refusal:
        parts.limits.count_address(request)
        raise


def _chat_of(parts: Parts, token: str, origin: str, ended: bool) -> str:
    found = access.session(parts.secret, token, origin, ended)
    if found.key and not access.is_valid(parts.workspace.store, found.key):
        raise Refusal(401, "The key that opened this chat was revoked.", "session_ended")
    if parts.desk.state(found.chat_id) == DELETED:
        raise Refusal(401, "This chat was deleted. Start a new one.", "session_ended")
    return found.chat_id


def _renewed(parts: Shared, page: Page, token: Token) -> str | None:
    return access.renewed(parts.secret, token, page)


Renewed = Annotated[str | None, Depends(_renewed)]
"""A fresh token for the same chat, where half of the time of the one that was sent is over."""


@router.post("/widget/api/session", openapi_extra={"security": [{}]})
def session(parts: Shared, opener: Opener) -> dict[str, Any]:
    """Starts a chat. A page of this server or of `serve.origins` needs nothing for that, and only that origin goes on
    with the chat. An app of your own sends a key of the role `widget`, from wherever it is; its chats end with the key.
    The `token` is the bearer token of all that follows."""
    origin, key = opener
    token = access.sign(parts.secret, new_id("chat"), origin, key)
    return {"token": token, "expires_in": access.TOKEN_SECONDS}


@router.post("/widget/api/chat", response_class=EventSourceResponse)
async def chat(question: Question, chat_id: Chat, token: Renewed, parts: Shared) -> EventSourceResponse:
    """Answers the next message of a chat: events `{"type": "text" | "end" | "error", ...}`. A chat that is a person's
    gets no text: what is said in it is kept for them."""
    message = question.message.strip()
    if not message:
        raise Refusal(400, "The message is empty.", param="message")
    if action := await listen(parts, chat_id, CHANNEL, message):
        return events(_for_a_person(parts, chat_id, action, token))
    served = await parts.live.current()
    ticket = served.line.ticket()
    turns = [*await turns_of(parts, chat_id), {"role": "user", "content": message}]
    return events(_events(parts, served, ticket, chat_id, turns, token))


@router.post("/widget/api/feedback")
def feedback(thumb: Thumb, chat_id: Chat, parts: Shared) -> dict[str, bool]:
    """Keeps a thumb. What is acknowledged is on the disk."""
    place = parts.record.place(thumb.message_id)
    if place is None or place[0] != chat_id:
        raise Refusal(404, "This chat has no such answer.", "no_such_message", "message_id")
    parts.record.thumb(thumb.message_id, thumb.value, thumb.reasons, redacted(parts, place, thumb.comment))
    return {"saved": True}


def redacted(parts: Parts, place: tuple[str, int], text: str) -> str:
    """A text about an answer, with the placeholders its conversation has. What the customer typed tells most about
    whom the text may name; when the chat is no longer in memory, the record has to do."""
    if not text.strip():
        return ""
    chat_id, position = place
    turns = parts.memory.turns(chat_id) or parts.record.turns(chat_id, position + 1)
    said = [turn["content"] for turn in turns]
    return parts.gate.redact([*said, text.strip()]).texts[-1]


async def _events(
    parts: Parts, served: Served, ticket: Ticket, chat_id: str, turns: Turns, token: str | None
) -> AsyncIterator[str]:
    how = Generation(max_tokens=parts.workspace.config.serve.max_tokens)
    ask = Ask(chat_id, CHANNEL, for_the_bot(turns[-LONGEST_HISTORY:]), how, fresh=1, ticket=ticket)
    try:
        async with aclosing(answer(parts, served, ask)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    parts.memory.add(chat_id, turns[-1], turns[:-1])
                    parts.memory.add(chat_id, {"role": "assistant", "content": piece.typed}, turns)
                    state = await hand_over(parts, chat_id, by="bot") if piece.action == HANDOVER else BOT
                    yield _end(piece.said.message_id, state, piece.action, token)
                else:
                    yield json.dumps({"type": "text", "text": piece})
    except Muted:
        state = await to_thread.run_sync(parts.desk.state, chat_id)
        if state != DELETED:
            parts.memory.add(chat_id, turns[-1], turns[:-1])
        yield _end(None, state, WAIT, token)
    except Refusal as refusal:
        yield json.dumps({"type": "error", "message": refusal.message, "code": refusal.code})
    except Exception as error:
        yield json.dumps({"type": "error", "message": broken(error).message})


async def _for_a_person(parts: Parts, chat_id: str, action: str, token: str | None) -> AsyncIterator[str]:
    yield _end(None, await to_thread.run_sync(parts.desk.state, chat_id), action, token)


def _end(message_id: str | None, state: str, action: str | None, token: str | None) -> str:
    renewed = {"token": token} if token else {}
    return json.dumps({"type": "end", "message_id": message_id, "state": state, "action": action, **renewed})
