"""Chat messages -> tokens from any server that speaks OpenAI's chat completions: vLLM, llama.cpp's, or another.

`[serve.server]` of deskwright.toml names it. The other server renders the prompt, so it has to have the chat template
of the tuned model's folder. It is asked for `NAME-DIGEST` of the promoted model, where `serve.server.model` names no
other: a model it was not given is an error then, and never another model's answer. With vLLM:

    vllm serve BASE --chat-template shop/models/NAME/chat_template.jinja \\
        --enable-lora --lora-modules NAME-DIGEST=shop/models/NAME

https://docs.vllm.ai/en/stable/features/lora.html
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import openai

from deskwright.errors import DeskwrightError
from deskwright.keys import from_environment
from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct.rounds import Model
from serve.engines.text import TooLong

AT_ONCE = 64
PATIENCE = openai.Timeout(120.0, connect=10.0)
"""Seconds between two pieces, and until there is a connection."""


class Unreachable(DeskwrightError):
    """The server does not answer, refuses, or breaks off."""


class OpenAI:
    """Serves what the other server serves. `url` is its base address, with `/v1`; `asked` the model's name there."""

    at_once = AT_ONCE

    def __init__(self, url: str, asked: str, key: str, model: str, digest: str) -> None:
        self.model = model
        self.digest = digest
        self._url = url
        self._asked = asked
        self._chances = True
        about: dict[str, Any] = {"base_url": url, "api_key": key or "none", "timeout": PATIENCE, "max_retries": 1}
        self._client, self._async = openai.OpenAI(**about), openai.AsyncOpenAI(**about)

    @classmethod
    def open(cls, workspace: Workspace, model: Model | None) -> OpenAI:
        """
        Raises:
            DeskwrightError: no server is configured, its key is not in the environment, it does not answer, or it has
                no model of this name.
        """
        server = workspace.config.serve.server
        if not server.url:
            raise DeskwrightError(
                "The engine openai needs the address of a server: set url in [serve.server], for example "
                '"http://127.0.0.1:8001/v1".'
            )
        variable = server.key_variable
        key = from_environment(variable, "serve.server.key_variable") if variable else ""
        name = model.name if model else workspace.config.model.base
        asked = server.model or (f"{model.name}-{model.digest}" if model else name)
        made = cls(server.url, asked, key, name, model.digest if model else "")
        made.check()
        return made

    def check(self) -> None:
        """
        Raises:
            Unreachable: the server does not answer, or does not have the model.
        """
        try:
            known = [model.id for model in self._client.models.list()]
        except openai.OpenAIError as error:
            raise self._explained(error) from error
        if self._asked not in known:
            raise self._missing()

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        """The answer, piece by piece.

        Raises:
            TooLong: the other server says so.
            Unreachable: it cannot be reached, refuses, or breaks off.
        """
        answer = _Answer()
        try:
            with self._begun(messages, how) as chunks:
                for chunk in chunks:
                    if text := answer.feed(chunk):
                        yield Token(text)
        except openai.OpenAIError as error:
            raise self._explained(error) from error
        yield self._last(answer)

    async def astream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> AsyncIterator[Token]:
        """The same without a thread."""
        answer = _Answer()
        try:
            async with await self._abegun(messages, how) as chunks:
                async for chunk in chunks:
                    if text := answer.feed(chunk):
                        yield Token(text)
        except openai.OpenAIError as error:
            raise self._explained(error) from error
        yield self._last(answer)

    def _begun(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Any:
        request = self._request(messages, how)
        try:
            return self._client.chat.completions.create(**request)
        except openai.BadRequestError as error:
            return self._client.chat.completions.create(**self._without_chances(request, error))

    async def _abegun(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Any:
        request = self._request(messages, how)
        try:
            return await self._async.chat.completions.create(**request)
        except openai.BadRequestError as error:
            return await self._async.chat.completions.create(**self._without_chances(request, error))

    def _without_chances(self, request: dict[str, Any], error: openai.BadRequestError) -> dict[str, Any]:
        """Some servers refuse to tell the tokens' probabilities: they are not asked again."""
        if "logprobs" not in request or "logprobs" not in f"{error.param} {error.message}":
            raise error
        self._chances = False
        return {name: value for name, value in request.items() if name != "logprobs"}

    def _request(self, messages: Sequence[Mapping[str, str]], how: Generation) -> dict[str, Any]:
        return {
            "model": self._asked,
            "messages": [dict(message) for message in messages],
            "max_tokens": how.max_tokens,
            "temperature": how.temperature,
            "top_p": how.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"logprobs": True} if self._chances else {}),
            **({"stop": list(how.stop)} if how.stop else {}),
        }

    def _last(self, answer: _Answer) -> Token:
        if not answer.reason:
            raise Unreachable(f"The server at {self._url} ended an answer without a finish reason.")
        return Token("", answer.reason, answer.prompt, answer.made, confidence=answer.confidence)

    def _explained(self, error: openai.OpenAIError) -> DeskwrightError:
        """In a sentence, without what the server says of the request, which may quote the customer."""
        status = getattr(error, "status_code", None)
        if getattr(error, "code", None) == "context_length_exceeded":
            return TooLong(f"The message is too long for {self.model}.")
        if status == 404:
            return self._missing()
        what = f"answered with status {status}" if status else "cannot be reached, or broke off"
        return Unreachable(f"The server at {self._url} {what} ({type(error).__name__}).")

    def _missing(self) -> Unreachable:
        return Unreachable(
            f"The server at {self._url} has no model {self._asked!r}. Load the adapter there under this name, or name "
            "another in serve.server.model."
        )


class _Answer:
    """What the chunks of one answer say beside its text."""

    def __init__(self) -> None:
        self.reason = ""
        self.prompt = self.made = 0
        self._chances: list[float] = []

    @property
    def confidence(self) -> float | None:
        return round(sum(self._chances) / len(self._chances), 4) if self._chances else None

    def feed(self, chunk: Any) -> str:
        """The text that the chunk adds."""
        if chunk.usage:
            self.prompt, self.made = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.logprobs and choice.logprobs.content:
            self._chances += [math.exp(min(0.0, token.logprob)) for token in choice.logprobs.content]
        if choice.finish_reason:
            self.reason = "length" if choice.finish_reason == "length" else "stop"
        return choice.delta.content or ""
