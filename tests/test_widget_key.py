"""Keys of the role widget: an app of one's own opens chats with one, from wherever it is, and can do nothing else."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from deskwright.workspace import Workspace
from serve import access
from serve.app import routes
from serve.commands import run
from serve.engines.echo import Echo
from tests.server_process import make
from tests.serving import application

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {"Origin": "https://app.example.com"}
SESSION, CHAT, STATE = "/widget/api/session", "/widget/api/chat", "/widget/api/state"

Made = Callable[[str], tuple[TestClient, Workspace]]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """A client of a server with these settings."""
    clients: list[TestClient] = []

    def build(settings: str = "") -> tuple[TestClient, Workspace]:
        ws = make(tmp_path / "ws", settings)
        clients.append(TestClient(application(ws, Echo("echo-1", "d1"))).__enter__())
        return clients[-1], ws

    yield build
    for client in clients:
        client.__exit__(None, None, None)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def opened(http: TestClient, key: str, **headers: str) -> dict[str, str]:
    answer = http.post(SESSION, headers={**bearer(key), **headers})

    assert answer.status_code == 200
    return bearer(answer.json()["token"])


def said(answer: httpx.Response) -> str:
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    return "".join(event.get("text", "") for event in events)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_an_app_chats_rates_asks_for_a_person_and_deletes(made: Made) -> None:
    http, ws = made("")
    session = opened(http, access.create(ws.store, "widget", "app"))
    answer = http.post(CHAT, json={"message": "hello there"}, headers=session)
    message_id = json.loads(answer.text.strip().splitlines()[-1][6:])["message_id"]
    done = [
        http.post("/widget/api/feedback", json={"message_id": message_id, "value": 1}, headers=session),
        http.get(STATE, headers={**session, **ELSEWHERE}),
        http.post("/widget/api/person", json={}, headers=session),
        http.delete(CHAT, headers=session),
    ]

    assert said(answer) == "hello there"
    assert [one.status_code for one in done] == [200, 200, 200, 204]


def test_the_key_opens_chats_and_nothing_else(made: Made) -> None:
    http, ws = made("")
    key = bearer(access.create(ws.store, "widget", "app"))
    session = opened(http, key["Authorization"][7:])
    places = [
        ("GET", "/v1/models"),
        ("POST", "/v1/retrieve"),
        ("GET", "/console/api/queue"),
        ("GET", "/console/api/chats"),
    ]
    refused = {code(http.request(way, place, json={"query": "x"}, headers=key)) for way, place in places}
    strangers = {code(http.request(way, place, json={"query": "x"}, headers=session)) for way, place in places}

    assert refused == {(403, "wrong_role")}
    assert strangers == {(401, "invalid_api_key")}
    assert code(http.post(CHAT, json={"message": "hi"}, headers={**key, "Origin": "http://testserver"})) == (
        401, "session_ended"
    )  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [("widget", 200), ("admin", 200), ("integration", 403), ("reviewer", 403)])
def test_which_keys_open_a_chat(made: Made, role: str, status: int) -> None:
    http, ws = made("")

    assert http.post(SESSION, headers=bearer(access.create(ws.store, role, "x"))).status_code == status


def test_an_unknown_key_does_not_even_for_a_page_that_may(made: Made) -> None:
    http, _ = made("")

    assert code(http.post(SESSION, headers={**bearer("dw_wrong"), "Origin": "http://testserver"})) == (
        401, "invalid_api_key"
    )  # fmt: skip
    assert code(http.post(SESSION, headers=ELSEWHERE)) == (403, "wrong_origin")
    assert code(http.post(SESSION, headers={"Host": ""})) == (403, "wrong_origin")


def test_the_chats_of_a_key_end_with_it(made: Made) -> None:
    http, ws = made("")
    keys = [access.create(ws.store, "widget", name) for name in ("one", "other")]
    sessions = [opened(http, key) for key in keys]
    first = next(key.id for key in access.keys(ws.store) if key.label == "one")
    access.revoke(ws.store, first)

    assert code(http.post(SESSION, headers=bearer(keys[0]))) == (401, "invalid_api_key")
    assert code(http.post(CHAT, json={"message": "hi"}, headers=sessions[0])) == (401, "session_ended")
    assert code(http.get(STATE, headers=sessions[0])) == (401, "session_ended")
    assert http.post(CHAT, json={"message": "hi"}, headers=sessions[1]).status_code == 200


def test_a_page_cannot_pass_its_token_off_as_a_keys(made: Made) -> None:
    http, ws = made("")
    access.create(ws.store, "widget", "app")
    key_id = access.keys(ws.store)[0].id
    token = http.post(SESSION, headers={"Origin": "http://testserver"}).json()["token"]
    encoded, _, signature = token.partition(".")
    body = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    forged = f"{base64.urlsafe_b64encode(f'{body}{key_id}'.encode()).decode().rstrip('=')}.{signature}"
    many = base64.urlsafe_b64encode(f"chat_1|{'9' * 5000}|".encode()).decode()

    assert code(http.get(STATE, headers=bearer(token))) == (403, "wrong_origin")
    assert code(http.get(STATE, headers=bearer(forged))) == (401, "session_ended")
    assert code(http.get(STATE, headers={**bearer(f"{many}.x"), "Origin": "http://testserver"})) == (
        401, "session_ended"
    )  # fmt: skip


def test_an_app_that_speaks_for_many_is_not_counted_by_address(made: Made) -> None:
    http, ws = made('[serve]\nlimit_address = "2/minute"\nlimit_key = "3/minute"\nlimit_session = "4/minute"')
    key = access.create(ws.store, "widget", "app")
    sessions = [opened(http, key) for _ in range(3)]
    answers = [http.post(CHAT, json={"message": "hi"}, headers=sessions[0]).status_code for _ in range(5)]
    others = [http.post(CHAT, json={"message": "hi"}, headers=session).status_code for session in sessions[1:]]
    guesses = [http.get(STATE, headers=bearer(access.sign(b"guess", "chat_1", key="x"))).status_code for _ in range(3)]

    assert http.post(SESSION, headers=bearer(key)).status_code == 429
    assert answers == [200] * 4 + [429]
    assert others == [200, 200]
    assert guesses == [401, 401, 429]


def test_a_renewed_token_is_the_same_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    token = access.sign(b"secret", "chat_1", key="k1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + access.TOKEN_SECONDS * 0.6)
    renewed = access.renewed(b"secret", token)

    assert renewed
    assert access.session(b"secret", renewed).key == "k1"
    assert access.session(b"secret", renewed).ends > access.session(b"secret", token).ends


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_the_commands_of_the_manual_work(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```sh\n(curl -X POST .*?)```", manual, re.DOTALL)
    opening, asking = re.findall(r"^curl .*?[^\\]$", shown, re.MULTILINE | re.DOTALL)
    ws = make(tmp_path / "ws")
    key = access.create(ws.store, "widget", "app")
    running = run(application(ws, Echo("echo-1", "d1")), "127.0.0.1", 0)

    def command(words: str, **places: str) -> str:
        for place, value in {"https://bot.example.com": running.url, **places}.items():
            words = words.replace(place, value)
        return subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=True).stdout

    try:
        opened = json.loads(command(opening, **{"dw_...": key}))
        events = [
            json.loads(line[6:]) for line in command(asking, TOKEN=opened["token"]).splitlines() if "data: " in line
        ]
    finally:
        running.stop()

    assert opened["expires_in"] == access.TOKEN_SECONDS
    assert "".join(event.get("text", "") for event in events) == "Where is my order?"
    assert set(events[-1]) == {"type", "message_id", "state", "action"}


def test_the_document_says_which_key_and_which_token() -> None:
    paths: dict[str, Any] = routes().openapi()["paths"]

    assert paths[SESSION]["post"]["security"] == [{"key": []}, {}]
    assert paths[CHAT]["post"]["security"] == [{"session": []}]
    assert "role `widget`" in paths[SESSION]["post"]["description"]
