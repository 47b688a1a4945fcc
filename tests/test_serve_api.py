"""The HTTP surface: the chat API as OpenAI's client sees it, the widget, the console, keys, headers and limits."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest
from click.testing import Result
from fastapi.testclient import TestClient

from deskwright.config import Config
from deskwright.errors import DeskwrightError
from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct import rounds
from instruct.passages import Passage
from instruct.rounds import Model
from privacy.gate import Gate
from serve import access
from serve.app import create_app
from serve.chat import build_chat
from serve.chat_schema import ChatRequest, Extension, Source
from serve.commands import Running, run, start
from serve.engines.echo import Echo
from serve.engines.text import TooLong
from serve.line import WAITING, Line
from serve.live import Live, Served
from serve.middleware import Faults, RequestId
from serve.refusals import Refusal
from tests.serving import Held

CANARY = "zoe.canary@example.com"
HERE = {"Origin": "http://testserver"}


class Index:
    """One passage for every question."""

    def search(self, question: str, k: int) -> list[Passage]:
        return [Passage("p1", "Where is it?", "On its way.", 0.8)][:k]


class Slow:
    """Goes on for a long time; `ended` is set when it is closed."""

    model, digest = "slow", ""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.made = 0

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        try:
            for _ in range(2000):
                time.sleep(0.005)
                self.made += 1
                yield Token("word ")
            yield Token("", "stop")
        finally:
            self.ended.set()


class Broken:
    """Breaks after one word, quoting the customer as libraries do."""

    model, digest = "broken", ""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        yield Token("Well")
        raise self.error


def application(ws: Workspace, engine: Any) -> Any:
    gate = Gate.of(ws)
    chat = build_chat(gate, engine, Index(), "Help.", 1)
    return create_app(ws, Live(ws.store, lambda model: Served(engine.model, engine.digest, chat), untuned=True), gate)


@dataclass
class Client:
    """A client with the keys of each role."""

    http: TestClient
    ws: Workspace

    def key(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {access.create(self.ws.store, role, 'test')}"}

    def complete(self, *words: str, **more: Any) -> httpx.Response:
        messages = [{"role": "user", "content": text} for text in words]
        body = {"model": "deskwright", "messages": messages, **more}
        return self.http.post("/v1/chat/completions", json=body, headers=self.key("integration"))

    def rows(self, name: str) -> list[dict[str, Any]]:
        table = getattr(self.ws.store.tables, name)
        with self.ws.store.read() as connection:
            return [dict(row) for row in connection.execute(table.select()).mappings()]


@pytest.fixture
def client(ws: Workspace) -> Iterator[Client]:
    with TestClient(application(ws, Echo("echo-1", "d1"))) as http:
        yield Client(http, ws)


@pytest.fixture
def server(ws: Workspace) -> Iterator[Callable[[Any], Running]]:
    """Starts real servers, and stops them after the test."""
    running: list[Running] = []

    def begin(engine: Any) -> Running:
        running.append(run(application(ws, engine), "127.0.0.1", 0))
        return running[-1]

    yield begin
    for one in running:
        one.stop()


def official(ws: Workspace, running: Running) -> openai.OpenAI:
    key = access.create(ws.store, "integration", "test")
    return openai.OpenAI(base_url=f"{running.url}/v1", api_key=key, max_retries=0)


def data(response: httpx.Response) -> list[str]:
    return [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]


def session(client: Client, origin: Mapping[str, str] = HERE) -> dict[str, str]:
    token = client.http.post("/widget/api/session", json={}, headers=origin).json()["token"]
    return {**origin, "Authorization": f"Bearer {token}"}


def say(client: Client, headers: Mapping[str, str], message: str) -> list[dict[str, Any]]:
    response = client.http.post("/widget/api/chat", json={"message": message}, headers=headers)

    assert response.status_code == 200
    return [json.loads(item) for item in data(response)]


# --- The chat API ---------------------------------------------------------------------------------------------------


def test_an_answer_has_openais_form_and_the_extension(client: Client) -> None:
    answer = client.complete("where is my parcel").json()

    assert answer["object"] == "chat.completion"
    assert answer["model"] == "echo-1"
    assert answer["choices"][0]["message"] == {
        "role": "assistant", "content": "where is my parcel", "refusal": None,
    }  # fmt: skip
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + 4
    assert answer["deskwright"] == {
        "message_id": client.rows("chat_messages")[-1]["id"],
        "model": "echo-1",
        "digest": "d1",
        "sources": [{"id": "p1", "question": "Where is it?", "score": 0.8}],
        "confidence": 1.0,
        "action": None,
    }


def test_a_stream_has_openais_form(client: Client) -> None:
    response = client.complete("yes it", stream=True, stream_options={"include_usage": True})
    items = data(response)
    chunks = [json.loads(item) for item in items[:-1]]

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert items[-1] == "[DONE]"
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, None, "stop"]
    assert chunks[-2]["choices"][0]["delta"] == {}
    assert chunks[-2]["deskwright"]["model"] == "echo-1"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 2


def test_a_stream_without_usage_asked_for_has_none(client: Client) -> None:
    chunks = [json.loads(item) for item in data(client.complete("one", stream=True))[:-1]]

    assert all("usage" not in chunk for chunk in chunks)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"model": "gpt-4o"}, 404, "model_not_found"),
        ({"messages": []}, 400, None),
        ({"messages": "hello"}, 400, None),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, 400, None),
        ({"messages": [{"role": "king", "content": "hello"}]}, 400, None),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            400,
            "unsupported_value",
        ),
        ({"messages": [{"role": "user", "content": "hello"}] * 201}, 400, None),
        ({"n": 2}, 400, "unsupported_value"),
        ({"temperature": 3}, 400, None),
        ({"max_tokens": 0}, 400, None),
        ({"messages": [{"role": "user", "content": "x" * 70_000}]}, 413, "too_large"),
    ],
)
def test_faults_of_a_request_are_named(client: Client, body: dict[str, Any], status: int, code: str | None) -> None:
    good = {"model": "deskwright", "messages": [{"role": "user", "content": "hello"}]}
    response = client.http.post("/v1/chat/completions", json={**good, **body}, headers=client.key("integration"))
    error = response.json()["error"]

    assert response.status_code == status
    assert error["type"] == "invalid_request_error"
    assert error["code"] == code
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("least", [5e-324, 1e-46, 0.5])
def test_numbers_too_small_for_engines_reach_them_as_ones_they_know(least: float) -> None:
    messages = [{"role": "user", "content": "hello"}]
    how = ChatRequest.model_validate({"model": "m", "messages": messages, "temperature": least, "top_p": least}).how(10)

    assert how.temperature == (least if least == 0.5 else 0)
    assert how.top_p == max(least, 1e-6)


def test_an_error_does_not_quote_the_caller(client: Client) -> None:
    response = client.http.post(
        "/v1/chat/completions",
        json={"model": "deskwright", "messages": [{"role": CANARY, "content": CANARY}]},
        headers=client.key("integration"),
    )

    assert response.status_code == 400
    assert CANARY not in response.text


def test_content_in_parts_and_unknown_fields_are_taken(client: Client) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    answer = client.complete(
        messages=[{"role": "system", "content": "Be rude."}, {"role": "user", "content": parts}],
        tools=[],
        metadata={"a": "b"},
        frequency_penalty=None,
    )

    assert answer.json()["choices"][0]["message"]["content"] == "one two"


def test_max_tokens_ends_an_answer_with_length(client: Client) -> None:
    answers = [client.complete("yes it works", **{name: 2}).json() for name in ("max_tokens", "max_completion_tokens")]

    assert [answer["choices"][0]["finish_reason"] for answer in answers] == ["length", "length"]
    assert answers[0]["choices"][0]["message"]["content"] == "yes it"


def test_stop_strings_end_an_answer(client: Client) -> None:
    answer = client.complete("yes it works", stop="it").json()

    assert answer["choices"][0]["message"]["content"].strip() == "yes"
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_names_are_said_back_but_never_stored(client: Client) -> None:
    answer = client.complete(f"My name is Zoe Canary and my mail is {CANARY}").json()

    assert CANARY in answer["choices"][0]["message"]["content"]
    texts = [row["text"] for row in client.rows("chat_messages")]
    assert texts == ["My name is <PERSON_1> and my mail is <EMAIL_1>"] * 2


def test_nothing_of_a_message_is_in_any_file_or_log(
    client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    client.complete(f"My mail is {CANARY}")
    headers = session(client)
    end = say(client, headers, f"Write to {CANARY}")[-1]
    thumb = {"message_id": end["message_id"], "value": -1, "reasons": ["wrong"], "comment": f"I am {CANARY}"}
    client.http.post("/widget/api/feedback", json=thumb, headers=headers)
    everything = b"".join(path.read_bytes() for path in client.ws.root.rglob("*") if path.is_file())
    out, err = capfd.readouterr()

    assert CANARY.encode() not in everything
    assert CANARY not in caplog.text + out + err
    assert client.rows("feedback")[-1]["comment"] == "I am <EMAIL_1>"


def test_models_lists_the_name_and_the_alias(client: Client) -> None:
    listed = client.http.get("/v1/models", headers=client.key("integration")).json()

    assert [model["id"] for model in listed["data"]] == ["deskwright", "echo-1"]


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (None, "/v1/models", 401),
        ("reviewer", "/v1/models", 403),
        ("integration", "/v1/models", 200),
        ("admin", "/v1/models", 200),
        (None, "/console/api/queue", 401),
        ("integration", "/console/api/queue", 403),
        ("reviewer", "/console/api/queue", 200),
        ("admin", "/console/api/stats", 200),
    ],
)
def test_each_role_opens_its_own_doors(client: Client, role: str | None, path: str, status: int) -> None:
    response = client.http.get(path, headers=client.key(role) if role else {})

    assert response.status_code == status


def test_a_revoked_key_opens_nothing(client: Client) -> None:
    headers = client.key("integration")
    access.revoke(client.ws.store, access.keys(client.ws.store)[-1].id)

    assert client.http.get("/v1/models", headers=headers).status_code == 401


def test_a_key_is_stored_as_its_hash_only(client: Client) -> None:
    key = access.create(client.ws.store, "admin", "x")
    everything = b"".join(path.read_bytes() for path in client.ws.root.rglob("*") if path.is_file())

    assert key.startswith("dw_")
    assert key.encode() not in everything


def test_a_fault_in_the_middle_is_an_error_event_that_quotes_nobody(
    ws: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(application(ws, Broken(ValueError(f"cannot encode {CANARY}")))) as http:
        items = data(Client(http, ws).complete("hello", stream=True))
        whole = Client(http, ws).complete("hello")

    assert whole.status_code == 500
    assert json.loads(items[-1])["error"]["type"] == "server_error"
    assert "[DONE]" not in items
    assert CANARY not in caplog.text


def test_a_fault_nobody_expected_is_an_error_with_an_id_and_quotes_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ValueError(f"cannot encode {CANARY}")

    monkeypatch.setattr(client.http.app.state.parts.record, "stats", broken)  # type: ignore[attr-defined]
    response = client.http.get("/console/api/stats", headers=client.key("reviewer"))

    assert response.status_code == 500
    assert response.json()["error"]["type"] == "server_error"
    assert response.headers["x-request-id"] in response.json()["error"]["message"]
    assert response.headers["x-request-id"] in caplog.text
    assert "ValueError at test_serve_api.py" in caplog.text
    assert CANARY not in caplog.text + response.text


def test_a_question_too_long_for_the_model_is_the_callers_fault(ws: Workspace) -> None:
    with TestClient(application(ws, Broken(TooLong("too long")))) as http:
        response = Client(http, ws).complete("hello")

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"


def test_too_many_who_wait_are_told_to_come_back() -> None:
    line = Line(waiting=1)
    tickets = [line.ticket(), line.ticket()]
    with pytest.raises(Refusal) as refused:
        line.ticket()

    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) > 0

    tickets.pop()
    line.ticket()


async def test_a_turn_that_is_over_makes_room() -> None:
    line = Line(waiting=0)
    ticket = line.ticket()
    async with ticket.turn():
        pass
    second = line.ticket()
    with pytest.raises(Refusal):
        line.ticket()
    del second


def test_of_many_who_ask_at_the_same_moment_no_more_wait_than_may(
    ws: Workspace, server: Callable[[Any], Running]
) -> None:
    held = Held()
    running = server(held)
    headers = {"Authorization": f"Bearer {access.create(ws.store, 'integration', 'test')}"}
    body = {"model": "held", "stream": True, "messages": [{"role": "user", "content": "go"}]}
    told: list[int] = []
    most = 1 + WAITING

    async def ask(http: httpx.AsyncClient) -> str:
        async with http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as response:
            told.append(response.status_code)
            if len(told) == 3 * most:
                held.go.set()
            return (await response.aread()).decode()

    async def crowd() -> list[str]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=running.url, timeout=60, limits=limits) as http:
            return await asyncio.gather(*(ask(http) for _ in range(3 * most)))

    answers = asyncio.run(crowd())

    assert Counter(told) == {200: most, 429: 2 * most}
    assert sum("there" in answer for answer in answers) == most


def test_the_official_client_reads_answers_streams_and_errors(ws: Workspace, server: Callable[[Any], Running]) -> None:
    client = official(ws, server(Echo("echo-1", "d1")))
    ask: Any = {"model": "deskwright", "messages": [{"role": "user", "content": "one zwei 三 😀"}]}

    assert [model.id for model in client.models.list()] == ["deskwright", "echo-1"]
    assert client.chat.completions.create(**ask).choices[0].message.content == "one zwei 三 😀"

    chunks = list(client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "one zwei 三 😀"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4

    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(**{**ask, "model": "gpt-4o"})

    assert missing.value.code == "model_not_found"

    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="dw_wrong").models.list()


def test_a_fault_in_the_middle_reaches_openais_client_as_an_error(
    ws: Workspace, server: Callable[[Any], Running]
) -> None:
    client = official(ws, server(Broken(ValueError(f"cannot encode {CANARY}"))))
    messages: Any = [{"role": "user", "content": "hello"}]
    said = []
    chunks = client.chat.completions.create(model="deskwright", messages=messages, stream=True)
    with pytest.raises(openai.APIError) as broke:
        said.extend(chunk.choices[0].delta.content for chunk in chunks)

    assert said == ["", "Well"]
    assert broke.value.code == "broken_off"
    assert CANARY not in str(broke.value)


def test_a_response_that_breaks_off_is_cut_and_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(f"cannot encode {CANARY}")

    with pytest.raises(RuntimeError, match="broke off") as cut:
        TestClient(RequestId(Faults(breaks))).get("/")

    assert "ValueError" in caplog.text
    assert CANARY not in caplog.text
    assert cut.value.__context__ is None


def test_tokens_arrive_as_they_are_made(ws: Workspace, server: Callable[[Any], Running]) -> None:
    client = official(ws, server(Echo(pause=0.05)))
    times = []
    messages: Any = [{"role": "user", "content": "we can also see the new shop page"}]
    for chunk in client.chat.completions.create(model="deskwright", messages=messages, stream=True):
        times += [time.monotonic()] if chunk.choices[0].delta.content else []

    assert len(times) == 8
    assert times[-1] - times[0] > 0.25


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_the_generation(
    ws: Workspace, server: Callable[[Any], Running], stream: bool
) -> None:
    engine = Slow()
    running = server(engine)
    headers = {"Authorization": f"Bearer {access.create(ws.store, 'integration', 'test')}"}
    body = {"model": "slow", "stream": stream, "messages": [{"role": "user", "content": "go"}]}
    try:
        with httpx.stream(
            "POST", f"{running.url}/v1/chat/completions", json=body, headers=headers, timeout=1
        ) as response:
            for _ in zip(range(3), response.iter_lines(), strict=False):
                pass
    except httpx.ReadTimeout:
        pass

    assert engine.ended.wait(60)
    assert engine.made < 2000
    with ws.store.read() as connection:
        assert connection.execute(ws.store.tables.chat_messages.select()).all() == []


# --- The widget -----------------------------------------------------------------------------------------------------


def test_a_chat_goes_on_and_remembers_what_was_said(client: Client) -> None:
    headers = session(client)
    first = say(client, headers, "My name is Zoe Canary")
    say(client, headers, "and again")
    rows = sorted(client.rows("chat_messages"), key=lambda row: row["position"])

    assert first[-1]["type"] == "end"
    assert "".join(event["text"] for event in first[:-1]) == "My name is Zoe Canary"
    assert [row["text"] for row in rows] == ["My name is <PERSON_1>"] * 2 + ["and again"] * 2
    assert [row["role"] for row in rows] == ["user", "assistant"] * 2
    assert len({row["chat_id"] for row in rows}) == 1


def test_a_chat_survives_a_restart_of_the_server(client: Client) -> None:
    headers = session(client)
    say(client, headers, "first")
    with TestClient(application(client.ws, Echo())) as http:
        say(Client(http, client.ws), headers, "second")

    assert [row["position"] for row in client.rows("chat_messages")] == [0, 1, 2, 3]


def test_a_session_is_for_one_origin(ws: Workspace) -> None:
    config = Config.model_validate({"serve": {"origins": ["https://shop.example.com"]}})
    shop = {"Origin": "https://shop.example.com"}
    with TestClient(application(Workspace(ws.root, config, ws.keys), Echo())) as http:
        client = Client(http, ws)
        token = session(client, shop)["Authorization"]
        ask = {"message": "hello"}

        assert http.post("/widget/api/chat", json=ask, headers={**shop, "Authorization": token}).status_code == 200
        assert http.post("/widget/api/chat", json=ask, headers={**HERE, "Authorization": token}).status_code == 401

        evil = {"Origin": "https://evil.example.com"}

        assert http.post("/widget/api/session", json={}, headers=evil).status_code == 403


def test_a_page_that_sends_no_origin_says_it_otherwise(client: Client) -> None:
    """As browsers do with a GET to the page's own server; what `Origin` says goes first."""
    start = "/widget/api/session"
    evil = {"Origin": "https://evil.example.com"}
    own = {"X-Origin": HERE["Origin"]}
    headers = session(client)
    headers["X-Origin"] = headers.pop("Origin")

    assert client.http.post(start, json={}).status_code == 403
    assert client.http.post(start, json={}, headers={"X-Origin": evil["Origin"]}).status_code == 403
    assert client.http.post(start, json={}, headers={**own, **evil}).status_code == 403
    assert client.http.post(start, json={}, headers=own).status_code == 200
    assert say(client, headers, "hello")[-1]["type"] == "end"


