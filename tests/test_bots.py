"""Several bots of one server: what belongs to one stays there, and each works below its own address as if alone."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import openai
import pytest
from click.testing import Result
from fastapi.testclient import TestClient

from deskwright.keys import KEY_NAMES
from deskwright.workspace import Workspace
from serve import access
from serve.bots import host
from tests.bots_server import ANSWERS, QUESTION, Bots, bot, promote, serving
from tests.server_process import make, tiny
from tests.serving import Saying, application

NAMES = ("shop", "help")
OTHER = {"shop": "help", "help": "shop"}
PAGES = ("", "widget", "console", "console/desk")
ROOT = Path(__file__).resolve().parents[1]
SHOP_PAGE = "https://shop.example.com"


def share_keys(environment: pytest.MonkeyPatch) -> None:
    for name in KEY_NAMES:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        environment.setenv(f"DESKWRIGHT_{name.upper()}_KEY", key)


@pytest.fixture(scope="module")
def bots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bots]:
    """Two bots whose workspaces have all their keys in common."""
    root = tmp_path_factory.mktemp("bots")
    with pytest.MonkeyPatch.context() as environment:
        share_keys(environment)
        workspaces = {name: bot(root, name, f'[serve]\ntitle = "Title of {name}"') for name in NAMES}
        with serving(workspaces) as found:
            yield found


@pytest.fixture(params=["own keys", "shared keys"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    """Two bots in this process, each with a session, a key, a chat and an answer."""
    if request.param == "shared keys":
        share_keys(monkeypatch)
    with together(tmp_path) as found:
        yield found


class Pair:
    """A client of two bots, and what each gave out."""

    def __init__(self, http: TestClient, workspaces: dict[str, Workspace], parts: dict[str, Any]) -> None:
        self.http = http
        self.workspaces = workspaces
        self.parts = parts
        self.keys = {
            name: {role: bearer(access.create(ws.store, role, name)) for role in access.ROLES}
            for name, ws in workspaces.items()
        }
        self.sessions = {name: self.session(name) for name in workspaces}

    def session(self, name: str) -> dict[str, str]:
        page = {"Origin": "http://testserver"}
        token = self.http.post(f"/bots/{name}/widget/api/session", headers=page).json()["token"]
        return {**page, **bearer(token)}

    def ask(self, name: str, session: dict[str, str], words: str = "hello") -> httpx.Response:
        return self.http.post(f"/bots/{name}/widget/api/chat", json={"message": words}, headers=session)

    def chat_id(self, name: str, session: dict[str, str]) -> str:
        secret = access.session_secret(self.workspaces[name])
        return access.session(secret, session["Authorization"][7:], session["Origin"]).chat_id


class together:
    """Two bots that say their own name."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.workspaces = {name: make(root / name, settings.get(name, "")) for name in NAMES}
        self.apps = {name: application(ws, Saying(f"I am {name}.")) for name, ws in self.workspaces.items()}
        self.http = TestClient(host(self.apps), follow_redirects=False)

    def __enter__(self) -> Pair:
        self.http.__enter__()
        return Pair(self.http, self.workspaces, {name: app.state.parts for name, app in self.apps.items()})

    def __exit__(self, *error: Any) -> None:
        self.http.__exit__(*error)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


def words(answer: httpx.Response) -> str:
    return "".join(event.get("text", "") for event in events(answer))


def rows(ws: Workspace, name: str) -> list[dict[str, Any]]:
    table = getattr(ws.store.tables, name)
    with ws.store.read() as connection:
        return [dict(row) for row in connection.execute(table.select()).mappings()]


# --- Nothing crosses ----------------------------------------------------------------------------------------------


async def customer(bots: Bots, name: str, number: int, http: httpx.AsyncClient) -> tuple[str, str, str]:
    """Asks what both bots know, then something of its own; returns the answers and the id of the first."""
    page = {"Origin": bots.url}
    token = (await http.post(bots.at(name, "/widget/api/session"), headers=page)).json()["token"]
    found = []
    for message in (QUESTION, f"{name} customer number {number} says hello"):
        answer = await http.post(
            bots.at(name, "/widget/api/chat"), json={"message": message}, headers={**page, **bearer(token)}
        )
        found.append(words(answer))
    last = events(answer)[-1]["message_id"]
    await http.post(
        bots.at(name, "/widget/api/feedback"),
        json={"message_id": last, "value": -1, "reasons": ["wrong"]},
        headers={**page, **bearer(token)},
    )
    return found[0], found[1], last


