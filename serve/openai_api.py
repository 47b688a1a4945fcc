"""`POST /v1/chat/completions` and `GET /v1/models`, as OpenAI's clients expect them.

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
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from deskwright.plugins import Generation
from serve.access import Integration
from serve.answers import Ask, Finished, answer
from serve.live import Served
from serve.parts import Parts, Shared
from serve.record import new_id
from serve.refusals import Refusal

log = logging.getLogger("deskwright.serve")

ALIAS = "deskwright"
"""The stable name of whichever model is promoted."""

MOST_MESSAGES = 200

SECONDS_TO_LOOK = 0.25
"""How often an answer that is not streamed looks whether its client is still there."""

router = APIRouter()
T = TypeVar("T")


def _plain(content: Any) -> Any:
    """The text of a message's content, which may come in parts."""
    if not isinstance(content, list):
        return content or ""
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in content]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("only parts of the type text can be answered")
    return "\n".join(str(text) for text in texts)


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[str, BeforeValidator(_plain)] = ""


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """What is honoured of OpenAI's request; other fields are ignored."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: str | list[str] | None = None
    n: Literal[1] | None = None

    def turns(self) -> list[dict[str, str]]:
        """What customer and bot said."""
        spoken = [m for m in self.messages if m.role in ("user", "assistant") and m.content.strip()]
        if not spoken or spoken[-1].role != "user":
            raise Refusal(400, "messages: expected the last one to have the role user, and some text", param="messages")
        return [{"role": message.role, "content": message.content} for message in spoken]

    def how(self, most: int) -> Generation:
        """How to generate, with at most `most` tokens."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        asked = self.max_completion_tokens or self.max_tokens or most
        top_p = 1.0 if self.top_p is None else self.top_p
        return Generation(min(asked, most), self.temperature or 0.0, top_p, tuple(stop[:4]))


@router.get("/v1/models")
async def models(parts: Shared, key: Integration) -> dict[str, Any]:
    """The promoted model, under its own name and under the stable one."""
    served = await parts.live.current()
    about = {"object": "model", "created": 0, "owned_by": "deskwright"}
    return {"object": "list", "data": [{"id": name, **about} for name in dict.fromkeys((ALIAS, served.name))]}


@router.post("/v1/chat/completions", response_model=None)
async def complete(request: Request, asked: ChatRequest, parts: Shared, key: Integration) -> Response | dict[str, Any]:
    """Answers a conversation, at once or streamed."""
    served = await parts.live.current()
    if asked.model not in (ALIAS, served.name):
        known = f"{ALIAS!r} and {served.name!r}"
        raise Refusal(404, f"There is no such model here; known are {known}.", "model_not_found", "model")
    most = parts.workspace.config.serve.max_tokens
    ask = Ask(new_id("chat"), "api", asked.turns(), asked.how(most))
    parts.line.check()
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
    log.error("an answer broke off: %s", type(error).__name__)
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
