"""The bot in Slack: signed events come in, answers go into the thread, to a process that stands in for Slack's API."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from fastapi.testclient import TestClient
from slack_sdk.signature import Clock, SignatureVerifier

from deskwright.config import Config
from deskwright.errors import ConfigError
from deskwright.workspace import Workspace
from serve.desk import Desk
from serve.engines.echo import Echo
from serve.slack import marked
from tests.serving import Held, Saying, application
from tests.stand_in import StandIn, process, until

CANARY = "zoe.canary@example.com"
SECRET, TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", "xoxb-not-a-real-token"
POST = "/api/chat.postMessage"
HANDOVER = "A colleague will go on from here."


class At(Clock):
    """A clock that is `seconds` off."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def now(self) -> float:
        return time.time() + self.seconds


class Bot:
    """A server of ours with a Slack app, and Slack's end of it."""

    def __init__(self, http: TestClient, ws: Workspace, stand_in: StandIn) -> None:
        self.http = http
        self.ws = ws
        self.slack = stand_in
        self.number = 0

    def event(self, **changes: Any) -> dict[str, Any]:
        """An event as Slack sends it, of a customer who names the bot."""
        self.number += 1
        inner = {
            "type": "app_mention",
            "user": "U0CUSTOMER",
            "text": "<@U0BOT> hello there",
            "channel": "C0SHOP",
            "ts": f"17720000{self.number:02}.000100",
            "event_ts": f"17720000{self.number:02}.000100",
            **changes,
        }
        return {
            "token": "old",
            "team_id": "T0TEAM",
            "api_app_id": "A0APP",
            "event": {name: value for name, value in inner.items() if value is not None},
            "type": "event_callback",
            "event_id": f"Ev{self.number:04}",
            "event_time": 1772000000,
            "authorizations": [{"team_id": "T0TEAM", "user_id": "U0BOT", "is_bot": True}],
        }

    def direct(self, text: str, **changes: Any) -> dict[str, Any]:
        return self.event(type="message", channel="D0CUSTOMER", channel_type="im", text=text, **changes)

    def reply(self, user: str, text: str, **changes: Any) -> dict[str, Any]:
        """A message in the thread that the customer's first message began."""
        thread = {"thread_ts": "1772000001.000100", "parent_user_id": "U0CUSTOMER"}
        return self.event(type="message", channel_type="channel", user=user, text=text, **thread, **changes)

    def send(self, event: Any, secret: str = SECRET, off: float = 0, **headers: str) -> Any:
        body = json.dumps(event)
        at = str(int(time.time() + off))
        signature = SignatureVerifier(secret, At(off)).generate_signature(timestamp=at, body=body)
        signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature or "", **headers}
        return self.http.post("/integrations/slack", content=body, headers=signed)

    def take(self, event: dict[str, Any]) -> None:
        answer = self.send(event)

        assert (answer.status_code, answer.json()) == (200, {"taken": True})

    def calls(self) -> list[dict[str, Any]]:
        """What was posted, whether as a form or as JSON."""
        found = []
        for call in self.slack.calls(POST):
            form = call["headers"]["content-type"].startswith("application/x-www-form-urlencoded")
            body = {k: v[0] for k, v in parse_qs(call["body"]).items()} if form else json.loads(call["body"])
            found.append({**body, "authorization": call["headers"].get("authorization")})
        return found

    def posted(self) -> list[str]:
        return [call["text"] for call in self.calls()]

    def idle(self) -> None:
        until(lambda: not self.http.app.state.parts.tasks._tasks)  # type: ignore[attr-defined]

    def state(self, chat_id: str = "slack-T0TEAM-C0SHOP-1772000001.000100") -> str:
        return Desk(self.ws.store).state(chat_id)

    def said(self) -> list[tuple[str, str]]:
        table = self.ws.store.tables.chat_messages
        with self.ws.store.read() as connection:
            return [(row.role, row.text) for row in connection.execute(table.select().order_by(table.c.position))]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with process() as found:
        found.set({POST: [(200, {"ok": True, "ts": "1772000099.000100"})]})
        yield found