def test_many_customers_at_once_each_have_their_own_bot(bots: Bots) -> None:
    many = [(name, number) for number in range(8) for name in NAMES]

    async def everybody() -> list[tuple[str, str, str]]:
        async with httpx.AsyncClient(timeout=120) as http:
            return await asyncio.gather(*(customer(bots, name, number, http) for name, number in many))

    for (name, number), (known, own, _) in zip(many, answers := asyncio.run(everybody()), strict=True):
        assert known == ANSWERS[name]
        assert own == f"{name} customer number {number} says hello"

    for name, ws in bots.workspaces.items():
        ours = {message_id for (whose, _), (*_, message_id) in zip(many, answers, strict=True) if whose == name}
        kept = [row for row in rows(ws, "chat_messages") if row["model"]]
        key = bearer(access.create(ws.store, "reviewer", "Mina"))
        queue = httpx.get(bots.at(name, "/console/api/queue"), params={"limit": 200}, headers=key).json()["cases"]
        seen = {case["message_id"] for case in queue if case["thumb"] == -1}

        assert len(rows(ws, "chats")) == 8
        assert {row["model"] for row in kept} == {f"{name}-1"}
        assert {source["id"] for row in kept for source in row["sources"]} == {f"{name}-1"}
        assert OTHER[name] not in json.dumps([row["text"] for row in rows(ws, "chat_messages")])
        assert seen == ours
        assert {row["message_id"] for row in rows(ws, "feedback")} == ours


def test_what_one_bot_gave_out_the_other_refuses(pair: Pair) -> None:
    for name, other in OTHER.items():
        session, keys = pair.sessions[name], pair.keys[name]
        message_id = events(pair.ask(name, session))[-1]["message_id"]
        chat = f"/console/api/chats/{pair.chat_id(name, session)}"
        app = {"Authorization": session["Authorization"]}
        below = f"/bots/{other}"
        review = {"message_id": message_id, "rating": 5}
        thumb = {"message_id": message_id, "value": 1}
        refused = [
            pair.ask(other, session),
            pair.http.get(f"{below}/widget/api/state", headers=session),
            pair.http.post(f"{below}/widget/api/person", json={}, headers=session),
            pair.http.request("DELETE", f"{below}/widget/api/chat", headers=session),
            pair.http.post(f"{below}/widget/api/session", headers=keys["widget"]),
            pair.http.get(f"{below}/v1/models", headers=keys["integration"]),
            pair.http.get(f"{below}/console/api/queue", headers=keys["reviewer"]),
            pair.http.get(f"{below}/console/api/chats", headers=keys["admin"]),
        ]
        unknown = [
            pair.http.post(f"{below}/widget/api/feedback", json=thumb, headers=pair.sessions[other]),
            pair.http.post(f"{below}/console/api/review", json=review, headers=pair.keys[other]["reviewer"]),
            pair.http.get(f"{below}{chat}", headers=pair.keys[other]["reviewer"]),
            pair.http.post(f"{below}{chat}/take", headers=pair.keys[other]["reviewer"]),
        ]

        assert [answer.status_code for answer in refused] == [401] * len(refused)
        assert [answer.status_code for answer in unknown] == [404] * len(unknown)
        assert pair.http.get(f"{below}/widget/api/state", headers=app).status_code == 403
        assert pair.http.get(f"/bots/{name}{chat}", headers=keys["reviewer"]).status_code == 200
    for name, ws in pair.workspaces.items():
        assert {row["text"] for row in rows(ws, "chat_messages") if row["model"]} == {f"I am {name}."}
        assert rows(ws, "feedback") == []


def test_the_chats_of_an_apps_key_are_one_bots(pair: Pair) -> None:
    tokens = {
        name: pair.http.post(f"/bots/{name}/widget/api/session", headers=pair.keys[name]["widget"]).json()["token"]
        for name in NAMES
    }
    statuses = {(mine, at): pair.ask(at, bearer(tokens[mine])).status_code for mine in NAMES for at in NAMES}

    assert statuses == {(mine, at): 200 if mine == at else 401 for mine in NAMES for at in NAMES}


