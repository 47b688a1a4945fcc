"""A question with its history -> its pieces as they are generated, then a `Finished`, recorded before it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from anyio import CancelScope, to_thread

from deskwright.plugins import Generation
from instruct.passages import Passage
from privacy.gate import Refused
from serve.chat import State, clean_turns
from serve.engines.text import TooLong
from serve.live import Served
from serve.parts import Parts, Turns
from serve.policy import Action
from serve.record import Said, new_id
from serve.refusals import Refusal

LONGEST_QUESTION_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be answered. `fresh` is the number of turns at the end that the record does not have; None: all."""

    chat_id: str
    channel: str
    turns: Turns = field(repr=False)
    how: Generation
    fresh: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer. `text` is what was shown, `said` what was recorded."""

    said: Said
    text: str = field(repr=False)
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    action: Action | None = None
    """What the bot did instead of answering, or what should follow: "quote", "ask", "handover"."""

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
    """
    state: dict[str, Any] = {"turns": ask.turns, "how": ask.how, "stopped": Event()}
    generated, shown, end = "", "", None
    try:
        async with parts.line.turn(), aclosing(_stepwise(_stream(served, state), state["stopped"])) as states:
            async for new in states:
                state.update(new)
                if "answer" in new:
                    generated += str(new["answer"].content)
                    end = new["answer"] if new["answer"].usage_metadata else end
                if new.get("text"):
                    shown += new["text"]
                    yield new["text"]
    except Refused:
        raise Refusal(400, "Personal data in this message could not be removed with certainty. Rephrase it.") from None
    except TooLong as error:
        raise Refusal(400, str(error), "context_length_exceeded") from None
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
    await _keep(parts, ask, state, said)
    usage = end.usage_metadata
    used = usage["input_tokens"], usage["output_tokens"]
    yield Finished(said, shown, about["finish_reason"], *used, action=state.get("action"))


async def _keep(parts: Parts, ask: Ask, state: dict[str, Any], said: Said) -> None:
    clean = clean_turns(State(turns=ask.turns, redacted=state["redacted"]))
    fresh = clean if ask.fresh is None else clean[-ask.fresh :]
    with CancelScope(shield=True):
        await to_thread.run_sync(parts.record.keep, ask.chat_id, ask.channel, fresh, said)


def _stream(served: Served, state: dict[str, Any]) -> Generator[Any, None, None]:
    yield from served.chat.stream(dict(state))


async def _stepwise(states: Generator[Any, None, None], stopped: Event) -> AsyncGenerator[Any, None]:
    """The same, each step in a thread. Closing sets `stopped`, since a LangChain stream that is closed early first runs
    to its end."""
    end, at_work = object(), Lock()

    def step() -> Any:
        with at_work:
            return next(states, end)

    def close() -> None:
        with at_work:
            states.close()

    try:
        while (state := await to_thread.run_sync(step)) is not end:
            yield state
    finally:
        stopped.set()
        with CancelScope(shield=True):
            await to_thread.run_sync(close)


def _source(passage: Passage, quoted: bool) -> dict[str, Any]:
    shown = {"id": passage.id, "question": passage.question[:LONGEST_QUESTION_SHOWN], "score": passage.score}
    cited = {"title": passage.title, "place": passage.place} if passage.title else {}
    return {**shown, **cited, **({"quoted": True} if quoted else {})}