def test_a_session_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = session(client)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + access.TOKEN_SECONDS + 1)

    assert client.http.post("/widget/api/chat", json={"message": "hello"}, headers=headers).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a.b", "é.é", "Y2hhdF94fDk5OTk5OTk5OTk5OTk.AAAA"])
def test_a_made_up_token_is_refused(client: Client, token: str) -> None:
    headers = {**HERE, "Authorization": f"Bearer {token}".encode()}

    assert client.http.post("/widget/api/chat", json={"message": "hello"}, headers=headers).status_code == 401


def test_a_thumb_belongs_to_its_own_chat(client: Client) -> None:
    message_id = say(client, session(client), "hello")[-1]["message_id"]
    thumb = {"message_id": message_id, "value": 1}

    assert client.http.post("/widget/api/feedback", json=thumb, headers=session(client)).status_code == 404


def test_an_empty_message_is_refused(client: Client) -> None:
    response = client.http.post("/widget/api/chat", json={"message": "   "}, headers=session(client))

    assert response.status_code == 400


# --- The console ----------------------------------------------------------------------------------------------------


def test_the_queue_has_thumbs_down_first_then_the_unsure_then_the_oldest(client: Client) -> None:
    headers = session(client)
    ids = [say(client, headers, f"question {n}")[-1]["message_id"] for n in range(4)]
    table = client.ws.store.tables.chat_messages
    with client.ws.store.begin() as connection:
        connection.execute(table.update().where(table.c.id == ids[2]).values(confidence=0.2))
    for value in (1, -1):
        thumb = {"message_id": ids[3], "value": value, "reasons": ["rude"] if value < 0 else []}
        client.http.post("/widget/api/feedback", json=thumb, headers=headers)
    cases = client.http.get("/console/api/queue", headers=client.key("reviewer")).json()["cases"]

    assert [case["message_id"] for case in cases] == [ids[3], ids[2], ids[0], ids[1]]
    assert (cases[0]["thumb"], cases[0]["reasons"], cases[0]["model"]) == (-1, ["rude"], "echo-1")
    assert [turn["content"] for turn in cases[2]["conversation"]] == ["question 0"]
    assert cases[1]["sources"] == [{"id": "p1", "question": "Where is it?", "score": 0.8}]