def test_a_person_takes_a_chat_of_one_bot(tmp_path: Path) -> None:
    with together(tmp_path) as pair:
        for name in NAMES:
            pair.http.post(f"/bots/{name}/widget/api/person", json={"message": name}, headers=pair.sessions[name])
        listed = {
            name: pair.http.get(f"/bots/{name}/console/api/chats", headers=pair.keys[name]["reviewer"]).json()["chats"]
            for name in NAMES
        }
        chat = listed["shop"][0]["chat_id"]
        pair.http.post(f"/bots/shop/console/api/chats/{chat}/take", headers=pair.keys["shop"]["reviewer"])
        states = {
            name: pair.http.get(f"/bots/{name}/widget/api/state", headers=pair.sessions[name]).json()["state"]
            for name in NAMES
        }

        assert {name: [one["chat_id"] for one in chats] for name, chats in listed.items()} == {
            name: [pair.chat_id(name, pair.sessions[name])] for name in NAMES
        }
    assert states == {"shop": "human", "help": "pending"}


def test_what_one_bot_has_spent_is_not_the_others(tmp_path: Path) -> None:
    limits = '[serve]\nlimit_address = "3/minute"\nlimit_key = "2/minute"'
    with together(tmp_path, shop=limits, help=limits) as pair:
        asked = {
            name: [
                pair.http.get(f"/bots/{name}/v1/models", headers=pair.keys[name]["integration"]) for _ in range(tries)
            ]
            for name, tries in (("shop", 4), ("help", 2))
        }
        said = {
            name: [pair.ask(name, pair.sessions[name]) for _ in range(tries)]
            for name, tries in (("shop", 4), ("help", 2))
        }
        statuses = {name: [answer.status_code for answer in (*asked[name], *said[name])] for name in NAMES}

    assert statuses == {"shop": [200, 200, 429, 429, 200, 200, 429, 429], "help": [200] * 4}


def test_origins_are_a_bots_own(tmp_path: Path) -> None:
    with together(tmp_path, shop=f'[serve]\norigins = ["{SHOP_PAGE}"]') as pair:
        page = {"Origin": SHOP_PAGE}
        asked = {**page, "Access-Control-Request-Method": "POST"}
        opened = {name: pair.http.post(f"/bots/{name}/widget/api/session", headers=page) for name in NAMES}
        flown = {name: pair.http.options(f"/bots/{name}/widget/api/chat", headers=asked) for name in NAMES}
        framed = {name: pair.http.get(f"/bots/{name}/widget").headers["content-security-policy"] for name in NAMES}

    assert [opened[name].status_code for name in NAMES] == [200, 403]
    assert [flown[name].headers.get("access-control-allow-origin") for name in NAMES] == [SHOP_PAGE, None]
    assert [SHOP_PAGE in framed[name] for name in NAMES] == [True, False]


def test_events_of_slack_are_taken_by_the_bot_they_are_signed_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {}
    for name in NAMES:
        monkeypatch.setenv(f"SLACK_OF_{name.upper()}", f"secret of {name}")
        settings[name] = f'[integrations.slack]\nteam = "T1"\nsecret = "SLACK_OF_{name.upper()}"'
    monkeypatch.setenv("DESKWRIGHT_SLACK_TOKEN", "xoxb-1")
    body, at = json.dumps({"type": "url_verification", "challenge": "c1"}), str(int(time.time()))
    signature = hmac.new(b"secret of shop", f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}
    with together(tmp_path, **settings) as pair:
        taken = {
            name: pair.http.post(f"/bots/{name}/integrations/slack", content=body, headers=headers) for name in NAMES
        }

    assert taken["shop"].json() == {"challenge": "c1"}
    assert taken["help"].status_code == 401


# --- Each below its own address -----------------------------------------------------------------------------------


