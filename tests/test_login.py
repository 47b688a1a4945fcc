"""People who log in to the console: who may, for how long, and what an attacker tries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deskwright import audit
from deskwright.cli import deskwright
from deskwright.config import Config
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from serve import access, passwords, people
from serve.commands import run
from serve.engines.echo import Echo
from serve.record import Said
from tests.server_process import make
from tests.serving import application

PASSWORD = "kettle-river-42-moss"
OTHER = "lantern 7 orchard pump"
HERE = {"Origin": "http://testserver"}
SAFE = {"Origin": "https://testserver"}


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return make(tmp_path / "ws")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """argon2 as it is, with less work; gives back what is used in earnest."""
    earnest = passwords.HASHER
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=1024))
    passwords._nobodys.cache_clear()
    return earnest


@pytest.fixture
def mina(ws: Workspace) -> people.Person:
    return people.add(ws.store, "Mina Berger", "reviewer", PASSWORD)


@pytest.fixture
def http(ws: Workspace) -> Iterator[TestClient]:
    app = application(ws, Echo("echo-1", "d1"))
    app.state.parts.record.keep(
        "chat_1", "widget", [{"role": "user", "content": "hi"}], Said("msg_1", "hello", "m", "d")
    )
    with TestClient(app) as client:
        yield client


def log_in(http: TestClient, name: str = "Mina Berger", password: str = PASSWORD, **headers: str) -> httpx.Response:
    found: httpx.Response = http.post(
        "/console/api/login", json={"name": name, "password": password}, headers={**HERE, **headers}
    )
    return found


def logged_in(http: TestClient) -> dict[str, str]:
    """The headers that a page of the console sends from now on; the client keeps the cookie."""
    answer = log_in(http)

    assert answer.status_code == 200
    return {**HERE, "X-CSRF-Token": answer.json()["csrf_token"]}


def review(http: TestClient, headers: dict[str, str]) -> httpx.Response:
    found: httpx.Response = http.post("/console/api/review", json={"message_id": "msg_1", "rating": 4}, headers=headers)
    return found


def rows(ws: Workspace, name: str) -> list[dict[str, Any]]:
    with ws.store.read() as connection:
        return [dict(row) for row in connection.execute(getattr(ws.store.tables, name).select()).mappings()]


def actions(ws: Workspace) -> list[tuple[str, dict[str, Any]]]:
    return [(row["action"], row["detail"]) for row in rows(ws, "audit") if row["action"] != audit.NAMED]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# --- People and passwords -------------------------------------------------------------------------------------------


def test_a_person_is_added_listed_given_a_new_password_and_removed(ws: Workspace, cli: Callable[..., Result]) -> None:
    def asked(*words: str, typed: str) -> Result:
        return CliRunner().invoke(deskwright, ["people", *words, "--workspace", str(ws.root)], input=typed)

    added = asked("add", "Mina", "--role", "reviewer", typed=f"{PASSWORD}\n{PASSWORD}\n")
    listed = cli("people", "list", "--workspace", ws.root)
    unlike = asked("password", "Mina", typed=f"{OTHER}\n{OTHER}?\n")
    changed = asked("password", "MINA", "--password-stdin", typed=f"{OTHER}\n")

    assert (added.exit_code, added.stdout) == (0, "Mina may log in to the console as reviewer.\n")
    assert PASSWORD not in added.output
    assert re.search(r"^Mina +reviewer +p_[0-9a-f]{12} ", listed.output, re.MULTILINE)
    assert unlike.exit_code != 0
    assert changed.exit_code == 0
    assert people.log_in(ws.store, "mina", PASSWORD) is None
    assert people.log_in(ws.store, "mina", OTHER)

    removed = cli("people", "remove", "mina", "--workspace", ws.root)

    assert removed.exit_code == 0
    assert people.everybody(ws.store) == []
    assert people.log_in(ws.store, "mina", OTHER) is None
    assert cli("people", "remove", "mina", "--workspace", ws.root).exit_code == 2


@pytest.mark.parametrize(("typed", "said"), [(b"", "No password came"), (b"p\xffss\n", "no UTF-8")])
def test_a_password_that_cannot_be_read_is_refused_in_a_sentence(ws: Workspace, typed: bytes, said: str) -> None:
    words = ["people", "add", "Mina", "--role", "admin", "--password-stdin", "--workspace", str(ws.root)]
    result = CliRunner().invoke(deskwright, words, input=typed, catch_exceptions=False)

    assert result.exit_code == 2
    assert said in result.output
    assert people.everybody(ws.store) == []


def test_a_name_is_one_persons_whatever_its_capitals(ws: Workspace, mina: people.Person) -> None:
    for same in ("mina berger", "MINA  BERGER", " Ｍina Berger "):
        with pytest.raises(DeskwrightError, match="already"):
            people.add(ws.store, same, "admin", PASSWORD)

    people.remove(ws.store, "mina BERGER")

    assert people.add(ws.store, "mina berger", "admin", PASSWORD).id != mina.id


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x00b", "a\u202eb", "\ufdfa" * 20])
def test_what_is_no_name_is_refused(ws: Workspace, name: str) -> None:
    with pytest.raises(DeskwrightError, match="is no name"):
        people.add(ws.store, name, "reviewer", PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 11, "x" * 80, "password1234", "123456789012", "qwertyuiopas", "deskwright2026", "Mina Berger 2026",
     "bergermina12", "minaberger!!!!!!"],
)  # fmt: skip
def test_a_password_that_is_guessed_easily_is_refused(ws: Workspace, password: str) -> None:
    with pytest.raises(DeskwrightError, match=r"expected|Expected") as refused:
        people.add(ws.store, "Mina Berger", "reviewer", password)

    assert password not in str(refused.value)
    assert rows(ws, "people") == []


def test_a_password_is_the_same_from_every_keyboard(ws: Workspace) -> None:
    people.add(ws.store, "Zoë", "reviewer", "caf\u00e9 sous la pluie 9")

    assert people.log_in(ws.store, "Zoe\u0308", "cafe\u0301 sous la pluie 9")


def test_neither_the_password_nor_the_token_is_in_the_store(
    ws: Workspace, mina: people.Person, http: TestClient
) -> None:
    logged_in(http)
    tokens = [cookie.value for cookie in http.cookies.jar]
    log_in(http, password="wrong " + OTHER)
    kept = b"".join(path.read_bytes() for path in ws.root.rglob("*") if path.is_file())

    assert tokens[0]
    assert not [secret for secret in (PASSWORD, OTHER, *tokens) if secret.encode() in kept]


def test_passwords_are_hashed_as_owasp_says_at_least(quick: PasswordHasher) -> None:
    """19 MiB and two passes; the library's own defaults are more."""
    assert quick.hash(PASSWORD).startswith("$argon2id$v=19$")
    assert quick.memory_cost >= 19 * 1024
    assert quick.time_cost >= 2
    assert quick.salt_len >= 16


