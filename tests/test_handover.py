"""The hand-over to people: who may do what in which state, and that the bot is silent once a person has the chat."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from selenium.webdriver.common.by import By
from standardwebhooks import Webhook as Verifier

from deskwright import audit
from deskwright.config import Config
from deskwright.errors import ConfigError, DeskwrightError
from deskwright.hours import is_open, parse
from deskwright.workspace import Workspace
from instruct import reviews
from instruct.topics import Topics
from serve import access
from serve.commands import run
from serve.desk import BOT, CLOSED, DELETED, HUMAN, MOVES, PENDING, Desk
from serve.engines.echo import Echo
from serve.handover import keep
from serve.policy import Judge, Words
from serve.record import Record, Said
from serve.refusals import Refusal
from serve.topic import topic_of
from serve.wishes import agrees, wants_person
from tests.serving import Held, Saying, application
from tests.stand_in import StandIn, process, until

ROOT = Path(__file__).resolve().parents[1]
CANARY = "zoe.canary@example.com"
HERE = {"Origin": "http://testserver"}
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
HOLDING = "Sorry about that! I will check with the warehouse and get back to you."


def configured(ws: Workspace, **serve: Any) -> Workspace:
    return Workspace(ws.root, Config.model_validate({"serve": serve}), ws.keys)


@dataclass
class Client:
    """A visitor with a session, and a reviewer, of one server."""

    http: Any
    ws: Workspace
    origin: str = "http://testserver"

    def __post_init__(self) -> None:
        self.visitor = self.session()
        self.reviewer = {"Authorization": f"Bearer {access.create(self.ws.store, 'reviewer', 'Mina')}"}

    def session(self) -> dict[str, str]:
        page = {"Origin": self.origin}
        token = self.http.post("/widget/api/session", json={}, headers=page).json()["token"]
        return {**page, "Authorization": f"Bearer {token}"}

    def say(self, message: str) -> list[dict[str, Any]]:
        response = self.http.post("/widget/api/chat", json={"message": message}, headers=self.visitor)

        assert response.status_code == 200
        return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]

    def person(self, **wish: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.post("/widget/api/person", json=wish, headers=self.visitor).json()
        return found

    def state(self, after: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/widget/api/state?after={after}", headers=self.visitor).json()
        return found

    def move(self, move: str, **body: str) -> Any:
        return self.http.post(f"/console/api/chats/{self.chat_id}/{move}", json=body, headers=self.reviewer)

    def listed(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/console/api/chats", headers=self.reviewer).json()
        return found

    @property
    def chat_id(self) -> str:
        secret = access.session_secret(self.ws)
        return access.session(secret, self.visitor["Authorization"][7:], self.origin).chat_id

    def rows(self, name: str) -> list[dict[str, Any]]:
        table = getattr(self.ws.store.tables, name)
        with self.ws.store.read() as connection:
            return [dict(row) for row in connection.execute(table.select()).mappings()]

    def said(self) -> list[tuple[str, str]]:
        rows = sorted(self.rows("chat_messages"), key=lambda row: row["position"])
        return [(row["role"], row["text"]) for row in rows]

    def everything(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.ws.root.rglob("*") if path.is_file())


@pytest.fixture
def client(ws: Workspace) -> Iterator[Client]:
    with TestClient(application(ws, Echo("echo-1", "d1"))) as http:
        yield Client(http, ws)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with process() as found:
        yield found


# --- The table ------------------------------------------------------------------------------------------------------


def documented() -> dict[tuple[str, str, str], str]:
    """(move, who, before) -> after, as docs/handover.md has it."""
    rows = re.findall(
        r"^\| `([\w-]+)` \| ([\w, ]+) \| (.+?) \| `(\w+)` \|$", (ROOT / "docs/handover.md").read_text(), re.MULTILINE
    )
    return {
        (move, who.strip(), before): after
        for move, by, states, after in rows
        for who in by.split(",")
        for before in re.findall(r"`(\w+)`", states)
    }


def test_the_table_of_the_documents_is_the_table_of_the_code() -> None:
    assert documented() == {
        (name, by, before): after for name, move in MOVES.items() for by in move.by for before, after in move.to.items()
    }


WAYS: dict[str, list[tuple[str, str]]] = {
    BOT: [],
    PENDING: [("ask", "visitor")],
    HUMAN: [("take", "person")],
    CLOSED: [("close", "person")],
    DELETED: [("delete", "visitor")],
}
"""How a chat comes into each state."""


@pytest.mark.parametrize("by", ["visitor", "bot", "person"])
@pytest.mark.parametrize("move", sorted(MOVES))
@pytest.mark.parametrize("before", sorted(WAYS))
def test_what_the_table_does_not_allow_is_refused(ws: Workspace, before: str, move: str, by: str) -> None:
    desk = Desk(ws.store)
    for one, who in WAYS[before]:
        desk.move("chat_1", one, by=who)
    after = documented().get((move, by, before))
    if after is None:
        with pytest.raises(Refusal) as refused:
            desk.move("chat_1", move, by=by)

        assert refused.value.status == 409
    else:
        desk.move("chat_1", move, by=by)

    assert desk.state("chat_1") == (after or before)


def test_every_change_is_in_the_audit_log(client: Client) -> None:
    client.say("hello")
    client.person()
    for move in ("take", "give-back", "close"):
        client.move(move)
    client.say("hello again")
    moved = [row["detail"] for row in client.rows("audit") if row["action"] == "chat moved"]

    assert [(one["by"], one["before"], one["after"]) for one in moved] == [
        ("visitor", "bot", "pending"),
        ("person", "pending", "human"),
        ("person", "human", "bot"),
        ("person", "bot", "closed"),
        ("visitor", "closed", "bot"),
    ]
    assert moved[1]["key"] == access.keys(client.ws.store)[0].id
    assert audit.broken_at(client.ws.store) is None


# --- The visitor's side ---------------------------------------------------------------------------------------------


def test_who_asks_for_a_person_waits_and_the_bot_is_silent(client: Client) -> None:
    first = client.say("hello")[-1]
    asked = client.person(message=f"Call me, I am {CANARY}")
    second = client.say("are you there")

    assert (first["state"], first["action"]) == ("bot", None)
    assert asked == {"state": "pending", "open": True}
    assert second == [{"type": "end", "message_id": None, "state": "pending", "action": "wait"}]
    assert client.said() == [
        ("user", "hello"), ("assistant", "hello"), ("user", "Call me, I am <EMAIL_1>"), ("user", "are you there"),
    ]  # fmt: skip
    assert CANARY.encode() not in client.everything()


def test_words_that_ask_for_a_person_get_one_and_no_answer(client: Client) -> None:
    assert client.say("Can I talk to a real person please?") == [
        {"type": "end", "message_id": None, "state": "pending", "action": "handover"}
    ]
    assert client.said() == [("user", "Can I talk to a real person please?")]
    assert client.listed()["chats"][0]["state"] == "pending"


def test_an_answer_that_promises_a_person_asks_for_one(ws: Workspace) -> None:
    with TestClient(application(ws, Saying(HOLDING))) as http:
        client = Client(http, ws)
        *texts, end = client.say("where is my parcel")
        listed = client.listed()["chats"]

    assert "".join(event["text"] for event in texts) == HOLDING
    assert (end["state"], end["action"]) == ("pending", "handover")
    assert [chat["chat_id"] for chat in listed] == [client.chat_id]


@pytest.mark.parametrize(("question", "action"), [("I want to speak to an agent", "handover"), ("hello", None)])
def test_the_chat_api_has_the_action_as_a_field(client: Client, question: str, action: str | None) -> None:
    key = {"Authorization": f"Bearer {access.create(client.ws.store, 'integration', 'test')}"}
    body = {"model": "deskwright", "messages": [{"role": "user", "content": question}]}
    answer = client.http.post("/v1/chat/completions", json=body, headers=key).json()

    assert answer["choices"][0]["message"]["content"] == question
    assert answer["deskwright"]["action"] == action


def test_a_contact_is_kept_sealed_for_the_person_until_the_chat_closes(client: Client) -> None:
    client.person(message="Please call", contact=CANARY)
    client.say("and one more thing")

    assert CANARY.encode() not in client.everything()
    assert client.listed()["chats"][0]["contact"] == CANARY
    assert all(CANARY not in json.dumps(row["detail"]) for row in client.rows("audit"))

    client.move("take")

    assert client.rows("handovers")[0]["contact"] == CANARY

    client.move("close")

    assert client.rows("handovers")[0]["contact"] == ""


def test_a_take_over_during_an_answer_drops_the_answer(ws: Workspace) -> None:
    engine = Held()
    with TestClient(application(ws, engine)) as http:
        client = Client(http, ws)
        events: list[dict[str, Any]] = []
        asking = threading.Thread(target=lambda: events.extend(client.say(f"My mail is {CANARY}")))
        asking.start()
        assert engine.begun.wait(30)
        http.app.state.parts.desk.move(client.chat_id, "take", by="person")
        engine.go.set()
        asking.join(30)

        assert events[-1] == {"type": "end", "message_id": None, "state": "human", "action": "wait"}
        assert "hello" not in "".join(event.get("text", "") for event in events)
        assert client.said() == [("user", "My mail is <EMAIL_1>")]


def test_an_answer_that_is_ready_when_somebody_takes_over_is_not_recorded(ws: Workspace) -> None:
    record, desk = Record(ws.store), Desk(ws.store)
    desk.move("chat_1", "take", by="person")

    assert not record.keep("chat_1", "widget", [{"role": "user", "content": "hello"}], Said("msg_1", "hi", "m", "d"))
    assert record.turns("chat_1") == [{"role": "user", "content": "hello"}]


def test_what_a_person_writes_reaches_the_customer_as_written_and_the_record_redacted(client: Client) -> None:
    client.say("My name is Zoe Canary")
    client.move("take")
    first = client.move("reply", text="Hello Zoe Canary, this is Mina.").json()["message_id"]
    second = client.move("reply", text="Still there?").json()["message_id"]

    assert client.state() == {
        "state": "human",
        "open": True,
        "messages": [
            {"message_id": first, "role": "human", "text": "Hello Zoe Canary, this is Mina."},
            {"message_id": second, "role": "human", "text": "Still there?"},
        ],
    }
    assert [one["message_id"] for one in client.state(after=first)["messages"]] == [second]
    assert client.state(after=second)["messages"] == []
    assert client.said()[2][0] == "human"
    assert "Zoe" not in client.said()[2][1]


def test_a_person_keeps_one_placeholder_however_long_the_chat(client: Client) -> None:
    for text in ("My name is Zoe Canary", "I am Zoe Canary, mail zoe@example.com", "Zoe Canary again"):
        client.say(text)
    client.move("take")
    client.move("reply", text="Hello Zoe Canary.")

    assert [text for role, text in client.said() if role != "assistant"] == [
        "My name is <PERSON_1>", "I am <PERSON_1>, mail <EMAIL_1>", "<PERSON_1> again", "Hello <PERSON_1>.",
    ]  # fmt: skip


def test_after_a_restart_a_persons_words_are_readable_without_names(client: Client) -> None:
    client.say("My name is Zoe Canary")
    client.move("take")
    client.move("reply", text="Hello Zoe Canary, all is well.")
    with TestClient(application(client.ws, Echo())) as http:
        again = http.get("/widget/api/state", headers=client.visitor).json()

    assert [one["text"] for one in again["messages"]] == ["Hello, all is well."]


def test_after_it_was_given_back_the_bot_knows_what_the_colleague_said(ws: Workspace) -> None:
    engine = Saying("Fine.")
    with TestClient(application(ws, engine)) as http:
        client = Client(http, ws)
        client.say("hello")
        client.move("take")
        client.say("one")
        client.say("two")
        client.move("reply", text="It ships on Monday.")
        client.move("give-back")
        end = client.say("which Monday")[-1]

    assert (end["state"], end["action"]) == ("bot", None)
    assert [(m["role"], m["content"]) for m in engine.asked[-1][1:]] == [
        ("user", "hello"), ("assistant", "Fine."), ("user", "one\n\ntwo"), ("assistant", "It ships on Monday."),
        ("user", "which Monday"),
    ]  # fmt: skip
    assert [text for _, text in client.said()] == [
        "hello", "Fine.", "one", "two", "It ships on Monday.", "which Monday", "Fine.",
    ]  # fmt: skip


def test_a_message_in_a_closed_chat_begins_anew_with_the_bot(client: Client) -> None:
    client.say("hello")
    client.move("close")

    assert client.state()["state"] == "closed"
    assert client.say("hello again")[-1]["state"] == "bot"
    assert client.said()[-1] == ("assistant", "hello again")


def test_deleting_a_chat_leaves_nothing_of_it_and_ends_the_session(client: Client) -> None:
    message_id = client.say("My name is Zoe Canary")[-1]["message_id"]
    thumb = {"message_id": message_id, "value": -1, "comment": "no"}
    client.http.post("/widget/api/feedback", json=thumb, headers=client.visitor)
    client.person(contact=CANARY)
    chat_id = client.chat_id
    answer = client.http.delete("/widget/api/chat", headers=client.visitor)

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.rows("chats") == client.rows("chat_messages") == client.rows("feedback") == []
    assert [(row["state"], row["contact"]) for row in client.rows("handovers")] == [("deleted", "")]
    assert client.http.app.state.parts.memory.turns(chat_id) is None
    for method, path in (("POST", "chat"), ("POST", "person"), ("GET", "state"), ("DELETE", "chat")):
        answer = client.http.request(method, f"/widget/api/{path}", headers=client.visitor, params={"after": ""})

        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "session_ended"
    assert client.move("take").status_code == 404


def test_a_session_that_has_ended_can_still_be_deleted_and_nothing_else(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.say("My name is Zoe Canary")
    now = time.time()
    monkeypatch.setattr("serve.access.time", SimpleNamespace(time=lambda: now + 30 * access.TOKEN_SECONDS))
    ended = client.http.post("/widget/api/person", json={}, headers=client.visitor)
    elsewhere = client.http.delete("/widget/api/chat", headers={**client.visitor, "Origin": "http://other.test"})
    forged = client.http.delete("/widget/api/chat", headers={**client.visitor, "Authorization": "Bearer a.b"})
    before = client.rows("chats")
    deleted = client.http.delete("/widget/api/chat", headers=client.visitor)

    assert (ended.status_code, elsewhere.status_code, forged.status_code) == (401, 403, 401)
    assert len(before) == 1
    assert deleted.status_code == 204
    assert client.rows("chats") == client.rows("chat_messages") == []
    assert client.http.delete("/widget/api/chat", headers=client.visitor).status_code == 401


def test_an_answer_that_is_on_its_way_does_not_bring_a_deleted_chat_back(ws: Workspace) -> None:
    engine = Held()
    with TestClient(application(ws, engine)) as http:
        client = Client(http, ws)
        asking = threading.Thread(target=client.say, args=["hello"])
        asking.start()
        assert engine.begun.wait(30)
        assert http.delete("/widget/api/chat", headers=client.visitor).status_code == 204
        engine.go.set()
        asking.join(30)

        assert client.rows("chats") == client.rows("chat_messages") == []
        assert http.app.state.parts.memory.turns(client.chat_id) is None


def test_what_is_late_brings_nothing_of_a_deleted_chat_back(client: Client) -> None:
    client.say("hello")
    assert client.http.delete("/widget/api/chat", headers=client.visitor).status_code == 204
    parts = client.http.app.state.parts
    with pytest.raises(Refusal, match="deleted"):
        client.http.portal.call(keep, parts, client.chat_id, "widget", "user", "am I still here")
    parts.memory.add(client.chat_id, {"role": "user", "content": "hello"}, [])

    assert not parts.record.keep(client.chat_id, "widget", [{"role": "user", "content": "hello"}])
    assert parts.memory.turns(client.chat_id) is None
    assert client.rows("chats") == client.rows("chat_messages") == []


def test_a_session_goes_on_while_somebody_talks_or_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def later(share: float) -> None:
        now = time.time() + share * access.TOKEN_SECONDS
        monkeypatch.setattr("serve.access.time", SimpleNamespace(time=lambda: now))

    old, chat_id = client.visitor, client.chat_id
    later(0.4)

    assert "token" not in client.say("hello")[-1]

    later(0.6)
    token = client.say("hello")[-1]["token"]

    assert "token" not in client.state()

    client.person()
    waiting = client.state()["token"]
    later(1.1)

    assert client.http.get("/widget/api/state", headers=old).status_code == 401
    for fresh in (token, waiting):
        client.visitor = {**old, "Authorization": f"Bearer {fresh}"}

        assert client.state()["state"] == "pending"
        assert client.chat_id == chat_id


def test_a_page_that_reads_from_its_own_server_says_its_origin_itself(ws: Workspace) -> None:
    with TestClient(application(ws, Echo())) as http:
        client = Client(http, ws, "http://testserver")
        token = {"Authorization": client.visitor["Authorization"]}
        own = {**token, "X-Origin": "http://testserver"}

        assert http.get("/widget/api/state", headers=own).json()["state"] == "bot"
        assert http.get("/widget/api/state", headers=token).status_code == 403
        assert http.get("/widget/api/state", headers={**own, "Origin": "http://evil.example.com"}).status_code == 403
        assert http.get("/widget/api/state", headers={"X-Origin": "http://testserver"}).status_code == 401


def test_asking_again_while_a_person_has_the_chat_changes_nothing_but_the_contact(client: Client) -> None:
    client.person(message="help")
    client.move("take")
    agent = client.rows("handovers")[0]["agent"]
    client.person(contact=CANARY)
    (row,) = client.rows("handovers")

    assert (row["state"], row["contact"], row["told"]) == ("human", CANARY, True)
    assert row["agent"] == agent == access.keys(client.ws.store)[0].id


# --- The people's side ----------------------------------------------------------------------------------------------


def test_a_reply_needs_the_chat_to_be_taken(client: Client) -> None:
    client.person(message="hello")
    refused = client.move("reply", text="hi")

    assert refused.status_code == 409
    assert "take it over first" in refused.json()["error"]["message"]
    assert client.move("take").json() == {"state": "human"}
    assert client.move("take").status_code == 409
    assert client.move("fly").status_code == 400
    assert client.move("reply", text="  ").status_code == 400


def test_the_list_has_who_waits_first_and_the_bots_chats_apart(client: Client) -> None:
    client.say("the bot has this")
    bots, taken, waits = client.chat_id, client.session(), client.session()
    for visitor in (taken, waits):
        client.visitor = visitor
        client.person(message="help")
        if visitor is taken:
            client.move("take")
    listed = client.listed()

    assert [chat["state"] for chat in listed["chats"]] == ["pending", "human"]
    assert listed["chats"][0]["chat_id"] == client.chat_id
    assert listed["bot"] == [{"chat_id": bots, "state": "bot"}]


def test_chats_of_other_channels_are_not_the_consoles_however_many_wait(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve.desk.MOST_LISTED", 2)
    key = {"Authorization": f"Bearer {access.create(client.ws.store, 'integration', 'test')}"}
    body = {"model": "deskwright", "messages": [{"role": "user", "content": "hello"}]}
    client.http.post("/v1/chat/completions", json=body, headers=key)
    (api,) = [row["id"] for row in client.rows("chats")]
    desk = Desk(client.ws.store)
    for chat_id in (api, "slack-T0-C0-1.0", "slack-T0-C0-2.0"):
        desk.move(chat_id, "ask", by="visitor")
    client.person()

    assert [chat["chat_id"] for chat in client.listed()["chats"]] == [client.chat_id]
    assert client.move("take").json() == {"state": "human"}
    assert client.http.post(f"/console/api/chats/{api}/take", headers=client.reviewer).status_code == 404


def test_a_chat_shows_its_redacted_turns(client: Client) -> None:
    client.say("My name is Zoe Canary")
    found = client.http.get(f"/console/api/chats/{client.chat_id}", headers=client.reviewer).json()

    assert found["turns"][0] == {"role": "user", "content": "My name is <PERSON_1>"}
    assert client.http.get("/console/api/chats/chat_none", headers=client.reviewer).status_code == 404


@pytest.mark.parametrize("role", ["integration", None])
def test_only_reviewers_reach_the_desk(client: Client, role: str | None) -> None:
    headers = {"Authorization": f"Bearer {access.create(client.ws.store, role, 'x')}"} if role else {}
    paths = [("GET", "chats"), ("GET", "chats/x"), ("POST", "chats/x/take"), ("POST", "chats/x/reply")]
    found = {
        client.http.request(m, f"/console/api/{p}", headers=headers, json={"text": "x"}).status_code for m, p in paths
    }

    assert found == {403 if role else 401}


def test_a_colleagues_words_are_context_for_training_and_never_an_answer(client: Client) -> None:
    client.say("hello")
    client.move("take")
    client.move("reply", text="It ships on Monday.")
    client.move("give-back")
    message_id = client.say("thanks")[-1]["message_id"]
    decision = {"message_id": message_id, "rating": 5}
    client.http.post("/console/api/review", json=decision, headers=client.reviewer)
    queue = client.http.get("/console/api/queue", headers=client.reviewer).json()["cases"]
    rows = reviews.rows(client.ws.store, reviews.Counter())

    assert [case["answer"] for case in queue] == ["hello"]
    assert rows[0].turns[-2:] == (("assistant", "hello\n\nIt ships on Monday."), ("user", "thanks"))


# --- Hours ----------------------------------------------------------------------------------------------------------

HOURS = {"mon-fri": "09:00-12:30, 13:30-17:00", "sat": "10:00-24:00"}


@pytest.mark.parametrize(
    ("moment", "there"),
    [
        ("2026-03-02T08:00", True),  # a Monday; Berlin is an hour ahead
        ("2026-03-02T07:59", False),
        ("2026-03-02T11:29", True),
        ("2026-03-02T11:30", False),
        ("2026-03-02T16:00", False),
        ("2026-07-06T07:00", True),  # in summer, two hours
        ("2026-03-07T22:59", True),
        ("2026-03-07T23:00", False),
        ("2026-03-08T12:00", False),
    ],
)
def test_people_are_there_in_their_hours_and_their_zone(moment: str, there: bool) -> None:
    assert is_open(HOURS, "Europe/Berlin", datetime.fromisoformat(moment).replace(tzinfo=UTC)) is there


def test_without_hours_people_are_always_there() -> None:
    assert is_open({}, "UTC", datetime(2026, 1, 1, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"monday": "09:00-17:00"}, "is no day"),
        ({"fri-mon": "09:00-17:00"}, "is no day"),
        ({"mon": "9-17"}, "is no span of time"),
        ({"mon": "22:00-06:00"}, "ends before it begins"),
        ({"mon": "09:00-25:00"}, "hour must be in"),
    ],
)
def test_hours_that_cannot_be_read_are_told(hours: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(hours)
    with pytest.raises(ValueError, match=words):
        Config.model_validate({"serve": {"hours": hours}})


@pytest.mark.parametrize(
    "setting",
    [
        {"time_zone": "Berlin"},
        {"webhook": "http://desk.example.com"},
        {"webhook": "desk.example.com"},
        {"server": {"url": "http://gpu.example.com/v1"}},
    ],
)
def test_settings_that_cannot_work_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Config.model_validate({"serve": setting})


def test_outside_the_hours_the_widget_is_told(ws: Workspace) -> None:
    day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][(datetime.now(UTC).weekday() + 3) % 7]
    with TestClient(application(configured(ws, hours={day: "00:00-24:00"}), Echo())) as http:
        client = Client(http, ws)

        assert client.state()["open"] is False
        assert client.person(message="Please write", contact=CANARY) == {"state": "pending", "open": False}
        assert client.listed()["chats"][0]["contact"] == CANARY


# --- The webhook ----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(ws: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose desk is at the stand-in."""
    monkeypatch.setenv("DESKWRIGHT_WEBHOOK_SECRET", SECRET)
    return configured(ws, webhook=f"{stand_in.url}/desk")