def linked(page: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([^"]+)"', page))


def test_every_link_of_every_page_stays_with_its_bot(tmp_path: Path) -> None:
    with together(tmp_path) as pair:
        for start in (f"/bots/shop/{page}" for page in PAGES):
            for link in linked(pair.http.get(start).text):
                place = urljoin(start, link)

                assert place.startswith("/bots/shop/"), (start, link)
                assert pair.http.get(place).status_code == 200, (start, link)


def test_no_file_of_the_pages_knows_the_root_of_the_server() -> None:
    rooted = re.compile(r"""["'`(=]/(?:widget|console|v1|openapi|bots|healthz)""")
    files = [file for folder in ("widget", "console") for file in (ROOT / "serve" / folder).iterdir()]

    assert len(files) > 15
    assert [file.name for file in files if rooted.search(file.read_text(encoding="utf-8"))] == []


def test_the_document_and_the_errors_name_the_bots_address(tmp_path: Path) -> None:
    with together(tmp_path) as pair:
        document = pair.http.get("/bots/shop/openapi.json").json()
        nothing = pair.http.get("/bots/shop/nothing")
        wrong = pair.http.get("/bots/shop/widget/api/chat")

    assert document["servers"] == [{"url": "/bots/shop"}]
    assert "/bots/shop/openapi.json" in nothing.json()["error"]["message"]
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, POST")


def test_the_server_itself_lists_names_and_nothing_else(tmp_path: Path) -> None:
    secret = '[serve]\ntitle = "Secret project"'
    with together(tmp_path, shop=secret) as pair:
        front, health = pair.http.get("/"), pair.http.get("/healthz")
        moved = pair.http.get("/bots/shop")
        unknown = [pair.http.get(path) for path in ("/bots/other", "/bots/other/widget", "/v1/models", "/bots/")]
        large = pair.http.post("/", content=b"x" * 70_000)
        styles = [pair.http.get(f"/{link}") for link in linked(front.text)]

    assert linked(front.text) == {"bots/shop/", "bots/help/", "index.css", "icon.svg"}
    assert "Secret" not in front.text
    assert health.json() == {
        "status": "ok",
        "bots": {name: {"status": "ok", "model": "saying", "digest": "d1"} for name in NAMES},
    }
    assert urljoin("/bots/shop", moved.headers["location"]) == "/bots/shop/"
    assert {answer.status_code for answer in unknown} == {404}
    assert large.status_code == 413
    assert {answer.status_code for answer in styles} == {200}
    for answer in (front, health, moved, *unknown, large, *styles):
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" in answer.headers


def test_a_fault_of_one_bot_is_told_by_its_own_id_and_the_other_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with together(tmp_path) as pair:
        monkeypatch.setattr(pair.parts["shop"].record, "stats", lambda: 1 / 0)
        broken = pair.http.get("/bots/shop/console/api/stats", headers=pair.keys["shop"]["reviewer"])
        fine = pair.http.get("/bots/help/console/api/stats", headers=pair.keys["help"]["reviewer"])

    assert (broken.status_code, fine.status_code) == (500, 200)
    assert broken.headers["x-request-id"] in broken.json()["error"]["message"]
    assert broken.headers["x-request-id"] in caplog.text


def test_openais_client_works_with_each(bots: Bots) -> None:
    keys = {name: access.create(ws.store, "integration", "test") for name, ws in bots.workspaces.items()}
    asked: Any = {"model": "deskwright", "messages": [{"role": "user", "content": QUESTION}]}
    for name in NAMES:
        with openai.OpenAI(base_url=bots.at(name, "/v1"), api_key=keys[name]) as client:
            whole = client.chat.completions.create(**asked).choices[0].message.content
            chunks = [
                chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(**asked, stream=True)
            ]
            names = [model.id for model in client.models.list()]

            assert whole == "".join(chunks) == ANSWERS[name]
            assert names[0] == "deskwright"
            assert names[1].startswith(name)
            with pytest.raises(openai.AuthenticationError):
                client.with_options(api_key=keys[OTHER[name]]).models.list()


def test_two_models_at_work_at_once_say_what_each_says_alone(tmp_path: Path) -> None:
    workspaces = {}
    for seed, name in enumerate(NAMES):
        tiny(tmp_path / f"base of {name}", seed)
        workspaces[name] = make(
            tmp_path / name, f'[model]\nbase = "{tmp_path}/base of {name}"\n[serve]\nmax_tokens = 24'
        )
    keys = {name: access.create(ws.store, "integration", "test") for name, ws in workspaces.items()}
    with serving(workspaces, "--untuned", engine="auto") as found:

        def said(name: str, words: str) -> str:
            asked = {"model": "deskwright", "messages": [{"role": "user", "content": words}]}
            answer = httpx.post(
                found.at(name, "/v1/chat/completions"), json=asked, headers=bearer(keys[name]), timeout=120
            )
            return str(answer.json()["choices"][0]["message"]["content"])

        def talk(name: str) -> list[str]:
            return [said(name, words) for words in ("Where is my parcel?", "It is on its way.", "help")]

        alone = [talk(name) for name in NAMES]
        with ThreadPoolExecutor(len(NAMES)) as pool:
            at_once = list(pool.map(talk, NAMES))

    assert at_once == alone
    assert alone[0] != alone[1]


def test_each_takes_its_own_promotion_up(bots: Bots) -> None:
    before = httpx.get(f"{bots.url}/healthz").json()["bots"]
    promoted = promote(bots.workspaces["shop"], "shop", 2)
    answering = {}
    for name, ws in bots.workspaces.items():
        key = access.create(ws.store, "integration", "test")
        with openai.OpenAI(base_url=bots.at(name, "/v1"), api_key=key) as client:
            said = client.chat.completions.create(model="deskwright", messages=[{"role": "user", "content": QUESTION}])
            answering[name] = said.model
    after = httpx.get(f"{bots.url}/healthz").json()["bots"]

    assert [before[name]["model"] for name in NAMES] == ["shop-1", "help-1"]
    assert answering == {"shop": promoted, "help": "help-1"}
    assert (after["shop"]["digest"], after["help"]) == ("digest-of-shop-2", before["help"])


# --- Start and stop -----------------------------------------------------------------------------------------------


def test_a_stop_ends_the_work_of_all(tmp_path: Path) -> None:
    ended = []

    async def waits(name: str) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(name)

    with together(tmp_path) as pair:

        async def begin() -> None:
            for name in NAMES:
                pair.parts[name].tasks.start("work", waits(name))
            await asyncio.sleep(0)

        assert pair.http.portal
        pair.http.portal.call(begin)

        assert ended == []
    assert sorted(ended) == sorted(NAMES)


Cli = Callable[..., Result]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["{shop}"], "expected NAME=WORKSPACE"),
        (["shop={shop}", "help"], "expected NAME=WORKSPACE"),
        (["Shop={shop}"], "lower-case letters, digits and hyphens"),
        (["-shop={shop}", "help={help}"], "No such option|lower-case"),
        (["../shop={shop}"], "lower-case letters, digits and hyphens"),
        (["shop={shop}", "shop={help}"], "Two bots are named 'shop'"),
        (["shop={shop}", "help={shop}/../shop"], "are the same folder"),
        (["shop={shop}", "help={nothing}"], r"The bot help \(.*nothing\) cannot be served\. .*is no workspace"),
        (["--workspace", "{shop}", "help={help}"], "both were given"),
        (["shop={shop}", "help={help}"], r"The bot shop \(.*shop\) cannot be served\. No model is promoted"),
        (["shop={shop}", "far={far}"], "serve.port is 8000 in shop and 9000 in far.*name it with --port"),
        (["shop={shop}", "near={near}", "--port", "0"], r"serve.proxies is \[\] in shop and \['10.0.0.1'\] in near"),
        (["shop={shop}", "copy={copy}"], "shop and copy have the same store, or one is a copy"),
        (["one={one}", "two={two}"], "one and two have the same store"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_cannot_be_served_together_is_refused_in_a_sentence(
    tmp_path: Path, cli: Cli, given: list[str], said: str
) -> None:
    wanted = {name for word in given for name in re.findall(r"\{(\w+)\}", word)}
    folders = {name: tmp_path / name for name in (*wanted, "shop", "nothing")}
    settings = {
        "far": "[serve]\nport = 9000",
        "near": '[serve]\nproxies = ["10.0.0.1"]',
        "one": f'[store]\nurl = "sqlite:///{tmp_path}/common.db"',
        "two": f'[store]\nurl = "sqlite:////{tmp_path}/common.db"',
    }
    for name in sorted({*wanted, "shop"} - {"nothing", "copy"}):
        make(folders[name], settings.get(name, ""))
    if "copy" in wanted:
        access.session_secret(Workspace.open(folders["shop"]))
        shutil.copytree(folders["shop"], folders["copy"])
    result = cli("serve", *(word.format(**folders) for word in given))

    assert result.exit_code == 2
    assert re.search(said, result.output)
    assert result.output.count("\n") <= 4


def test_a_model_that_does_not_load_is_told_with_its_bot(tmp_path: Path, cli: Cli) -> None:
    make(tmp_path / "shop")
    (tmp_path / "base").mkdir()
    make(tmp_path / "help", f'[model]\nbase = "{tmp_path / "base"}"')
    result = cli(
        "serve", f"help={tmp_path / 'help'}", f"shop={tmp_path / 'shop'}", "--engine", "transformers", "--untuned"
    )

    assert result.exit_code == 2
    assert f"The bot help ({tmp_path / 'help'}) cannot be served" in result.output


def test_two_bots_do_not_believe_the_same_signature(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKWRIGHT_SLACK_SECRET", "s1")
    for name in NAMES:
        make(tmp_path / name, '[integrations.slack]\nteam = "T1"')
    result = cli("serve", *(f"{name}={tmp_path / name}" for name in NAMES), "--untuned")

    assert result.exit_code == 2
    assert "integrations.slack.secret of shop" in result.output
    assert "are the same secret" in result.output
    assert "s1" not in result.output