def test_a_hash_of_other_parameters_is_made_anew_at_log_in(
    ws: Workspace, mina: people.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(ws, "people")[0]["hash"]
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=4, memory_cost=1024))

    assert people.log_in(ws.store, "Mina Berger", OTHER) is None
    assert rows(ws, "people")[0]["hash"] == before
    assert people.log_in(ws.store, "Mina Berger", PASSWORD)
    assert "m=1024,t=4" in (renewed := rows(ws, "people")[0]["hash"])
    assert people.log_in(ws.store, "Mina Berger", PASSWORD)
    assert rows(ws, "people")[0]["hash"] == renewed


def test_a_password_that_is_changed_while_it_is_checked_does_not_log_in(
    ws: Workspace, mina: people.Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def slow(kept: str | None, password: str) -> bool:
        found = matches(kept, password)
        people.change_password(ws.store, "Mina Berger", OTHER)
        return found

    monkeypatch.setattr(passwords, "matches", slow)

    assert people.log_in(ws.store, "Mina Berger", PASSWORD) is None
    assert rows(ws, "logins") == []


def test_what_people_do_is_in_the_audit_log_without_names_and_secrets(
    ws: Workspace, mina: people.Person, http: TestClient
) -> None:
    headers = logged_in(http)
    log_in(http, password=OTHER)
    log_in(http, name="nobody")
    http.post("/console/api/logout", headers=headers)
    people.change_password(ws.store, "mina berger", OTHER)
    people.remove(ws.store, "mina berger")
    who = {"person": mina.id}

    assert actions(ws) == [
        ("person added", {**who, "role": "reviewer"}),
        ("logged in", who),
        ("log-in failed", who),
        ("log-in failed", {"person": ""}),
        ("logged out", who),
        ("password changed", who),
        ("person removed", who),
    ]
    assert audit.broken_at(ws.store) is None


def test_of_who_is_removed_only_the_id_stays(ws: Workspace, mina: people.Person, http: TestClient) -> None:
    review(http, logged_in(http))
    people.remove(ws.store, "Mina Berger")
    (row,) = rows(ws, "people")

    assert (row["name"], row["folded"], row["hash"]) == ("", None, "")
    assert rows(ws, "logins") == []
    assert rows(ws, "feedback")[0]["reviewer"] == mina.id


# --- The cookie -----------------------------------------------------------------------------------------------------


def cookie_of(answer: httpx.Response) -> tuple[str, set[str]]:
    named, *attributes = answer.headers["set-cookie"].split("; ")
    return named.split("=")[0], {attribute.lower() for attribute in attributes}


def test_a_log_in_sets_a_cookie_that_scripts_do_not_see(mina: people.Person, http: TestClient) -> None:
    answer = log_in(http)
    name, attributes = cookie_of(answer)

    assert answer.json() == {
        "id": mina.id,
        "name": "Mina Berger",
        "role": "reviewer",
        "csrf_token": answer.json()["csrf_token"],
    }
    assert attributes == {"httponly", "path=/", "samesite=strict"}
    assert re.fullmatch("deskwright_login_[0-9a-f]{8}", name)
    assert answer.headers["cache-control"] == "no-store"


def test_over_tls_the_cookie_is_for_tls_and_this_host_only(ws: Workspace, mina: people.Person) -> None:
    with TestClient(application(ws, Echo("echo-1", "d1")), base_url="https://testserver") as http:
        answer = log_in(http, **SAFE)
        name, attributes = cookie_of(answer)

        assert name.startswith("__Host-deskwright_login_")
        assert attributes == {"httponly", "path=/", "samesite=strict", "secure"}
        assert http.get("/console/api/me").status_code == 200


@pytest.mark.parametrize(("proxies", "secure"), [((), False), (("127.0.0.1",), True)])
def test_only_a_known_proxy_says_that_the_request_came_over_tls(
    ws: Workspace, mina: people.Person, proxies: tuple[str, ...], secure: bool
) -> None:
    running = run(application(ws, Echo("echo-1", "d1")), "127.0.0.1", 0, proxies)
    try:
        answer = httpx.post(
            f"{running.url}/console/api/login",
            json={"name": "Mina Berger", "password": PASSWORD},
            headers={"Host": "bot.example.com", "Origin": "https://bot.example.com", "X-Forwarded-Proto": "https"},
        )
    finally:
        running.stop()
    name, attributes = cookie_of(answer)

    assert ("secure" in attributes, name.startswith("__Host-")) == (secure, secure)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[TestClient, dict[str, Workspace]]]:
    """Two workspaces below paths of one host, over TLS, with the same keys."""
    made = {name: make(tmp_path / name) for name in ("shop", "shop-2")}
    made["shop-2"].keys = made["shop"].keys
    host = FastAPI()
    for name, each in made.items():
        people.add(each.store, "Mina Berger", "reviewer", PASSWORD)
        host.mount(f"/bots/{name}", application(each, Echo("echo-1", "d1")))
    with TestClient(host, base_url="https://testserver") as client:
        yield client, made


