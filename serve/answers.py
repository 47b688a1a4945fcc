"""A question with its history -> its pieces as they are generated, then a `Finished`, recorded before it is told."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from anyio import CancelScope, to_thread

from deskwright.plugins import Generation
from instruct.holding import holding
from instruct.passages import Passage
from privacy.gate import Refused
from privacy.redact import PLACEHOLDER
from serve.chat import State, clean_turns, ground, tell
from serve.desk import BOT
from serve.engines.text import TooLong
from serve.line import Ticket
from serve.live import Served
from serve.parts import Parts, Turns
from serve.record import Said, new_id
from serve.refusals import Refusal, not_redacted
from serve.wishes import asks_for_person

HANDOVER = "handover"
"""The action of an answer after which a person should go on: the customer asks for one, or the answer promises one."""

LONGEST_QUESTION_SHOWN = 300

SECONDS_TO_LOOK = 0.5
"""How often an answer under way looks whether the chat is still the bot's; a change in this process is seen at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be answered. `fresh` is the number of turns at the end that the record does not have; None: all.
    `refresh` looks up who has the chat where that is decided elsewhere, before the answer is recorded."""

    chat_id: str
    channel: str
    turns: Turns = field(repr=False)
    how: Generation
    fresh: int | None = None
    refresh: Callable[[], Awaitable[None]] | None = None
    ticket: Ticket | None = None
    """Its place in the line of the model; without one it waits, however many do."""


class Muted(Exception):
    """The chat is no longer the bot's: the answer is dropped. What the customer wrote is kept for the person."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer. `text` is what was shown, `said` what was recorded, `action` what is to be done next;
    `typed` is what was recorded with the customer's own words, so that they get the same placeholders again."""

    said: Said
    text: str = field(repr=False)
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    action: str | None = None
    """What the bot did instead of answering, or what should follow: "quote", "ask", "handover"."""

    typed: str = field(default="", repr=False)

    @property
    def sources(self) -> Sequence[Mapping[str, Any]]:
        return self.said.sources

    @property
    def confidence(self) -> float | None:
        return self.said.confidence


async def answer(parts: Parts, served: Served, ask: Ask) -> AsyncGenerator[str | Finished, None]:
    """Generates when it is this one's turn. Closing the iterator stops the generation, and records nothing.

    Raises:
        Refusal: the question is too long for the model, or could not be redacted.
        Muted: somebody took the chat over meanwhile.
    """
    state: dict[str, Any] = {"turns": ask.turns, "how": ask.how}
    generated, shown, end = "", "", None
    try:
        async with (ask.ticket or served.line.ticket(always=True)).turn():
            state = await to_thread.run_sync(ground, served.chat, state)
            async with aclosing(_ours(parts, ask, tell(served.chat, cast(State, state)))) as pieces:
                async for new in pieces:
                    state.update(new)
                    if "answer" in new:
                        generated += str(new["answer"].content)
                        end = new["answer"] if new["answer"].usage_metadata else end
                    if new.get("text"):
                        shown += new["text"]
                        yield new["text"]
    except Refused:
        raise not_redacted("message") from None
    except TooLong as error:
        raise Refusal(400, str(error), "context_length_exceeded") from None
    except Muted:
        await _keep(parts, ask, state, None)
        raise
    if end is None:
        raise RuntimeError(f"{served.name} ended without a finish reason")
    about = end.response_metadata
    said = Said(
        message_id=new_id("msg"),
        text=generated.strip(),
        model=about["model_name"],
        digest=about["digest"],
        sources=[_source(passage, about.get("quoted", False)) for passage in state["passages"]],
        confidence=state["confidence"],
    )
    if ask.refresh is not None:
        await ask.refresh()
    if not await _keep(parts, ask, state, said):
        raise Muted
    usage = end.usage_metadata
    used, words = (usage["input_tokens"], usage["output_tokens"]), state["redacted"].words
    typed = PLACEHOLDER.sub(lambda found: words.get(found.group(), found.group()), said.text)
    yield Finished(said, shown, about["finish_reason"], *used, action=_action(parts, ask, said, state), typed=typed)


async def _keep(parts: Parts, ask: Ask, state: dict[str, Any], said: Said | None) -> bool:
    fresh = clean_turns(State(turns=ask.turns, redacted=state["redacted"]))
    if ask.fresh is not None:
        texts = zip(ask.turns, state["redacted"].texts, strict=True)
        fresh = [{"role": turn["role"], "content": text} for turn, text in texts][len(ask.turns) - ask.fresh :]
    with CancelScope(shield=True):
        kept = await to_thread.run_sync(parts.record.keep, ask.chat_id, ask.channel, fresh, said)
    return kept


async def _ours(parts: Parts, ask: Ask, pieces: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    """The pieces, for as long as the chat is the bot's. Nobody can take over a chat that is not gone on with."""
    looked, moves = 0.0, -1
    async with aclosing(cast(AsyncGenerator[Any, None], pieces)) as all_of_them:
        async for piece in all_of_them:
            due = moves != parts.desk.moves or time.monotonic() - looked > SECONDS_TO_LOOK
            if ask.fresh is not None and due:
                moves = parts.desk.moves
                if await to_thread.run_sync(parts.desk.state, ask.chat_id) != BOT:
                    raise Muted
                looked = time.monotonic()
            yield piece


def _action(parts: Parts, ask: Ask, said: Said, state: Mapping[str, Any]) -> str | None:
    if asks_for_person(ask.turns, parts.workspace.config.serve.offer_person) or holding(said.text):
        return HANDOVER
    return cast(str | None, state.get("action"))


def _source(passage: Passage, quoted: bool) -> dict[str, Any]:
    shown = {"id": passage.id, "question": passage.question[:LONGEST_QUESTION_SHOWN], "score": passage.score}
    cited = {"title": passage.title, "place": passage.place} if passage.title else {}
    return {**shown, **cited, **({"quoted": True} if quoted else {})}
