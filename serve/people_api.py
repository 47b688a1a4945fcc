"""The people's side of a hand-over, in the review console: chats that wait, and what a person does with one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from deskwright.store import now
from serve import people
from serve.access import Reviewer
from serve.desk import BOT, DELETED, HUMAN, Handover
from serve.handover import keep
from serve.handover_api import people_there
from serve.pages import page
from serve.parts import Parts, Shared
from serve.refusals import Refusal
from serve.widget_api import CHANNEL
from serve.widget_session import LONGEST_MESSAGE

MINUTES_AT_WORK = 30
MOST_AT_WORK = 20
"""So many chats of the bot, in which something was said so lately, are listed besides: they can be taken too."""

OURS = "chat_"
"""How the ids of the widget's chats begin, and those of the chat API. What is not the widget's goes on there."""

router = APIRouter()


class Reply(BaseModel):
    text: str = Field(min_length=1, max_length=LONGEST_MESSAGE)


@router.get("/console/desk", include_in_schema=False)
def desk() -> Response:
    """The list as a page."""
    return page("console", "desk.html", {})


@router.get("/console/api/chats")
def chats(parts: Shared, key: Reviewer) -> dict[str, Any]:
    """The chats that are a person's, those that nobody took first; then those that the bot is at."""
    names = people.names(parts.workspace.store)
    waiting = [_row(one, names) for one in parts.desk.waiting(CHANNEL, OURS)]
    recent = parts.record.recent(CHANNEL, now() - timedelta(minutes=MINUTES_AT_WORK), MOST_AT_WORK)
    at_work = [{"chat_id": one, "state": BOT} for one in recent if parts.desk.state(one) == BOT]
    return {"open": people_there(parts), "chats": waiting, "bot": at_work}


@router.get("/console/api/chats/{chat_id}")
def chat(chat_id: str, parts: Shared, key: Reviewer) -> dict[str, Any]:
    """One chat, redacted, with the customer's contact."""
    return {**_one(parts, chat_id), "turns": parts.record.turns(chat_id)}


@router.post("/console/api/chats/{chat_id}/reply")
async def reply(chat_id: str, said: Reply, parts: Shared, key: Reviewer) -> dict[str, Any]:
    """Says something to the customer, in a chat that a person has. The record has it redacted."""
    if not said.text.strip():
        raise Refusal(400, "The reply is empty.", param="text")
    if (state := await to_thread.run_sync(parts.desk.state, chat_id)) != HUMAN:
        raise Refusal(409, f"The chat is in the state {state}; take it over first.", "wrong_state")
    return {"message_id": await keep(parts, chat_id, CHANNEL, "human", said.text.strip())}


@router.post("/console/api/chats/{chat_id}/{move}")
async def move(
    chat_id: str, move: Literal["take", "give-back", "close"], parts: Shared, key: Reviewer
) -> dict[str, Any]:
    """Takes a chat over, gives it back to the bot, or closes it."""
    await to_thread.run_sync(_one, parts, chat_id)
    return {"state": await to_thread.run_sync(partial(parts.desk.move, chat_id, move, by="person", agent=key.id))}


def _one(parts: Parts, chat_id: str) -> dict[str, Any]:
    channel = parts.record.channel(chat_id)
    handover = parts.desk.find(chat_id) if chat_id.startswith(OURS) and channel in (CHANNEL, None) else None
    if handover and handover.state != DELETED:
        return _row(handover, people.names(parts.workspace.store))
    if handover or channel != CHANNEL:
        raise Refusal(404, "There is no such chat.", "no_such_chat")
    return {"chat_id": chat_id, "state": BOT, "contact": "", "agent": "", "agent_name": "", "since": None}


def _row(handover: Handover, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "chat_id": handover.chat_id,
        "state": handover.state,
        "contact": handover.contact,
        "agent": handover.agent,
        "agent_name": names.get(handover.agent, ""),
        "since": handover.since.isoformat(),
    }
