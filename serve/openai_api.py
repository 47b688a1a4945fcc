"""`/v1/chat/completions` and `/v1/models`, as OpenAI's clients expect them.

Each answer carries an extension object `deskwright` (message id, model, digest, sources, confidence, action), which
plain clients ignore. The model's own system text is used; system messages of the caller are not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from serve.access import Asker, Integration
from serve.answers import Ask, Finished, answer
from serve.chat_schema import CHUNKS, NAME, ChatRequest, Completion, ModelAbout, ModelList
from serve.live import Served
from serve.middleware import place
from serve.parts import Parts, Shared
from serve.record import new_id
from serve.refusals import Refusal, documented

log = logging.getLogger("deskwright.serve")

SECONDS_TO_LOOK = 0.25
"""How often an answer that is not streamed looks whether its client is still there."""

EVENT = {"type": "object", "properties": {"data": {"type": "string"}}, "required": ["data"]}

ANSWERED = {"model": Completion, "content": {"text/event-stream": {"itemSchema": EVENT, "example": CHUNKS}}}
"""What `complete` answers, for the OpenAPI document."""

router = APIRouter(tags=["OpenAI"])
T = TypeVar("T")


@router.get("/v1/models", responses=documented(401, 403))
async def models(parts: Shared, key: Integration) -> ModelList:
    """The promoted model, under its own name and under the stable one."""
    served = await parts.live.current()
    return ModelList(data=[ModelAbout(id=name) for name in dict.fromkeys((NAME, served.name))])


@router.get("/v1/models/{name:path}", responses=documented(401, 403, 404))
async def model(name: str, parts: Shared, key: Integration) -> ModelAbout:
    """One of them."""
    _known(name, await parts.live.current())
    return ModelAbout(id=name)


@router.post("/v1/chat/completions", response_model=None, responses={200: ANSWERED, **documented(400, 401, 403, 404)})
async def complete(request: Request, asked: ChatRequest, parts: Shared, key: Asker) -> Response | dict[str, Any]:
    """Answers a conversation, at once or streamed."""
    served = await parts.live.current()
    _known(asked.model, served)
    most = parts.workspace.config.serve.max_tokens
    ticket = served.line.ticket()
    ask = Ask(new_id("chat"), "api", asked.turns(), asked.how(most), ticket=ticket)
    if asked.stream:
        usage = bool(asked.stream_options and asked.stream_options.include_usage)
        return events(_chunks(parts, served, ask, usage))
    try:
        finished = await _unless_gone(request, _last(parts, served, ask))
    except Refusal:
        raise
    except Exception as error:
        raise broken(error) from None
    return _completion(finished) if finished else Response(status_code=499)


def _known(name: str, served: Served) -> None:
    if name not in (NAME, served.name):
        known = f"{NAME!r} and {served.name!r}"
        raise Refusal(404, f"There is no such model here; known are {known}.", "model_not_found", "model")


def events(data: AsyncIterator[str]) -> EventSourceResponse:
    """A stream of server-sent events, kept alive by comments."""
    return EventSourceResponse(
        (ServerSentEvent(data=item, sep="\n") async for item in data),
        ping=15,
        sep="\n",
        ping_message_factory=lambda: ServerSentEvent(comment="ping", sep="\n"),
    )


async def _chunks(parts: Parts, served: Served, ask: Ask, usage: bool) -> AsyncIterator[str]:
    head = {
        "id": new_id("chatcmpl"),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": served.name,
    }

    def chunk(delta: dict[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return json.dumps({**head, "choices": [choice], **({"usage": None} if usage else {}), **more})

    try:
        yield chunk({"role": "assistant", "content": ""})
        async with aclosing(answer(parts, served, ask)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield chunk({"content": piece})
                    continue
                yield chunk({}, piece.finish_reason, deskwright=_extension(piece))
                if usage:
                    yield json.dumps({**head, "choices": [], "usage": _usage(piece)})
        yield "[DONE]"
    except Refusal as refusal:
        yield json.dumps(refusal.body())
    except Exception as error:
        yield json.dumps(broken(error).body())


def broken(error: Exception) -> Refusal:
    """What to say when an answer broke off. The log names the kind of error only: its text may quote the customer."""
    log.error("an answer broke off: %s", place(error))
    return Refusal(500, "The answer broke off because of a fault in the server. Try again.", "broken_off")


async def _last(parts: Parts, served: Served, ask: Ask) -> Finished:
    async with aclosing(answer(parts, served, ask)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Finished):
                return piece
    raise RuntimeError("an answer ended without its end")


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, which is cancelled when the client goes away."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=SECONDS_TO_LOOK)
            if not task.done() and await request.is_disconnected():
                return None
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


def _completion(finished: Finished) -> dict[str, Any]:
    message = {"role": "assistant", "content": finished.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finished.finish_reason}
    return {
        "id": new_id("chatcmpl"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": finished.said.model,
        "choices": [choice],
        "usage": _usage(finished),
        "deskwright": _extension(finished),
    }


def _usage(finished: Finished) -> dict[str, int]:
    prompt, completion = finished.prompt_tokens, finished.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _extension(finished: Finished) -> dict[str, Any]:
    said = finished.said
    return {
        "message_id": said.message_id,
        "model": said.model,
        "digest": said.digest,
        "sources": list(said.sources),
        "confidence": said.confidence,
        "action": finished.action,
    }