def test_a_reviewed_answer_leaves_the_queue_and_counts(client: Client) -> None:
    message_id = say(client, session(client), "My name is Zoe Canary")[-1]["message_id"]
    headers = client.key("reviewer")
    decision = {"message_id": message_id, "rating": 2, "corrected": f"Hello <PERSON_1>, we wrote to {CANARY}."}
    saved = client.http.post("/console/api/review", json=decision, headers=headers).json()
    stats = client.http.get("/console/api/stats", headers=headers).json()

    assert saved == {"saved": True, "corrected": "Hello <PERSON_1>, we wrote to <EMAIL_1>."}
    assert client.rows("feedback")[-1]["corrected"] == saved["corrected"]
    assert client.http.get("/console/api/queue", headers=headers).json() == {"cases": []}
    assert stats == {
        "waiting": 0,
        "reviewed": 1,
        "mean_rating": 2.0,
        "corrections": 1,
        "by_model": [{"model": "echo-1", "answers": 1, "reviewed": 1, "mean_rating": 2.0}],
    }


@pytest.mark.parametrize("decision", [{}, {"rating": 0}, {"rating": 6}, {"corrected": "  "}])
def test_a_decision_that_says_nothing_is_refused(client: Client, decision: dict[str, Any]) -> None:
    message_id = say(client, session(client), "hello")[-1]["message_id"]
    body = {"message_id": message_id, **decision}

    assert client.http.post("/console/api/review", json=body, headers=client.key("reviewer")).status_code == 400