def test_applications_below_paths_of_a_host_keep_apart(two: tuple[TestClient, dict[str, Workspace]]) -> None:
    http, _ = two
    login = {"name": "Mina Berger", "password": PASSWORD}
    answer = http.post("/bots/shop/console/api/login", json=login, headers=SAFE)
    name, attributes = cookie_of(answer)

    assert name.startswith("__Host-deskwright_login_")
    assert attributes == {"httponly", "path=/", "samesite=strict", "secure"}
    assert http.get("/bots/shop/console/api/me").status_code == 200
    assert http.get("/bots/shop-2/console/api/me").status_code == 401

    both = http.post("/bots/shop-2/console/api/login", json=login, headers=SAFE)

    assert cookie_of(both)[0] != name
    assert [http.get(f"/bots/{each}/console/api/me").status_code for each in ("shop", "shop-2")] == [200, 200]


def test_a_log_in_works_where_a_proxy_gives_a_bot_a_host_name(two: tuple[TestClient, dict[str, Workspace]]) -> None:
    host = two[0].app

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        await host({**scope, "path": f"/bots/shop{scope['path']}"}, receive, send)

    http = TestClient(proxy, base_url="https://shop.example.com")
    own = {"Origin": "https://shop.example.com"}
    token = log_in(http, **own).json()["csrf_token"]

    assert http.get("/console/api/me").status_code == 200
    assert http.post("/console/api/logout", headers={**own, "X-CSRF-Token": token}).status_code == 204
    assert http.get("/console/api/me").status_code == 401
    assert not http.cookies


