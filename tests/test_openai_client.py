"""OpenAI's own client against a server in a process of its own, with the echo engine and with a real model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from serve import access
from tests.server_process import make, serving, tiny

QUESTION = "one zwei 三 😀"
ASK: Any = {"model": "deskwright", "messages": [{"role": "user", "content": QUESTION}]}

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {}}}]


@pytest.fixture(scope="module", params=["echo", "transformers", "openvino"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The engine, the API's address and a key."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = ""
    if request.param != "echo":
        tiny(folder / "base")
        settings = f'[model]\nbase = "{folder / "base"}"\n[serve]\nmax_tokens = 24\n'
    ws = make(folder / "ws", settings)
    with serving(ws, engine=request.param) as url:
        yield request.param, f"{url}/v1", access.create(ws.store, "integration", "test")


@pytest.fixture
def client(served: tuple[str, str, str]) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served[1], api_key=served[2], max_retries=0) as made:
        yield made


def test_an_answer_and_its_stream_say_the_same(client: openai.OpenAI, served: tuple[str, str, str]) -> None:
    whole = client.chat.completions.create(**ASK)
    chunks = list(client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]

    assert text == whole.choices[0].message.content
    assert text == QUESTION or served[0] != "echo"
    assert reasons[:-1] == [None] * (len(reasons) - 1)
    assert reasons[-1] == whole.choices[0].finish_reason
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].usage == whole.usage
    assert chunks[-1].choices == []
    assert whole.usage is not None
    assert whole.usage.completion_tokens > 0
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert whole._request_id


def test_the_async_client_answers_and_streams(served: tuple[str, str, str]) -> None:
    async def run() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=served[1], api_key=served[2], max_retries=0) as client:
            whole = await client.chat.completions.create(**ASK)
            text = ""
            async for chunk in await client.chat.completions.create(**ASK, stream=True):
                text += chunk.choices[0].delta.content or ""
            return whole.choices[0].message.content, text

    whole, streamed = asyncio.run(run())

    assert whole == streamed


def test_the_streaming_helper_puts_the_pieces_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(**ASK) as stream:
        kinds = {event.type for event in stream}
        final = stream.current_completion_snapshot

    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert final.choices[0].message.content == client.chat.completions.create(**ASK).choices[0].message.content


def test_models_are_listed_and_found_by_name(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]

    assert names[0] == "deskwright"
    assert [client.models.retrieve(name).id for name in names] == names
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("gpt-4o")
    assert missing.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("more", "kind", "code", "param"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, "model_not_found", "model"),
        ({"messages": []}, openai.BadRequestError, None, "messages"),
        ({"temperature": 9}, openai.BadRequestError, None, "temperature"),
        ({"n": 2}, openai.BadRequestError, "unsupported_value", "n"),
        ({"logprobs": True}, openai.BadRequestError, "unsupported_value", "logprobs"),
        ({"top_logprobs": 3}, openai.BadRequestError, "unsupported_value", "top_logprobs"),
        ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "unsupported_value", "response_format"),
        ({"tools": TOOLS, "tool_choice": "required"}, openai.BadRequestError, "unsupported_value", "tool_choice"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            openai.BadRequestError, "unsupported_value", "messages.0.content",
        ),
        ({"messages": [{"role": "user", "content": "x" * 70_000}]}, openai.APIStatusError, "too_large", None),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_a_sentence(
    client: openai.OpenAI, more: dict[str, Any], kind: type[openai.APIStatusError], code: str | None, param: str | None
) -> None:
    with pytest.raises(kind) as refused:
        client.chat.completions.create(**{**ASK, **more})

    error = refused.value
    assert (error.code, error.param) == (code, param)
    assert error.type == "invalid_request_error"
    assert error.request_id
    assert "  " not in error.message


def test_what_is_harmless_is_ignored(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(**ASK).choices[0].message.content
    more: Any = {
        "seed": 7, "user": "u", "metadata": {"a": "b"}, "frequency_penalty": 0.1, "logprobs": False, "tools": TOOLS,
        "n": 1, "response_format": {"type": "text"}, "store": False, "reasoning_effort": "low",
        "extra_body": {"unheard_of": 1},
    }  # fmt: skip

    assert client.chat.completions.create(**ASK, **more).choices[0].message.content == plain


def test_a_wrong_key_is_told_so(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="dw_wrong").models.list()

    assert refused.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("DELETE", "/v1/models", 405), ("GET", "/nothing", 404)]
)
def test_addresses_that_are_not_there_answer_in_the_same_form(
    served: tuple[str, str, str], method: str, path: str, status: int
) -> None:
    response = httpx.request(method, served[1].removesuffix("/v1") + path)

    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"model": "deskwright", "messages": [{}]}'])
def test_a_body_that_is_no_request_is_a_fault_of_the_caller(served: tuple[str, str, str], body: bytes) -> None:
    headers = {"Authorization": f"Bearer {served[2]}", "Content-Type": "application/json"}
    response = httpx.post(f"{served[1]}/chat/completions", content=body, headers=headers)

    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_leaving_early_frees_the_server_for_the_next(client: openai.OpenAI) -> None:
    with client.chat.completions.create(**ASK, stream=True) as stream:
        next(stream)

    assert client.chat.completions.create(**ASK).choices[0].finish_reason in ("stop", "length")