def test_the_desk_is_told_with_a_signature_that_the_standards_own_library_takes(
    told: Workspace, stand_in: StandIn
) -> None:
    with TestClient(application(told, Echo())) as http:
        client = Client(http, told)
        client.say(f"My mail is {CANARY}")
        client.person(message="Help me", contact="+44 20 7946 0000")
        (call,) = until(lambda: stand_in.calls("/desk"))
        until(lambda: client.rows("handovers")[0]["told"])
    event = Verifier(SECRET).verify(call["body"], call["headers"])

    assert event["type"] == "chat.waiting"
    assert event["data"] == {
        "chat_id": client.chat_id,
        "state": "pending",
        "open": True,
        "contact": "+44 20 7946 0000",
        "topic": None,
        "transcript": [
            {"role": "user", "content": "My mail is <EMAIL_1>"},
            {"role": "assistant", "content": "My mail is <EMAIL_1>"},
            {"role": "user", "content": "Help me"},
        ],
    }


def test_the_desk_is_told_the_topic_where_topics_are_learnt(told: Workspace, stand_in: StandIn) -> None:
    topics = {"delivery": "Where is my parcel", "refund": "I want my money back", "password": "I cannot log in"}
    asked = [(f"{question}, {more}", topic) for topic, question in topics.items() for more in ("please", *"abcdef")]
    Topics.fit(*map(list, zip(*asked, strict=True))).save(told.models / "topics")
    with TestClient(application(told, Echo())) as http:
        client = Client(http, told)
        client.say("Hello, my parcel has not arrived, where is it?")
        client.person(message="Somebody there?")
        (call,) = until(lambda: stand_in.calls("/desk"))
    said = [{"role": "user", "content": "Hello, my parcel has not arrived, where is it?"}]
    weights = told.models / "topics" / "topics.npz"
    whole = weights.read_bytes()

    assert json.loads(call["body"])["data"]["topic"] == "delivery"
    assert topic_of(told, said) == "delivery"
    for damaged in (b"", b"x", whole[: len(whole) // 2]):
        weights.write_bytes(damaged)
        assert topic_of(told, said) is None
    assert topic_of(told, []) is None


def test_what_is_not_taken_is_sent_again(
    told: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("serve.webhook.WAITS", (0.01,) * 5)
    stand_in.set({"/desk": [(500, {}), (302, {}), (200, {})]})
    with TestClient(application(told, Echo())) as http:
        client = Client(http, told)
        client.person(message=f"I am {CANARY}", contact=CANARY)
        until(lambda: client.rows("handovers")[0]["told"])
    calls = stand_in.calls("/desk")

    assert len(calls) == 3
    assert len({call["headers"]["webhook-id"] for call in calls}) == 1
    assert CANARY not in caplog.text


def test_a_desk_that_does_not_answer_holds_nobody_up_and_is_told_after_a_restart(
    told: Workspace, stand_in: StandIn
) -> None:
    stand_in.set({"/desk": [(0, {}), (200, {})]})
    with TestClient(application(told, Echo())) as http:
        client = Client(http, told)

        assert client.person(message="hello")["state"] == "pending"
        until(lambda: stand_in.calls("/desk"))
        assert client.say("are you there")[-1]["action"] == "wait"
        assert client.rows("handovers")[0]["told"] is False
    with TestClient(application(told, Echo())):
        until(lambda: client.rows("handovers")[0]["told"])

    assert len(stand_in.calls("/desk")) == 2


@pytest.mark.parametrize(("secret", "error"), [("", ConfigError), ("whsec_short", DeskwrightError)])
def test_a_webhook_without_a_good_secret_stops_the_start(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, secret: str, error: type[Exception]
) -> None:
    monkeypatch.setenv("DESKWRIGHT_WEBHOOK_SECRET", secret)
    with pytest.raises(error, match="secret"):
        application(configured(ws, webhook="https://desk.example.com/hook"), Echo())


# --- Wishes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a real person please?", "I want to speak with an agent", "human", "Agent please!",
        "let me speak to your manager", "Connect me to a human.", "put me through to someone", "I need a real person",
        "this is useless, get me a human", "Is there any way to chat with a live agent?",
        "Ich möchte mit einem Mitarbeiter sprechen", "Je veux parler à un conseiller", "Quiero hablar con una persona",
        "Vorrei parlare con un operatore", "Ik wil met een medewerker spreken", "Quero falar com um atendente",
    ],
)  # fmt: skip
def test_a_wish_for_a_person_is_heard(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "I was talking to an agent yesterday", "I don't want to speak to a person", "How many people fit in the tent?",
        "When I talk to an agent they say it shipped", "I need a person number", "Can a second person use my account?",
        "Where is my parcel?", "The agent was rude", "Does the human resources guide ship?",
        "I need people who can lift it", "After speaking to an agent I got a refund", "",
    ],
)  # fmt: skip
def test_other_words_are_no_wish(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize("text", ["Yes", "yes, please!", "Ok, thank you", "Ja, bitte.", "Oui, merci", "Sí, por favor"])
def test_a_yes_is_heard(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("text", ["no", "No thanks", "", "yes but where is my parcel", "I did please you", "yesterday"])
def test_other_words_are_no_yes(text: str) -> None:
    assert not agrees(text)


# --- The offer of a person ------------------------------------------------------------------------------------------


@pytest.fixture
def offering(ws: Workspace) -> Iterator[Client]:
    """A server whose model offers a person to who is fed up."""
    words = Words(ws.config.serve.ask_back, ws.config.serve.offer_person, ws.config.serve.hand_over)
    by = Judge(None, words, lambda text: "fed up" in text)
    with TestClient(application(ws, Echo("echo-1", "d1"), by)) as http:
        yield Client(http, ws)


def test_words_that_need_a_person_are_answered_by_an_offer_once(offering: Client) -> None:
    offer = offering.ws.config.serve.offer_person
    *texts, end = offering.say("I am fed up with this grinder")
    again = offering.say("No, I am fed up and want to know where it is")

    assert "".join(event["text"] for event in texts) == offer
    assert (end["state"], end["action"]) == (BOT, "offer")
    assert (again[-1]["state"], again[-1]["action"]) == (BOT, None)
    assert offering.rows("handovers") == []


@pytest.mark.parametrize("restarted", [False, True])
def test_a_yes_to_the_offer_gets_a_person_also_after_a_restart(offering: Client, restarted: bool) -> None:
    offering.say("I am fed up with this grinder")
    if restarted:
        offering.http.app.state.parts.memory.drop(offering.chat_id)
        offering.http.app.state.parts.memory._chats.clear()
    (end,) = offering.say("Yes, please")

    assert (end["state"], end["action"]) == (PENDING, "handover")
    assert offering.said()[-1] == ("user", "Yes, please")


def test_a_yes_to_anything_else_is_answered(offering: Client) -> None:
    offering.say("Is it on its way?")

    assert offering.say("Yes, please")[-1]["state"] == BOT


def test_the_chat_api_tells_of_the_offer_and_of_the_yes(offering: Client) -> None:
    key = {"Authorization": f"Bearer {access.create(offering.ws.store, 'integration', 'test')}"}
    turns = [{"role": "user", "content": "I am fed up"}]

    def answered() -> Any:
        body = {"model": "deskwright", "messages": turns}
        return offering.http.post("/v1/chat/completions", json=body, headers=key).json()

    offered = answered()
    turns += [offered["choices"][0]["message"], {"role": "user", "content": "yes please"}]

    assert offered["choices"][0]["message"]["content"] == offering.ws.config.serve.offer_person
    assert (offered["deskwright"]["action"], offered["usage"]["completion_tokens"]) == ("offer", 0)
    assert answered()["deskwright"]["action"] == "handover"


# --- In a browser ---------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_person_takes_over_replies_and_closes_in_the_console(browser: Any, ws: Workspace) -> None:
    running = run(application(ws, Echo("echo-1", "d1")), "127.0.0.1", 0)
    try:
        with httpx.Client(base_url=running.url) as http:
            client = Client(http, ws, running.url)
            client.person(message="My name is Zoe Canary, help", contact="07700 900123")
            browser.get(f"{running.url}/console/desk#key={access.create(ws.store, 'reviewer', 'Mina')}")

            def one(selector: str) -> Any:
                shown = [e for e in browser.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]
                return shown[0] if shown else None

            until(lambda: one("#chats button")).click()
            until(lambda: one(".turn.user"))

            assert "<PERSON_1>" in one(".turn.user").text
            assert "07700 900123" in one("#about").text
            assert one("#reply-form") is None

            one('[data-move="take"]').click()
            until(lambda: one("#reply")).send_keys("Hello Zoe Canary!")
            one("#reply-form button").click()
            until(lambda: one(".turn.human"))

            assert client.state()["messages"][0]["text"] == "Hello Zoe Canary!"

            one('[data-move="close"]').click()
            until(lambda: client.state()["state"] == "closed")
            until(lambda: one("#none"))
    finally:
        running.stop()


@pytest.mark.browser
def test_the_widgets_page_may_ask_look_and_delete(browser: Any, ws: Workspace) -> None:
    running = run(application(ws, Echo("echo-1", "d1")), "127.0.0.1", 0)
    script = """
        const done = arguments[arguments.length - 1];
        const call = async (method, path, token, body) => {
          const type = { "Content-Type": "application/json", "X-Origin": location.origin };
          const headers = { ...type, Authorization: `Bearer ${token}` };
          const response = await fetch(`/widget/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
          return { status: response.status, data: await response.json().catch(() => null) };
        };
        (async () => {
          const { data } = await call("POST", "session", "", {});
          const found = [await call("POST", "person", data.token, { message: "help", contact: "" })];
          found.push(await call("GET", "state?after=", data.token));
          found.push(await call("DELETE", "chat", data.token));
          done(found);
        })();
    """
    try:
        browser.get(f"{running.url}/widget")
        found = browser.execute_async_script(script)
    finally:
        running.stop()

    assert found == [
        {"status": 200, "data": {"state": "pending", "open": True}},
        {"status": 200, "data": {"state": "pending", "open": True, "messages": []}},
        {"status": 204, "data": None},
    ]
