"""The chat widget's sessions, streamed answers and thumbs.

A session is a token the server signs, for one chat and one origin, or one key of an app; what is sent besides is the
new message only.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Literal

from anyio import to_thread
from fastapi import APIRouter
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
from serve.widget_session import Asking, Chat, Opener, Question, Renewed

CHANNEL = "widget"
LONGEST_HISTORY = 40
"""Turns that go with a question; older ones stay in the record."""

router = APIRouter()


class Thumb(BaseModel):
    """A thumb up (1) or down (-1), or 0 to take it back."""

    message_id: str = Field(max_length=64)
    value: Literal[1, -1, 0]
    reasons: list[Literal["wrong", "unclear", "not my question", "rude", "other"]] = Field(default=[], max_length=5)
    comment: str = Field("", max_length=2000)


@router.post("/widget/api/session", openapi_extra={"security": [{}]})
async def session(parts: Shared, opener: Opener) -> dict[str, Any]:
    """Starts a chat. A page of this server or of `serve.origins` needs nothing for that, and only that origin goes on
    with the chat. An app of your own sends a key of the role `widget`, from wherever it is; its chats end with the key.
    The `token` is the bearer token of all that follows."""
    origin, key = opener
    chat_id = new_id("chat")
    parts.lately.bots[chat_id] = parts.desk.moves
    token = access.sign(parts.secret, chat_id, origin, key)
    return {"token": token, "expires_in": access.TOKEN_SECONDS}


@router.post("/widget/api/chat", response_class=EventSourceResponse)
async def chat(question: Question, chat_id: Asking, token: Renewed, parts: Shared) -> EventSourceResponse:
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
