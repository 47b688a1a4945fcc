"""A message that came in by another service -> what to say there. Whole answers, in order; nothing is streamed.

When the server stops before there is an answer, the message is kept, redacted, and answered after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from anyio import CancelScope, to_thread

from deskwright.plugins import Generation
from instruct.holding import holding
from serve.answers import HANDOVER, Ask, Finished, Muted, answer
from serve.desk import BOT, WITH_PEOPLE
from serve.handover import WAIT, for_the_bot, hand_over, keep, listen, turns_of
from serve.parts import Parts, Turns
from serve.widget_api import LONGEST_HISTORY

log = logging.getLogger("deskwright.serve")


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, and whether a person goes on."""

    text: str = field(repr=False)
    handover: bool


async def respond(
    parts: Parts,
    chat_id: str,
    channel: str,
    text: str,
    goodbye: str,
    refresh: Callable[[], Awaitable[None]] | None = None,
) -> Reply | None:
    """The bot's reply; None where a person has the chat. What the bot cannot answer is handed over, with `goodbye`."""
    if not text:  # a picture, say
        return await _left_to_people(parts, chat_id, goodbye)
    try:
        action = await listen(parts, chat_id, channel, text)
        if action is not None:
            return None if action == WAIT else Reply(goodbye, True)
        turns = [*await turns_of(parts, chat_id), {"role": "user", "content": text}]
        finished = await _answered(parts, chat_id, channel, turns, 1, refresh)
    except Muted:
        parts.memory.add(chat_id, turns[-1], turns[:-1])
        return None
    except asyncio.CancelledError:
        with CancelScope(shield=True):
            await _kept(parts, chat_id, channel, text)
        raise
    except Exception as error:
        log.error("an answer broke off: %s", type(error).__name__)
        await _kept(parts, chat_id, channel, text)
        return await _left_to_people(parts, chat_id, goodbye)
    parts.memory.add(chat_id, turns[-1], turns[:-1])
    return await _reply(parts, chat_id, turns, finished, goodbye)


async def respond_late(
    parts: Parts,
    chat_id: str,
    channel: str,
    count: int,
    goodbye: str,
    refresh: Callable[[], Awaitable[None]] | None = None,
) -> Reply | None:
    """The reply to the last `count` messages of a chat, which a server before did not finish. Where the record has not
    all of them, or it cannot be known whether the answer arrived, a person goes on."""
    turns = await turns_of(parts, chat_id)
    waiting = next((n for n, turn in enumerate(reversed(turns)) if turn["role"] != "user"), len(turns))
    if waiting < count or await to_thread.run_sync(parts.desk.state, chat_id) != BOT:
        return await _left_to_people(parts, chat_id, goodbye)
    try:
        finished = await _answered(parts, chat_id, channel, turns, 0, refresh)
    except Muted:
        return None
    except Exception as error:
        log.error("an answer broke off: %s", type(error).__name__)
        return await _left_to_people(parts, chat_id, goodbye)
    return await _reply(parts, chat_id, turns, finished, goodbye)


async def _reply(parts: Parts, chat_id: str, turns: Turns, finished: Finished, goodbye: str) -> Reply:
    parts.memory.add(chat_id, {"role": "assistant", "content": finished.typed}, turns)
    said = finished.text.strip()
    if finished.action != HANDOVER and said:
        return Reply(said, False)
    await hand_over(parts, chat_id, by="bot")
    announced = holding(said) or said == parts.workspace.config.serve.hand_over.strip()
    return Reply(said if announced else f"{said}\n\n{goodbye}".strip(), True)


async def _left_to_people(parts: Parts, chat_id: str, goodbye: str) -> Reply | None:
    if await to_thread.run_sync(parts.desk.state, chat_id) in WITH_PEOPLE:
        return None
    await hand_over(parts, chat_id, by="bot")
    return Reply(goodbye, True)


async def _kept(parts: Parts, chat_id: str, channel: str, text: str) -> None:
    """Keeps a message if that can be done; the person reads it in the other service in any case."""
    try:
        await keep(parts, chat_id, channel, "user", text)
    except Exception as error:
        log.error("a message could not be kept: %s", type(error).__name__)


async def _answered(
    parts: Parts, chat_id: str, channel: str, turns: Turns, fresh: int, refresh: Callable[[], Awaitable[None]] | None
) -> Finished:
    how = Generation(max_tokens=parts.workspace.config.serve.max_tokens)
    ask = Ask(chat_id, channel, for_the_bot(turns[-LONGEST_HISTORY:]), how, fresh=fresh, refresh=refresh)
    served = await parts.live.current()
    async with aclosing(answer(parts, served, ask)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Finished):
                return piece
    raise RuntimeError("an answer ended without its end")