# --- Pages, headers, origins ----------------------------------------------------------------------------------------


def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(client: Client) -> None:
    for path in ("/", "/widget", "/console"):
        response = client.http.get(path)
        policy = response.headers["content-security-policy"]

        assert response.status_code == 200
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "<style" not in response.text
        assert 'style="' not in response.text
        assert "http" not in response.text.replace("http-equiv", "")


def test_only_configured_origins_may_frame_the_widget(ws: Workspace) -> None:
    config = Config.model_validate({"serve": {"origins": ["https://shop.example.com"], "title": "<b>Shop</b>"}})
    with TestClient(application(Workspace(ws.root, config, ws.keys), Echo())) as http:
        widget, console = http.get("/widget"), http.get("/console")
        preflight = http.options(
            "/v1/chat/completions",
            headers={"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"},
        )
        other = http.get("/healthz", headers={"Origin": "https://evil.example.com"})

    assert widget.headers["content-security-policy"].endswith("frame-ancestors 'self' https://shop.example.com")
    assert console.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert "&lt;b&gt;Shop" in widget.text
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("path", ["/widget/../app.py", "/widget/loader.js", "/console/console.html", "/docs", "/x"])
def test_other_files_are_not_served(client: Client, path: str) -> None:
    response = client.http.get(path)

    assert response.status_code == 404
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_server_says_how_it_is(client: Client) -> None:
    assert client.http.get("/healthz").json() == {"status": "ok", "model": "echo-1", "digest": "d1"}
    assert "/v1/chat/completions" in client.http.get("/openapi.json").json()["paths"]


