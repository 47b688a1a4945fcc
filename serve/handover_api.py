"""The widget's way to people: ask for one, see who has the chat and what people wrote, delete the chat."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from deskwright.hours import is_open
from deskwright.store import now
from serve.desk import WITH_PEOPLE
from serve.handover import from_people, hand_over, keep
from serve.parts import Parts, Shared
from serve.widget_api import CHANNEL
from serve.widget_session import LONGEST_MESSAGE, Chat, Own, Renewed, Watched

LONGEST_CONTACT = 200

router = APIRouter()


class Wish(BaseModel):
    """What the person should know, and where to answer if the customer has left."""

    message: str = Field("", max_length=LONGEST_MESSAGE)
    contact: str = Field("", max_length=LONGEST_CONTACT)


@router.post("/widget/api/person")
async def person(wish: Wish, chat_id: Chat, parts: Shared) -> dict[str, Any]:
    """Asks for a person. The message is redacted in the record; the contact is stored sealed, until the chat closes."""
    if message := wish.message.strip():
        await keep(parts, chat_id, CHANNEL, "user", message)
    state = await hand_over(parts, chat_id, by="visitor", contact=wish.contact.strip())
    return {"state": state, "open": people_there(parts)}


@router.get("/widget/api/state")
def state(chat_id: Watched, token: Renewed, parts: Shared, after: str = "") -> dict[str, Any]:
    """Who has the chat, whether people are there now, and what they wrote since the message `after`. With a fresh token
    where the chat is a person's and half of the session's time is over: who waits may wait long."""
    found = parts.desk.state(chat_id)
    renewed = {"token": token} if token and found in WITH_PEOPLE else {}
    return {"state": found, "open": people_there(parts), "messages": from_people(parts, chat_id, after), **renewed}


@router.delete("/widget/api/chat", status_code=204)
def delete(chat_id: Own, parts: Shared) -> Response:
    """Deletes the chat, with all that was said in it and about it, and ends the session; also one that has ended."""
    parts.record.delete(chat_id, parts.desk)
    parts.memory.drop(chat_id)
    return Response(status_code=204)


def people_there(parts: Parts) -> bool:
    config = parts.workspace.config.serve
    return is_open(config.hours, config.time_zone, now())