def test_the_cookie_and_the_csrf_token_of_another_application_are_worth_nothing(
    two: tuple[TestClient, dict[str, Workspace]],
) -> None:
    http, _ = two
    login = {"name": "Mina Berger", "password": PASSWORD}
    theirs, ours = (
        http.post(f"/bots/{name}/console/api/login", json=login, headers=SAFE) for name in ("shop", "shop-2")
    )
    name, token = cookie_of(ours)[0], theirs.cookies[cookie_of(theirs)[0]]
    http.cookies.clear()
    stolen = http.get("/bots/shop-2/console/api/me", headers={"Cookie": f"{name}={token}"})
    crossed = http.post(
        "/bots/shop-2/console/api/logout",
        headers={**SAFE, "Cookie": f"{name}={ours.cookies[name]}", "X-CSRF-Token": theirs.json()["csrf_token"]},
    )

    assert code(stolen) == (401, "login_ended")
    assert code(crossed) == (403, "wrong_csrf_token")


def test_a_session_that_was_set_before_log_in_is_not_taken_over(
    ws: Workspace, mina: people.Person, http: TestClient
) -> None:
    """Fixation: whoever knows the id that a browser was given beforehand knows nothing."""
    name = cookie_of(log_in(http))[0]
    http.cookies.clear()
    http.cookies.set(name, "planted")
    log_in(http)
    http.cookies.clear()

    assert http.get("/console/api/me", headers={"Cookie": f"{name}=planted"}).status_code == 401


def test_logging_in_again_ends_the_log_in_before(ws: Workspace, mina: people.Person, http: TestClient) -> None:
    logged_in(http)
    ((name, first),) = http.cookies.items()
    logged_in(http)

    assert len(rows(ws, "logins")) == 1
    http.cookies.clear()
    assert http.get("/console/api/me", headers={"Cookie": f"{name}={first}"}).status_code == 401


# --- When a log-in ends ---------------------------------------------------------------------------------------------


def shift(ws: Workspace, **by: timedelta) -> None:
    """As if so much time had gone by since then."""
    logins = ws.store.tables.logins
    (row,) = rows(ws, "logins")
    with ws.store.begin() as connection:
        connection.execute(logins.update().values(**{name: row[name] - much for name, much in by.items()}))


@pytest.mark.parametrize(
    "by", [{"used_at": people.IDLE}, {"expires_at": people.LONGEST}], ids=["nothing was done", "too long"]
)
def test_a_log_in_ends_by_itself(
    ws: Workspace, mina: people.Person, http: TestClient, by: dict[str, timedelta]
) -> None:
    headers = logged_in(http)
    shift(ws, **{name: much - timedelta(minutes=1) for name, much in by.items()})
    before = http.get("/console/api/queue").status_code
    shift(ws, **dict.fromkeys(by, timedelta(minutes=1)))

    assert before == 200
    assert code(http.get("/console/api/queue")) == (401, "login_ended")
    assert review(http, headers).status_code == 401
    assert rows(ws, "feedback") == []


def test_to_do_something_keeps_a_log_in_alive_and_a_page_that_only_looks_does_not(
    ws: Workspace, mina: people.Person, http: TestClient
) -> None:
    headers = logged_in(http)
    shift(ws, used_at=timedelta(hours=7))
    (before,) = rows(ws, "logins")
    http.get("/console/api/queue")
    http.get("/console/api/chats")
    (looked,) = rows(ws, "logins")
    review(http, headers)
    (done,) = rows(ws, "logins")

    assert looked == before
    assert done["used_at"] > before["used_at"] + timedelta(hours=6)
    assert done["expires_at"] == before["expires_at"]


