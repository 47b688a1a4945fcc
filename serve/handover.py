"""What a customer or a person says in a chat -> the record and the memory; and the step from the bot to people.

Who has the chat is looked up anew each time: between two messages somebody may have taken it.
"""

from __future__ import annotations

from functools import partial

from anyio import to_thread

from privacy.gate import Refused
from serve.answers import HANDOVER
from serve.desk import CLOSED, WITH_PEOPLE
from serve.parts import Parts, Turns
from serve.record import new_id
from serve.refusals import Refusal, not_redacted
from serve.speak import Speech
from serve.wishes import asks_for_person

WAIT = "wait"
"""The action after a message that was kept for a person."""


async def listen(parts: Parts, chat_id: str, channel: str, text: str) -> str | None:
    """Whether the bot is to answer this message (None). If not, it is kept for a person, and the action says why.

    A message in a chat that a person closed begins anew with the bot.
    """
    state = await to_thread.run_sync(parts.desk.state, chat_id)
    if state == CLOSED:
        state = await to_thread.run_sync(partial(parts.desk.follow, chat_id, "reopen", by="visitor"))
    if state in WITH_PEOPLE:
        await keep(parts, chat_id, channel, "user", text)
        return WAIT
    turns = [*await turns_of(parts, chat_id), {"role": "user", "content": text}]
    if asks_for_person(turns, parts.workspace.config.serve.offer_person):
        await keep(parts, chat_id, channel, "user", text)
        await hand_over(parts, chat_id, by="visitor")
        return HANDOVER
    return None


async def hand_over(parts: Parts, chat_id: str, by: str, contact: str = "") -> str:
    """Asks for a person, and returns the state. The desk is told in the background."""
    state = await to_thread.run_sync(partial(parts.desk.move, chat_id, "ask", by=by, contact=contact))
    parts.webhook.tell(chat_id)
    return state


async def keep(parts: Parts, chat_id: str, channel: str, role: str, text: str) -> str:
    """Keeps a message that the bot does not answer: redacted in the record, as it was typed in memory. Returns its id.

    Raises:
        Refusal: it could not be redacted, or the chat was deleted.
    """
    known = await turns_of(parts, chat_id)
    message_id = new_id("msg")
    clean = await to_thread.run_sync(_redacted, parts, known, text)
    kept = {"id": message_id, "role": role, "content": clean}
    if not await to_thread.run_sync(parts.record.keep, chat_id, channel, [kept]):
        raise Refusal(409, "This chat was deleted.", "wrong_state")
    parts.memory.add(chat_id, {**kept, "content": text}, known)
    return message_id


async def turns_of(parts: Parts, chat_id: str) -> Turns:
    """What was said in a chat: as it was typed, or redacted where that is no longer in memory."""
    known = parts.memory.turns(chat_id)
    return await to_thread.run_sync(parts.record.turns, chat_id) if known is None else known


def for_the_bot(turns: Turns) -> Turns:
    """The same with two sides only: to the bot, a colleague's words are its own."""
    return [
        {"role": "assistant" if turn["role"] == "human" else turn["role"], "content": turn["content"]} for turn in turns
    ]


def from_people(parts: Parts, chat_id: str, after: str = "") -> list[dict[str, str]]:
    """What people wrote in a chat, for its customer. Where the words as typed are no longer in memory, neutral ones
    stand for what was redacted."""
    typed = {turn.get("id"): turn["content"] for turn in parts.memory.turns(chat_id) or []}
    return [
        {"message_id": message_id, "role": "human", "text": typed.get(message_id) or _spoken(text)}
        for message_id, text in parts.record.people(chat_id, after)
    ]


def _redacted(parts: Parts, known: Turns, text: str) -> str:
    try:
        return parts.gate.redact([*(turn["content"] for turn in known), text]).texts[-1]
    except Refused:
        raise not_redacted("message") from None


def _spoken(text: str) -> str:
    speech = Speech({})
    return speech.feed(text) + speech.end()
