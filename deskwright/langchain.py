"""The bot that a Deskwright server runs, as LangChain sees it: a chat model, and a retriever over resolved exchanges.

    model = ChatDeskwright(base_url="http://127.0.0.1:8000/v1", api_key="dw_...")
    model.invoke("Can I return an opened bag of beans?").content

Both are clients over HTTP, through OpenAI's package, which repeats what was
refused for a moment. Where `base_url` and `api_key` are not given, `DESKWRIGHT_URL` and `DESKWRIGHT_API_KEY`
are read. Interfaces: python.langchain.com, "How to create a custom chat model class" and "... a custom Retriever".
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

import openai
from langchain_core.callbacks import (
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForLLMRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.utils import secret_from_env
from langchain_core.utils.utils import from_env
from pydantic import BaseModel, Field, SecretStr

ABOUT = ("question", "answer", "score", "title", "place")
"""A document's metadata; the last two only of what comes from a document of the company's."""


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts, a company's own among them; read once, since that takes its time."""
    return ssl.create_default_context()


class Connection(BaseModel):
    """Where the server is, and what opens it: a key with the role integration."""

    base_url: str = Field(default_factory=from_env("DESKWRIGHT_URL", default="http://127.0.0.1:8000/v1"))
    api_key: SecretStr = Field(default_factory=secret_from_env("DESKWRIGHT_API_KEY"))
    timeout: float | None = 60.0
    """Seconds a request may take."""
    max_retries: int = 2
    """How often a request is repeated that could not be answered at that moment; `Retry-After` is kept to."""

    def _client(self) -> openai.OpenAI:
        """For one request, so that no connection is left open and none is tied to an event loop that has ended."""
        return openai.OpenAI(**self._how(), http_client=openai.DefaultHttpxClient(verify=_trusted()))

    def _aclient(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(**self._how(), http_client=openai.DefaultAsyncHttpxClient(verify=_trusted()))

    def _how(self) -> dict[str, Any]:
        key = self.api_key.get_secret_value()
        return {"base_url": self.base_url, "api_key": key, "timeout": self.timeout, "max_retries": self.max_retries}


class ChatDeskwright(Connection, BaseChatModel):
    """The tuned bot as a chat model, with streaming, async and token counts.

    It has no tool calling, no structured output and takes text only: `bind_tools` and `with_structured_output` raise
    `NotImplementedError`, and other content is refused by the server. System messages are not used, since the bot keeps
    the one it was tuned with. `response_metadata` has, besides `finish_reason` and `model_name`, the answer's
    `message_id`, the `digest` of the model, its `sources` and its `confidence`.

    Raises:
        openai.APIError: the server cannot be reached or refuses the request; the message says why.
    """

    model: str = "deskwright"
    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    stop: list[str] | None = None
    streaming: bool = False
    """Whether `invoke` streams too, so that callbacks see each piece."""

    @property
    def _llm_type(self) -> str:
        return "deskwright"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "base_url": self.base_url, **self._settings()}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return super()._get_ls_params(stop=stop or self.stop, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._client() as client:
            return _result(client.chat.completions.create(**self._request(messages, stop, kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        async with self._aclient() as client:
            return _result(await client.chat.completions.create(**self._request(messages, stop, kwargs)))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        request = self._streamed(messages, stop, kwargs)
        with self._client() as client, client.chat.completions.create(**request) as chunks:
            for chunk in map(_chunk, chunks):
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        request = self._streamed(messages, stop, kwargs)
        async with self._aclient() as client, await client.chat.completions.create(**request) as chunks:
            async for each in chunks:
                chunk = _chunk(each)
                if run_manager:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    def _request(self, messages: list[BaseMessage], stop: list[str] | None, more: dict[str, Any]) -> dict[str, Any]:
        request = {"model": self.model, **self._settings(), **more, "messages": convert_to_openai_messages(messages)}
        return {**request, "stop": stop} if stop else request

    def _streamed(self, messages: list[BaseMessage], stop: list[str] | None, more: dict[str, Any]) -> dict[str, Any]:
        return {**self._request(messages, stop, more), "stream": True, "stream_options": {"include_usage": True}}

    def _settings(self) -> dict[str, Any]:
        names = ("temperature", "max_tokens", "top_p", "stop")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class DeskwrightRetriever(Connection, BaseRetriever):
    """The `k` resolved exchanges nearest in meaning to a query, nearest first, redacted.

    A document's text is the question and its answer; its metadata have them one by one, and `score`, the cosine between
    the exchange's question and the query.

    Raises:
        openai.APIError: the server cannot be reached, or the model that answers was tuned without passages.
    """

    k: int = 4

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        body = {"query": query, "k": k or self.k}
        with self._client() as client:
            return _documents(client.post("/retrieve", cast_to=object, body=body))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        body = {"query": query, "k": k or self.k}
        async with self._aclient() as client:
            return _documents(await client.post("/retrieve", cast_to=object, body=body))


def _result(completion: Any) -> ChatResult:
    choice = completion.choices[0]
    message = AIMessage(
        content=choice.message.content,
        usage_metadata=_usage(completion.usage),
        response_metadata=_about(completion, choice),
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _chunk(chunk: Any) -> ChatGenerationChunk:
    if not chunk.choices:
        last = AIMessageChunk(content="", usage_metadata=_usage(chunk.usage), chunk_position="last")
        return ChatGenerationChunk(message=last)
    choice = chunk.choices[0]
    about = _about(chunk, choice) if choice.finish_reason else {}
    return ChatGenerationChunk(message=AIMessageChunk(content=choice.delta.content or "", response_metadata=about))


def _about(answer: Any, choice: Any) -> dict[str, Any]:
    extension = {name: value for name, value in answer.deskwright.items() if name != "model"}
    return {"model_name": answer.model, "finish_reason": choice.finish_reason, **extension}


def _usage(usage: Any) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens, total_tokens=usage.total_tokens
    )


def _documents(answer: Any) -> list[Document]:
    return [
        Document(
            id=passage["id"],
            page_content=f"Question: {passage['question']}\nAnswer: {passage['answer']}",
            metadata={name: passage[name] for name in ABOUT if passage.get(name) not in (None, "")},
        )
        for passage in answer["passages"]
    ]