@pytest.mark.parametrize("end", ["logout", "password", "remove"])
def test_a_log_in_is_ended_at_once(ws: Workspace, mina: people.Person, http: TestClient, end: str) -> None:
    headers = logged_in(http)
    cookies = dict(http.cookies)
    if end == "logout":
        assert http.post("/console/api/logout", headers=headers).status_code == 204
        assert dict(http.cookies) == {}
    elif end == "password":
        people.change_password(ws.store, "mina berger", OTHER)
    else:
        people.remove(ws.store, "mina berger")
    http.cookies.clear()
    http.cookies.update(cookies)

    assert code(http.get("/console/api/me")) == (401, "login_ended")
    assert code(review(http, headers)) == (401, "login_ended")
    assert rows(ws, "logins") == []


# --- Forged requests ------------------------------------------------------------------------------------------------


FORGED = {
    "no token": ({**HERE}, "wrong_csrf_token"),
    "a wrong token": ({**HERE, "X-CSRF-Token": "0" * 64}, "wrong_csrf_token"),
    "a token beyond ASCII": ({**HERE, "X-CSRF-Token": b"\xe9"}, "wrong_csrf_token"),
    "a page of another host": ({"Origin": "https://evil.example.com"}, "wrong_origin"),
    "a page of a host that begins the same": ({"Origin": "http://testserver.evil.example.com"}, "wrong_origin"),
    "a page without an origin": ({"Origin": "null"}, "wrong_origin"),
    "neither header": ({}, "wrong_origin"),
    "a page of another site": ({**HERE, "Sec-Fetch-Site": "cross-site"}, "wrong_origin"),
    "a page of the same site": ({**HERE, "Sec-Fetch-Site": "same-site"}, "wrong_origin"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_request_changes_nothing(ws: Workspace, mina: people.Person, http: TestClient, forged: str) -> None:
    right = logged_in(http)
    headers, why = FORGED[forged]
    if why == "wrong_origin":
        headers = {"X-CSRF-Token": right["X-CSRF-Token"], **headers}
    paths = ("review", "logout", "chats/chat_1/take", "chats/chat_1/reply")
    bodies = {"review": {"message_id": "msg_1", "rating": 1}, "chats/chat_1/reply": {"text": "x"}}
    tried = [http.post(f"/console/api/{path}", json=bodies.get(path, {}), headers=headers) for path in paths]

    assert [code(answer) for answer in tried] == [(403, why)] * 4
    assert rows(ws, "feedback") == rows(ws, "handovers") == []
    assert review(http, right).status_code == 200


def test_the_token_of_another_log_in_is_not_this_ones(ws: Workspace, mina: people.Person, http: TestClient) -> None:
    before = logged_in(http)
    http.cookies.clear()
    logged_in(http)

    assert code(review(http, before)) == (403, "wrong_csrf_token")


def test_a_modern_browser_says_by_itself_that_a_page_is_the_servers_own(mina: people.Person, http: TestClient) -> None:
    token = logged_in(http)["X-CSRF-Token"]

    assert review(http, {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": token}).status_code == 200


def test_nobody_is_logged_in_by_another_page(mina: people.Person, http: TestClient) -> None:
    """Log-in forgery: a victim would work under the attacker's name."""
    tried = [
        log_in(http, Origin="https://evil.example.com"),
        log_in(http, Origin="null"),
        log_in(http, **{"Sec-Fetch-Site": "cross-site"}),
    ]

    assert [code(answer) for answer in tried] == [(403, "wrong_origin")] * 3
    assert "set-cookie" not in tried[0].headers


def test_a_program_sends_its_key_as_ever_and_no_other_header(
    ws: Workspace, mina: people.Person, http: TestClient
) -> None:
    key = {"Authorization": f"Bearer {access.create(ws.store, 'reviewer', 'nightly')}"}
    first = review(http, key)
    logged_in(http)
    beside = review(http, key)
    wrong = review(http, {**key, "Authorization": "Bearer dw_wrong"})
    me = http.get("/console/api/me", headers=key).json()

    assert (first.status_code, beside.status_code, wrong.status_code) == (200, 200, 401)
    assert [row["reviewer"] for row in rows(ws, "feedback")] == [me["id"]] * 2
    assert (me["name"], me["role"], me["csrf_token"]) == ("nightly", "reviewer", None)


def test_no_answer_of_the_consoles_api_is_stored(mina: people.Person, http: TestClient) -> None:
    headers = logged_in(http)
    paths = ("me", "queue", "stats", "chats", "chats/chat_1")
    found = [http.get(f"/console/api/{path}") for path in paths]
    found += [review(http, headers), review(http, HERE), log_in(http, password=OTHER)]

    assert {answer.headers["cache-control"] for answer in found} == {"no-store"}
    assert not [answer for answer in found if "access-control-allow-origin" in answer.headers]


def test_a_log_in_opens_the_console_and_not_the_chat_api(mina: people.Person, http: TestClient) -> None:
    headers = logged_in(http)
    asked = {"model": "deskwright", "messages": [{"role": "user", "content": "hi"}]}

    assert http.post("/v1/chat/completions", json=asked, headers=headers).status_code == 401


# --- What a log-in gives away ---------------------------------------------------------------------------------------


def test_a_wrong_name_and_a_wrong_password_look_alike(
    ws: Workspace, mina: people.Person, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash is computed for unknown and removed people too, once, with the same parameters."""
    people.add(ws.store, "Removed", "reviewer", PASSWORD)
    people.remove(ws.store, "Removed")
    hasher, verified = passwords.HASHER, []

    class Watched:
        def verify(self, kept: str, password: bytes) -> bool:
            verified.append(kept.rsplit("$", 2)[0])
            return hasher.verify(kept, password)

        hash = staticmethod(hasher.hash)

    monkeypatch.setattr(passwords, "HASHER", Watched())
    tried = [log_in(http, password=OTHER), log_in(http, name="nobody"), log_in(http, name="Removed")]

    assert verified == [verified[0]] * 3
    assert verified[0].startswith("$argon2id$")
    assert {answer.text for answer in tried} == {tried[0].text}
    assert [code(answer) for answer in tried] == [(401, "wrong_login")] * 3
    assert {tuple(sorted(set(answer.headers) - {"x-request-id"})) for answer in tried} == {
        tuple(sorted(set(tried[0].headers) - {"x-request-id"}))
    }


def test_what_was_typed_is_in_no_answer_and_no_log(
    mina: people.Person, http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    said = [
        log_in(http, password="s3cret wrong pass").text,
        log_in(http, password="s3cret " * 1000).text,
        http.post("/console/api/login", content=b'{"password": "s3cret', headers=HERE).text,
        http.post("/console/api/login", json={"name": ["s3cret"], "password": {"s3cret": 1}}, headers=HERE).text,
    ]

    assert not [text for text in (*said, caplog.text) if "s3cret" in text]


def test_odd_names_and_passwords_are_wrong_and_no_fault(mina: people.Person, http: TestClient) -> None:
    bodies = [
        rb'{"name": "\ud800", "password": "\ud800"}',
        rb'{"name": "Mina Berger", "password": "\ud800 \u0000"}',
        rb'{"name": "a\u0000b", "password": "x"}',
        '{"name": "' + "\ufdfa" * 64 + '", "password": "x"}',
    ]
    headers = {**HERE, "Content-Type": "application/json"}
    found = [http.post("/console/api/login", content=body, headers=headers).status_code for body in bodies]

    assert set(found) <= {400, 401}


# --- Limits ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(ws: Workspace, mina: people.Person) -> Iterator[TestClient]:
    config = Config.model_validate({"privacy": {"names": ""}, "serve": {"limit_login": "3/hour"}})
    app = application(Workspace(ws.root, config, ws.keys), Echo("echo-1", "d1"))
    running = run(app, "127.0.0.1", 0, ("127.0.0.1",))
    with httpx.Client(base_url=running.url, headers={"Origin": running.url}, timeout=60) as client:
        yield client
    running.stop()


def tries(http: httpx.Client, name: str, password: str, address: str) -> httpx.Response:
    return http.post(
        "/console/api/login", json={"name": name, "password": password}, headers={"X-Forwarded-For": address}
    )


def test_failed_log_ins_are_limited_by_name(limited: httpx.Client, ws: Workspace) -> None:
    """From however many addresses, and however the name is written."""
    names = ("Mina Berger", "MINA BERGER", " mina  berger")
    failed = [tries(limited, name, OTHER, f"192.0.2.{n}").status_code for n, name in enumerate(names)]
    right = tries(limited, "mina berger", PASSWORD, "192.0.2.9")

    assert failed == [401] * 3
    assert (right.status_code, right.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert 1 <= int(right.headers["retry-after"]) <= 3601
    assert len([what for what, _ in actions(ws) if what == "log-in failed"]) == 3


def test_failed_log_ins_are_limited_by_address(limited: httpx.Client) -> None:
    found = [tries(limited, f"name {n}", PASSWORD, "192.0.2.1").status_code for n in range(4)]

    assert found == [401, 401, 401, 429]
    assert tries(limited, "Mina Berger", PASSWORD, "192.0.2.1").status_code == 429
    assert tries(limited, "Mina Berger", PASSWORD, "192.0.2.2").status_code == 200


def test_log_ins_that_succeed_are_not_counted(limited: httpx.Client) -> None:
    assert {tries(limited, "Mina Berger", PASSWORD, "192.0.2.1").status_code for _ in range(5)} == {200}


def test_unknown_names_are_limited_as_known_ones_are(limited: httpx.Client) -> None:
    found = [tries(limited, "nobody", PASSWORD, f"192.0.2.{n}").status_code for n in range(4)]

    assert found == [401, 401, 401, 429]


def test_guesses_at_the_same_time_are_not_let_past_the_limit(limited: httpx.Client) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: tries(limited, "nobody", OTHER, f"192.0.2.{n}").status_code, range(8)))

    assert sorted(found)[:3] == [401] * 3
    assert found.count(429) >= 4


def test_the_server_answers_others_while_passwords_are_checked(limited: httpx.Client) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        logging_in = [pool.submit(tries, limited, "nobody", OTHER, f"192.0.2.{n}") for n in range(3)]
        while not all(one.done() for one in logging_in):
            assert limited.get("/healthz").status_code == 200
            time.sleep(0.01)


# --- What is recorded -----------------------------------------------------------------------------------------------


def test_the_person_is_named_as_reviewer_and_agent(ws: Workspace, mina: people.Person, http: TestClient) -> None:
    headers = logged_in(http)
    review(http, headers)
    http.post("/console/api/chats/chat_1/take", headers=headers)
    listed = http.get("/console/api/chats").json()["chats"]
    shown = http.get("/console/api/chats/chat_1").json()

    assert [row["reviewer"] for row in rows(ws, "feedback")] == [mina.id]
    assert rows(ws, "handovers")[0]["agent"] == mina.id
    assert [(one["agent"], one["agent_name"]) for one in (*listed, shown)] == [(mina.id, "Mina Berger")] * 2
    assert "chat moved" in [what for what, _ in actions(ws)]


def test_customers_do_not_see_who_writes(ws: Workspace, mina: people.Person, http: TestClient) -> None:
    session = http.post("/widget/api/session", json={}, headers=HERE).json()["token"]
    visitor = {**HERE, "Authorization": f"Bearer {session}"}
    http.post("/widget/api/person", json={}, headers=visitor)
    headers = logged_in(http)
    (waiting,) = http.get("/console/api/chats").json()["chats"]
    for path, body in (("take", {}), ("reply", {"text": "Hello there"})):
        assert (
            http.post(f"/console/api/chats/{waiting['chat_id']}/{path}", json=body, headers=headers).status_code == 200
        )
    seen = http.get("/widget/api/state", headers=visitor)

    assert "Hello there" in seen.text
    assert "Mina" not in seen.text
    assert mina.id not in seen.text


def test_the_document_names_both_ways_in(http: TestClient) -> None:
    document = http.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    ways = document["paths"]["/console/api/queue"]["get"]["security"]

    assert ways == [{"key": []}, {"login": []}]
    assert (schemes["login"]["type"], schemes["login"]["in"]) == ("apiKey", "cookie")
    assert document["paths"]["/v1/models"]["get"]["security"] == [{"key": []}]