def test_a_body_without_a_declared_length_is_limited_too(client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [b"x" * 40_000] * 2

    headers = {**client.key("integration"), "Content-Type": "application/json"}
    response = client.http.post("/v1/chat/completions", content=pieces(), headers=headers)

    assert response.status_code == 413


# --- Which model answers --------------------------------------------------------------------------------------------


def model(number: int) -> Model:
    return Model(f"round-{number}", number, f"d{number}", "demo", "set")


def promoting(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> dict[str, Model | None]:
    """Lets a test say which model is promoted."""
    standing: dict[str, Model | None] = {"champion": None}
    monkeypatch.setattr("serve.live.champion", lambda store: standing["champion"])
    return standing


def test_a_newly_promoted_model_gives_the_next_answer(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = promoting(ws, monkeypatch)
    standing["champion"] = model(1)
    gate = Gate.of(ws)

    def open_model(found: Model | None) -> Served:
        engine = Echo.open(ws, found)
        return Served(engine.model, engine.digest, build_chat(gate, engine, None, "Help.", 0))

    with TestClient(create_app(ws, Live(ws.store, open_model), gate)) as http:
        client = Client(http, ws)
        names = [client.complete("hello").json()["model"]]
        standing["champion"] = model(2)
        names.append(client.complete("hello").json()["model"])
        standing["champion"] = model(1)
        names.append(client.complete("hello").json()["model"])

    assert names == ["round-1", "round-2", "round-1"]
    assert [row["digest"] for row in client.rows("chat_messages") if row["model"]] == ["d1", "d2", "d1"]


def test_a_model_that_cannot_be_loaded_leaves_the_old_one(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    standing = promoting(ws, monkeypatch)
    standing["champion"] = model(1)
    gate = Gate.of(ws)

    def open_model(found: Model | None) -> Served:
        if found == model(2):
            raise DeskwrightError("its folder is gone")
        engine = Echo.open(ws, found)
        return Served(engine.model, engine.digest, build_chat(gate, engine, None, "Help.", 0))

    with TestClient(create_app(ws, Live(ws.store, open_model), gate)) as http:
        standing["champion"] = model(2)

        assert Client(http, ws).complete("hello").json()["model"] == "round-1"
        assert "its folder is gone" in caplog.text


def test_nothing_promoted_is_refused_in_a_sentence(ws: Workspace, cli: Callable[..., Result]) -> None:
    result = cli("serve", "--workspace", ws.root, "--engine", "echo", "--port", 0)

    assert result.exit_code == 2
    assert "No model is promoted" in result.output
    assert rounds.champion(ws.store) is None


def test_start_takes_any_free_port_and_says_which(ws: Workspace) -> None:
    running = start(ws, "echo", port=0, untuned=True)
    health = httpx.get(f"{running.url}/healthz").json()
    port = int(running.url.rsplit(":", 1)[1])
    with pytest.raises(DeskwrightError, match="Choose another"):
        start(ws, "echo", port=port, untuned=True)
    running.stop()

    assert port > 0
    assert health["model"] == "echo"
    assert not running.thread.is_alive()


def test_keys_are_made_listed_and_revoked(ws: Workspace, cli: Callable[..., Result]) -> None:
    made = cli("keys", "create", "--role", "reviewer", "--label", "Mina", "--workspace", ws.root)
    key_id = access.keys(ws.store)[0].id
    listed = cli("keys", "list", "--workspace", ws.root)
    revoked = cli("keys", "revoke", key_id, "--workspace", ws.root)
    again = cli("keys", "revoke", key_id, "--workspace", ws.root)

    assert made.output.startswith("dw_")
    assert made.output.split()[0] not in listed.output
    assert "Mina" in listed.output
    assert (revoked.exit_code, again.exit_code) == (0, 2)
    assert "revoked" in cli("keys", "list", "--workspace", ws.root).output


def test_what_comes_from_a_document_names_it_as_the_schema_says(ws: Workspace) -> None:
    class Documents(Index):
        def search(self, question: str, k: int) -> list[Passage]:
            return [Passage("d1", "Returns, Abroad", "Send it back.", 0.8, title="Returns", place="Abroad")][:k]

    gate, index = Gate.of(ws), Documents()
    chat = build_chat(gate, Echo("echo-1", "d1"), index, "Help.", 1)
    served = Served("echo-1", "d1", chat, index)
    with TestClient(create_app(ws, Live(ws.store, lambda model: served, untuned=True), gate)) as http:
        client = Client(http, ws)
        extension = client.complete("May I send it back?").json()["deskwright"]
        (found,) = http.post("/v1/retrieve", json={"query": "back"}, headers=client.key("integration")).json()[
            "passages"
        ]

    assert (found["title"], found["place"]) == ("Returns", "Abroad")
    assert set(extension) == set(Extension.model_fields)
    assert set(extension["sources"][0]) <= set(Source.model_fields)
    assert extension["sources"][0]["title"] == "Returns"
