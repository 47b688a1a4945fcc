"""A message that came in by another service -> what to say there. Whole answers, in order; nothing is streamed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from anyio import to_thread

from deskwright.plugins import Generation
from serve.answers import HANDOVER, Ask, Finished, Muted, answer
from serve.desk import WAITING
from serve.handover import WAIT, for_the_bot, hand_over, keep, listen, turns_of
from serve.parts import Parts, Turns
from serve.widget_api import LONGEST_HISTORY

log = logging.getLogger("deskwright.serve")


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, if anything, and whether a person goes on."""

    text: str = field(repr=False)
    handover: bool


async def respond(
    parts: Parts, chat_id: str, channel: str, text: str, refresh: Callable[[], Awaitable[None]] | None = None
) -> Reply | None:
    """The bot's reply; None where a person has the chat. What the bot cannot answer is handed over."""
    if not text:  # a picture, say
        if await to_thread.run_sync(parts.desk.state, chat_id) in WAITING:
            return None
        await hand_over(parts, chat_id, by="bot")
        return Reply("", True)
    action = await listen(parts, chat_id, channel, text)
    if action is not None:
        return None if action == WAIT else Reply("", True)
    turns = [*await turns_of(parts, chat_id), {"role": "user", "content": text}]
    try:
        finished = await _answered(parts, chat_id, channel, turns, refresh)
    except Muted:
        parts.memory.add(chat_id, turns[-1], turns[:-1])
        return None
    except Exception as error:
        log.error("an answer broke off: %s", type(error).__name__)
        await keep(parts, chat_id, channel, "user", text)
        await hand_over(parts, chat_id, by="bot")
        return Reply("", True)
    parts.memory.add(chat_id, turns[-1], turns[:-1])
    parts.memory.add(chat_id, {"role": "assistant", "content": finished.typed}, turns)
    handover = finished.action == HANDOVER or not finished.text.strip()
    if handover:
        await hand_over(parts, chat_id, by="bot")
    return Reply(finished.text.strip(), handover)


async def _answered(
    parts: Parts, chat_id: str, channel: str, turns: Turns, refresh: Callable[[], Awaitable[None]] | None
) -> Finished:
    how = Generation(max_tokens=parts.workspace.config.serve.max_tokens)
    ask = Ask(chat_id, channel, for_the_bot(turns[-LONGEST_HISTORY:]), how, fresh=1, refresh=refresh)
    served = await parts.live.current()
    async with aclosing(answer(parts, served, ask)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Finished):
                return piece
    raise RuntimeError("an answer ended without its end")
