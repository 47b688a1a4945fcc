"""A crowd: who is refused for the moment takes no thread and no look into the store; a wrong key learns nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from anyio import to_thread

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from serve import access
from serve.commands import run
from serve.engines.echo import Echo
from serve.line import WAITING, Line
from serve.parts import Parts
from tests.serving import application

HERE = {"Origin": "http://testserver"}
A_WHILE = 30
"""Seconds after which a request that waits for a thread is given up."""


@dataclass
class Crowd:
    """A server in this event loop, and clients of it."""

    ws: Workspace
    parts: Parts
    http: httpx.AsyncClient

    def key(self, role: str = "integration") -> dict[str, str]:
        return {"Authorization": f"Bearer {access.create(self.ws.store, role, 'test')}"}

    async def complete(self, headers: dict[str, str], **more: Any) -> httpx.Response:
        body = {"model": "deskwright", "messages": [{"role": "user", "content": "Where is it?"}], **more}
        return await asyncio.wait_for(self.http.post("/v1/chat/completions", json=body, headers=headers), A_WHILE)

    async def session(self) -> dict[str, str]:
        token = (await self.http.post("/widget/api/session", json={}, headers=HERE)).json()["token"]
        return {**HERE, "Authorization": f"Bearer {token}"}

    async def say(self, headers: dict[str, str], message: str) -> httpx.Response:
        asked = self.http.post("/widget/api/chat", json={"message": message}, headers=headers)
        return await asyncio.wait_for(asked, A_WHILE)

    @contextmanager
    def full(self) -> Iterator[Line]:
        """Every place is taken."""
        line = self.parts.live.served.line
        tickets = [line.ticket() for _ in range(1 + WAITING)]
        yield line
        tickets.clear()


@pytest.fixture
async def crowd(ws: Workspace) -> AsyncIterator[Crowd]:
    app = application(ws, Echo("echo-1", "d1"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as http:
        yield Crowd(ws, app.state.parts, http)


@asynccontextmanager
async def no_threads() -> AsyncIterator[None]:
    """None of the pool is free."""
    pool = to_thread.current_default_thread_limiter()
    with ExitStack() as taken:
        for _ in range(int(pool.available_tokens)):
            holder = object()
            pool.acquire_on_behalf_of_nowait(holder)
            taken.callback(pool.release_on_behalf_of, holder)
        yield


def chat_of(headers: dict[str, str]) -> str:
    return access.claimed(headers["Authorization"].removeprefix("Bearer ")).chat_id


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def test_the_chat_api_refuses_without_a_thread_where_the_line_is_full(crowd: Crowd) -> None:
    key = crowd.key()
    assert (await crowd.complete(key)).status_code == 200

    async with no_threads():
        with crowd.full():
            refused = await crowd.complete(key)
        passed = asyncio.create_task(crowd.complete(key))
        await asyncio.wait({passed}, timeout=0.5)
        waits = not passed.done()

    assert told(refused) == (429, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert waits  # with room in the line, a thread is needed
    assert (await passed).status_code == 200


async def test_the_widget_refuses_without_a_thread_where_the_line_is_full(crowd: Crowd) -> None:
    new, known = await crowd.session(), await crowd.session()
    assert (await crowd.say(known, "Where is it?")).status_code == 200

    async with no_threads():
        with crowd.full():
            refused = [await crowd.say(chat, "And when?") for chat in (new, known)]
        passed = asyncio.create_task(crowd.say(new, "And when?"))
        await asyncio.wait({passed}, timeout=0.5)
        waits = not passed.done()

    assert [told(one) for one in refused] == [(429, "busy")] * 2
    assert all(int(one.headers["Retry-After"]) > 0 for one in refused)
    assert waits
    assert (await passed).status_code == 200


async def test_a_key_is_not_looked_up_to_be_refused(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    key, looked, check = crowd.key(), [], access.check
    await crowd.complete(key)
    monkeypatch.setattr(access, "check", lambda *asked: looked.append(1) or check(*asked))

    with crowd.full():
        refused = [await crowd.complete(key) for _ in range(3)]

    assert {told(one) for one in refused} == {(429, "busy")}
    assert looked == []

    await crowd.complete(key)
    assert looked == [1]  # a key that was good lately lets nobody in


async def test_a_wrong_key_learns_nothing_of_the_line(crowd: Crowd) -> None:
    made_up, revoked, reviewer, page = {"Authorization": "Bearer dw_x"}, crowd.key(), crowd.key("reviewer"), HERE
    forged = {**page, "Authorization": "Bearer abc.def"}
    access.revoke(crowd.ws.store, access.keys(crowd.ws.store)[0].id)

    async def learnt() -> list[tuple[int, str]]:
        keys = [await crowd.complete(one) for one in ({}, made_up, revoked, reviewer)]
        return [told(one) for one in [*keys, await crowd.say(forged, "Hello?"), await crowd.say(page, "Hello?")]]

    before = await learnt()
    with crowd.full():
        assert await learnt() == before == await learnt()
    assert [status for status, _ in before] == [401, 401, 401, 403, 401, 401]


async def test_a_wrong_role_learns_nothing_of_the_line_where_its_key_is_known(crowd: Crowd) -> None:
    widget = crowd.key("widget")
    before = told(await crowd.complete(widget))

    with crowd.full():
        assert told(await crowd.complete(widget)) == before == (403, "wrong_role")


async def test_a_chat_of_people_is_heard_where_the_line_is_full(crowd: Crowd) -> None:
    asking, taken, offered = await crowd.session(), await crowd.session(), await crowd.session()
    offer = {"role": "assistant", "content": crowd.ws.config.serve.offer_person}
    crowd.parts.record.keep(chat_of(offered), "widget", [{"role": "user", "content": "This is useless!"}, offer])
    crowd.parts.desk.move(chat_of(taken), "take", by="person", agent="a")

    with crowd.full():
        heard = [
            await crowd.say(asking, "Can I talk to a human?"),
            await crowd.say(taken, "Are you there?"),
            await crowd.say(offered, "Yes, please"),
        ]

    assert [one.status_code for one in heard] == [200] * 3
    assert ['"handover"' in heard[0].text, '"wait"' in heard[1].text, '"handover"' in heard[2].text] == [True] * 3


async def test_what_is_refused_counts_as_asked(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    key, counted = crowd.key(), []
    await crowd.complete(key)
    monkeypatch.setattr(crowd.parts.limits, "count", lambda kind, who: counted.append(kind))

    with crowd.full():
        await crowd.complete(key)

    assert counted == ["key"]


class Endless:
    """Goes on until its client leaves."""

    model, digest = "endless", ""

    async def astream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> AsyncIterator[Token]:
        while True:
            await asyncio.sleep(0.01)
            yield Token("word ")


async def test_a_client_that_leaves_makes_room(ws: Workspace) -> None:
    running = run(application(ws, Endless()), "127.0.0.1", 0)
    key = {"Authorization": f"Bearer {access.create(ws.store, 'integration', 'test')}"}
    body = {"model": "endless", "stream": True, "messages": [{"role": "user", "content": "go"}]}

    async def ask(stay: AsyncExitStack) -> int:
        response = await stay.enter_async_context(http.stream("POST", "/v1/chat/completions", json=body, headers=key))
        return response.status_code

    async def refused() -> bool:
        async with AsyncExitStack() as probe:
            return await ask(probe) == 429

    limits = httpx.Limits(max_connections=None)
    try:
        async with (
            httpx.AsyncClient(base_url=running.url, timeout=A_WHILE, limits=limits) as http,
            AsyncExitStack() as others,
            AsyncExitStack() as leaver,
        ):
            told = [await ask(leaver), *[await ask(others) for _ in range(WAITING)]]
            before = await refused()
            await leaver.aclose()
            async with asyncio.timeout(A_WHILE):
                while await refused():
                    await asyncio.sleep(0.01)
    finally:
        running.stop()

    assert told == [200] * (1 + WAITING)
    assert before