@pytest.fixture
def slack(ws: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a Slack app."""
    monkeypatch.setenv("DESKWRIGHT_SLACK_SECRET", SECRET)
    monkeypatch.setenv("DESKWRIGHT_SLACK_TOKEN", TOKEN)
    section = {"team": "T0TEAM", "api": f"{stand_in.url}/api/"}
    return Workspace(ws.root, Config.model_validate({"integrations": {"slack": section}}), ws.keys)


@pytest.fixture
def bot(slack: Workspace, stand_in: StandIn) -> Iterator[Bot]:
    with TestClient(application(slack, Echo("echo-1", "d1"))) as http:
        yield Bot(http, slack, stand_in)


def test_the_address_is_verified_by_its_challenge(bot: Bot) -> None:
    answer = bot.send({"type": "url_verification", "token": "old", "challenge": "3eZbrw1aB"})

    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1aB"})


def test_who_names_the_bot_is_answered_in_the_thread(bot: Bot) -> None:
    bot.take(bot.event(text=f"<@U0BOT> My mail is <mailto:{CANARY}|{CANARY}> &amp; I wait"))
    bot.idle()
    (call,) = bot.calls()

    assert call["channel"] == "C0SHOP"
    assert call["thread_ts"] == "1772000001.000100"
    assert call["text"] == f"My mail is {CANARY} &amp; I wait"
    assert call["authorization"] == f"Bearer {TOKEN}"
    assert bot.said()[0] == ("user", "My mail is <EMAIL_1> & I wait")
    everything = b"".join(path.read_bytes() for path in bot.ws.root.rglob("*") if path.is_file())
    assert CANARY.encode() not in everything


def test_a_direct_message_needs_no_name(bot: Bot) -> None:
    bot.take(bot.direct("hello bot"))
    bot.idle()

    assert bot.posted() == ["hello bot"]


def test_a_thread_goes_on_without_the_name(slack: Workspace, stand_in: StandIn) -> None:
    engine = Saying("Fine.")
    with TestClient(application(slack, engine)) as http:
        bot = Bot(http, slack, stand_in)
        bot.take(bot.event())
        bot.take(bot.reply("U0CUSTOMER", "and now"))
        bot.idle()

    assert [(m["role"], m["content"]) for m in engine.asked[-1][1:]] == [
        ("user", "hello there"), ("assistant", "Fine."), ("user", "and now"),
    ]  # fmt: skip
    assert {call["thread_ts"] for call in bot.calls()} == {"1772000001.000100"}


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "message", "text": "no business of the bot's"},
        {"type": "message", "text": "in some thread", "thread_ts": "1771000000.000100", "parent_user_id": "U0X"},
        {"bot_id": "B0OTHER"},
        {"subtype": "bot_message", "user": None},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"user": "U0BOT"},
        {"type": "reaction_added"},
        {"ts": "yesterday"},
    ],
)
def test_what_is_not_said_to_the_bot_by_a_person_is_left_alone(bot: Bot, changes: dict[str, Any]) -> None:
    answer = bot.send(bot.event(**changes))
    bot.idle()

    assert (answer.status_code, answer.json()) == (200, {"taken": False})
    assert bot.slack.calls() == []
    assert bot.said() == []


def test_another_workspace_is_left_alone(bot: Bot) -> None:
    assert bot.send({**bot.event(), "team_id": "T0OTHER"}).json() == {"taken": False}


def test_what_is_not_signed_by_this_app_is_refused(bot: Bot) -> None:
    event = bot.event()
    now = str(int(time.time()))
    forged = [
        bot.send(event, secret="another"),
        bot.send(event, off=-301),
        bot.send(event, off=301),
        bot.http.post("/integrations/slack", json=event),
        bot.http.post("/integrations/slack", json=event, headers={"X-Slack-Request-Timestamp": "noon"}),
        bot.http.post(
            "/integrations/slack",
            json=event,
            headers={"X-Slack-Request-Timestamp": now, "X-Slack-Signature": "v0=é".encode()},
        ),
        bot.send({"type": "url_verification", "challenge": "x"}, secret="another"),
    ]
    bot.idle()

    assert [answer.status_code for answer in forged] == [401] * len(forged)
    assert bot.slack.calls() == []


@pytest.mark.parametrize("body", [[], "x", 3, None])
def test_what_is_no_event_is_refused(bot: Bot, body: Any) -> None:
    assert bot.send(body).status_code == 400


def test_a_message_is_acted_on_once_however_often_it_comes(slack: Workspace, stand_in: StandIn) -> None:
    with TestClient(application(slack, Echo())) as http:
        bot = Bot(http, slack, stand_in)
        event = bot.event()
        as_message = {**event, "event_id": "Ev9999", "event": {**event["event"], "type": "message"}}
        taken = [bot.send(event).json()["taken"]]
        taken.append(
            bot.send(event, **{"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}).json()["taken"]
        )
        taken.append(bot.send(as_message).json()["taken"])
        bot.idle()
    with TestClient(application(slack, Echo())) as http:
        again = Bot(http, slack, stand_in)
        taken.append(again.send(event, **{"X-Slack-Retry-Num": "3"}).json()["taken"])
        again.idle()

    assert taken == [True, False, False, False]
    assert bot.posted() == ["hello there"]


def test_a_retry_of_what_never_arrived_is_acted_on(bot: Bot) -> None:
    assert bot.send(bot.event(), **{"X-Slack-Retry-Num": "1"}).json() == {"taken": True}


def test_the_answer_to_the_event_does_not_wait_for_the_bot(slack: Workspace, stand_in: StandIn) -> None:
    engine = Held()
    with TestClient(application(slack, engine)) as http:
        bot = Bot(http, slack, stand_in)
        bot.take(bot.event())
        assert engine.begun.wait(30)

        assert bot.posted() == []

        engine.go.set()
        bot.idle()

    assert bot.posted() == ["Well, hello there"]


def test_a_colleague_who_replies_takes_the_thread_over_also_during_an_answer(
    slack: Workspace, stand_in: StandIn
) -> None:
    engine = Held()
    with TestClient(application(slack, engine)) as http:
        bot = Bot(http, slack, stand_in)
        bot.take(bot.event())
        assert engine.begun.wait(30)
        bot.take(bot.reply("U0COLLEAGUE", f"I do this, write to {CANARY}"))
        engine.go.set()
        bot.idle()
        bot.take(bot.reply("U0CUSTOMER", "thank you"))
        bot.idle()

        assert bot.posted() == []
        assert bot.state() == "human"
        assert bot.said() == [
            ("user", "hello there"), ("human", "I do this, write to <EMAIL_1>"), ("user", "thank you"),
        ]  # fmt: skip


def test_who_asks_for_a_person_is_told_and_the_bot_is_silent(bot: Bot) -> None:
    bot.take(bot.event(text="<@U0BOT> can I talk to a human?"))
    bot.take(bot.reply("U0CUSTOMER", "hello?"))
    bot.idle()

    assert bot.posted() == [HANDOVER]
    assert bot.state() == "pending"


def test_a_picture_is_handed_over(bot: Bot) -> None:
    bot.take(bot.event(text="<@U0BOT>", subtype="file_share"))
    bot.idle()

    assert bot.posted() == [HANDOVER]
    assert bot.state() == "pending"


def test_an_answer_that_slack_does_not_take_is_named_in_the_log(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    bot.slack.set({POST: [(200, {"ok": False, "error": "not_in_channel"})]})
    bot.take(bot.event(text=f"<@U0BOT> I am {CANARY}"))
    bot.idle()

    assert "Slack did not take an answer: SlackApiError not_in_channel" in caplog.text
    assert CANARY not in caplog.text


def test_an_answer_names_nobody_and_links_nowhere_by_slacks_marks() -> None:
    assert marked("<!channel> **Hello** <@U1> & *you*") == "&lt;!channel&gt; *Hello* &lt;@U1&gt; &amp; *you*"


def test_without_a_slack_there_is_no_such_place(ws: Workspace) -> None:
    with TestClient(application(ws, Echo())) as http:
        assert http.post("/integrations/slack", json={}).status_code == 404


@pytest.mark.parametrize("missing", ["DESKWRIGHT_SLACK_SECRET", "DESKWRIGHT_SLACK_TOKEN"])
def test_a_missing_secret_stops_the_start(slack: Workspace, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigError, match=f"integrations.slack.*{missing}"):
        application(slack, Echo())


def test_a_message_at_work_when_the_server_stops_is_answered_in_its_thread_after_the_next_start(
    slack: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve.tasks.PATIENCE", 0.1)
    engine = Held()
    with TestClient(application(slack, engine)) as http:
        before = Bot(http, slack, stand_in)
        before.take(before.event(text="<@U0BOT> where is my parcel"))
        assert engine.begun.wait(30)
        threading.Timer(1.0, engine.go.set).start()
    assert before.posted() == []

    with TestClient(application(slack, Saying("It is on its way."))) as http:
        bot = Bot(http, slack, stand_in)
        until(bot.posted)
        bot.idle()
    (call,) = bot.calls()

    assert (call["channel"], call["thread_ts"], call["text"]) == ("C0SHOP", "1772000001.000100", "It is on its way.")
    assert bot.said() == [("user", "where is my parcel"), ("assistant", "It is on its way.")]
