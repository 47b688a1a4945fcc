"""The engine that leaves the generation to another server: a real one in its own process, and what can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from deskwright.config import Config
from deskwright.errors import DeskwrightError
from deskwright.plugins import Engine, Generation, Token
from deskwright.workspace import Workspace
from instruct.rounds import Model
from serve import access
from serve.engines.openai import OpenAI, Unreachable
from tests.server_process import make, serving

ASK = [{"role": "system", "content": "Help."}, {"role": "user", "content": "one zwei three"}]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of another server, and a key to it."""
    ws = make(tmp_path_factory.mktemp("other") / "ws", "")
    with serving(ws, engine="echo") as url:
        yield f"{url}/v1", access.create(ws.store, "integration", "test")


def engine(other: tuple[str, str], asked: str = "deskwright") -> OpenAI:
    return OpenAI(other[0], asked, other[1], "round-1", "d1")


def test_it_says_what_the_other_server_says(other: tuple[str, str]) -> None:
    made = engine(other)
    tokens = list(made.stream(ASK, Generation()))

    assert isinstance(made, Engine)
    assert "".join(token.text for token in tokens) == "one zwei three"
    assert (tokens[-1].finish_reason, tokens[-1].completion_tokens) == ("stop", 3)


def test_without_a_thread_too(other: tuple[str, str]) -> None:
    async def read() -> list[Token]:
        made = engine(other)
        async with made._async, aclosing(made.astream(ASK, Generation(max_tokens=2))) as tokens:
            return [token async for token in tokens]

    tokens = asyncio.run(read())

    assert "".join(token.text for token in tokens) == "one zwei"
    assert tokens[-1].finish_reason == "length"


def test_a_server_that_gives_no_probabilities_is_asked_once(other: tuple[str, str]) -> None:
    made = engine(other)
    tokens = list(made.stream(ASK, Generation()))

    assert tokens[-1].confidence is None
    assert "logprobs" not in made._request(ASK, Generation())


def test_a_model_that_the_server_does_not_have_is_named(other: tuple[str, str]) -> None:
    with pytest.raises(Unreachable, match=r"has no model 'round-1-d1'"):
        list(engine(other, "round-1-d1").stream(ASK, Generation()))


def test_it_does_not_open_where_the_model_is_not_served(
    ws: Workspace, other: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_KEY", other[1])
    server = {"url": other[0], "key_variable": "OTHER_KEY"}
    ws.config = Config.model_validate({"serve": {"server": server}})
    with pytest.raises(Unreachable, match="has no model 'round-1-abc'"):
        OpenAI.open(ws, Model("round-1", 1, "abc", "base", "set"))
    ws.config = Config.model_validate({"serve": {"server": {**server, "model": "deskwright"}}})

    assert OpenAI.open(ws, Model("round-1", 1, "abc", "base", "set")).model == "round-1"


def test_a_wrong_key_and_no_server_are_told_without_the_question(other: tuple[str, str]) -> None:
    wrong = OpenAI(other[0], "deskwright", "dw_wrong", "round-1", "")
    nobody = OpenAI("http://127.0.0.1:9/v1", "deskwright", "", "round-1", "")
    for made, what in ((wrong, "status 401"), (nobody, "cannot be reached")):
        with pytest.raises(Unreachable, match=what) as told:
            list(made.stream(ASK, Generation()))

        assert "zwei" not in str(told.value)


def test_an_answer_that_breaks_off_is_none(other: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine(other)
    monkeypatch.setattr("serve.engines.openai._Answer.feed", lambda answer, chunk: "half an ans")
    with pytest.raises(Unreachable, match="without a finish reason"):
        list(made.stream(ASK, Generation()))


def test_settings_that_are_missing_are_named(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeskwrightError, match=r"\[serve\.server\]"):
        OpenAI.open(ws, None)
    server = {"url": "http://127.0.0.1:9/v1", "key_variable": "NO_SUCH_KEY"}
    ws.config = Config.model_validate({"serve": {"server": server}})
    with pytest.raises(DeskwrightError, match="NO_SUCH_KEY"):
        OpenAI.open(ws, None)
