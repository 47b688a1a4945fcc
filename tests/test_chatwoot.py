"""The bot in Chatwoot: signed events come in, calls of Chatwoot's API go out, to a process that stands in for it."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deskwright.config import Config
from deskwright.errors import ConfigError
from deskwright.workspace import Workspace
from serve import deliveries
from serve.desk import Desk
from serve.engines.echo import Echo
from tests.serving import Held, Saying, application, judge
from tests.stand_in import StandIn, process, until

CANARY = "zoe.canary@example.com"
SECRET, INBOX_SECRET, TOKEN = "s3cret-of-the-bot", "s3cret-of-the-inbox", "t0ken-of-the-bot"
PLACE = "/api/v1/accounts/3/conversations/5"
MESSAGES, TOGGLE = f"{PLACE}/messages", f"{PLACE}/toggle_status"
HANDOVER = "A colleague will go on from here."


class Bot:
    """A server of ours with an agent bot, and Chatwoot's end of it."""

    def __init__(self, http: TestClient, ws: Workspace, stand_in: StandIn) -> None:
        self.http = http
        self.ws = ws
        self.chatwoot = stand_in
        self.number = 0

    def event(self, **changes: Any) -> dict[str, Any]:
        """As Chatwoot sends it; shortened to what there is on every version."""
        self.number += 1
        conversation = {"id": 5, "status": "pending", "inbox_id": 7, "channel": "Channel::WebWidget", "can_reply": True}
        return {
            "event": "message_created",
            "id": self.number,
            "content": "hello there",
            "content_type": "text",
            "content_attributes": {},
            "message_type": "incoming",
            "private": False,
            "created_at": "2026-03-02T09:30:00.000Z",
            "sender": {"id": 9, "name": "Zoe Canary", "email": CANARY, "type": "contact"},
            "inbox": {"id": 7, "name": "Shop"},
            "account": {"id": 3, "name": "Copperleaf"},
            "conversation": {**conversation, **changes.pop("conversation", {})},
            **changes,
        }

    def send(
        self,
        event: dict[str, Any],
        secret: str = SECRET,
        at: float | None = None,
        delivery: str | None = "",
        body: bytes | None = None,
    ) -> Any:
        data = json.dumps(event).encode()
        stamp = str(int(time.time() if at is None else at))
        signature = hmac.new(secret.encode(), f"{stamp}.".encode() + data, hashlib.sha256).hexdigest()
        headers = {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signature}"}
        if delivery is not None:
            headers["X-Chatwoot-Delivery"] = delivery or secrets.token_hex(8)
        return self.http.post("/integrations/chatwoot", content=data if body is None else body, headers=headers)

    def say(self, text: str, **changes: Any) -> None:
        answer = self.send(self.event(content=text, **changes))

        assert (answer.status_code, answer.json()) == (200, {"taken": True})

    def status(self, status: str) -> None:
        """The conversation's status in Chatwoot from now on."""
        self.chatwoot.set({PLACE: [(200, {"id": 5, "status": status})]})

    def posted(self) -> list[str]:
        return [json.loads(call["body"])["content"] for call in self.chatwoot.calls(MESSAGES)]

    def idle(self) -> None:
        """Waits until no work goes on in the background."""
        until(lambda: not self.http.app.state.parts.tasks._tasks)  # type: ignore[attr-defined]

    def state(self) -> str:
        return Desk(self.ws.store).state("chatwoot-3-5")

    def said(self) -> list[tuple[str, str]]:
        table = self.ws.store.tables.chat_messages
        with self.ws.store.read() as connection:
            return [(row.role, row.text) for row in connection.execute(table.select().order_by(table.c.position))]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with process() as found:
        found.set({PLACE: [(200, {"id": 5, "status": "pending"})], MESSAGES: [(200, {"id": 1})], TOGGLE: [(200, {})]})
        yield found


@pytest.fixture
def chatwoot(ws: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with an agent bot."""
    monkeypatch.setenv("DESKWRIGHT_CHATWOOT_SECRET", SECRET)
    monkeypatch.setenv("DESKWRIGHT_CHATWOOT_TOKEN", TOKEN)
    monkeypatch.setenv("OF_INBOX_8", INBOX_SECRET)
    section = {"url": stand_in.url, "account": 3, "inbox_secrets": {"8": "OF_INBOX_8"}}
    return Workspace(ws.root, Config.model_validate({"integrations": {"chatwoot": section}}), ws.keys)


@pytest.fixture
def bot(chatwoot: Workspace, stand_in: StandIn) -> Iterator[Bot]:
    with TestClient(application(chatwoot, Echo("echo-1", "d1"))) as http:
        yield Bot(http, chatwoot, stand_in)


def test_a_question_is_answered_by_chatwoots_api(bot: Bot) -> None:
    bot.say(f"My mail is {CANARY}")
    (call,) = until(lambda: bot.chatwoot.calls(MESSAGES))
    bot.idle()

    assert call["method"] == "POST"
    assert call["headers"]["api_access_token"] == TOKEN
    assert json.loads(call["body"]) == {
        "content": f"My mail is {CANARY}", "message_type": "outgoing", "private": False,
    }  # fmt: skip
    assert bot.said() == [("user", "My mail is <EMAIL_1>"), ("assistant", "My mail is <EMAIL_1>")]
    assert bot.chatwoot.calls(TOGGLE) == []
    everything = b"".join(path.read_bytes() for path in bot.ws.root.rglob("*") if path.is_file())
    assert CANARY.encode() not in everything


def test_messages_of_a_conversation_are_answered_in_order_with_what_was_said_before(
    chatwoot: Workspace, stand_in: StandIn
) -> None:
    engine = Saying("Fine.")
    with TestClient(application(chatwoot, engine)) as http:
        bot = Bot(http, chatwoot, stand_in)
        for text in ("one", "two", "three"):
            bot.say(text)
        bot.idle()

    assert [(m["role"], m["content"]) for m in engine.asked[-1][1:]] == [
        ("user", "one"), ("assistant", "Fine."), ("user", "two"), ("assistant", "Fine."), ("user", "three"),
    ]  # fmt: skip
    assert bot.posted() == ["Fine."] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"message_type": "outgoing"},
        {"message_type": "template"},
        {"message_type": 1},
        {"private": True},
        {"private": None},
        {"event": "message_updated"},
        {"event": "webwidget_triggered"},
        {"conversation": {"status": "open"}},
        {"conversation": {"status": "resolved"}},
        {"account": {"id": 4}},
    ],
)
def test_only_public_messages_of_customers_in_pending_conversations_are_acted_on(
    bot: Bot, changes: dict[str, Any]
) -> None:
    answer = bot.send(bot.event(**changes))
    bot.idle()

    assert (answer.status_code, answer.json()) == (200, {"taken": False})
    assert bot.chatwoot.calls(MESSAGES) == bot.chatwoot.calls(TOGGLE) == []
    assert bot.said() == []


def test_what_is_not_signed_by_this_bot_is_refused(bot: Bot) -> None:
    event = bot.event()
    forged = [
        bot.send(event, secret="another"),
        bot.send(event, body=json.dumps({**event, "content": "other words"}).encode()),
        bot.send(event, at=time.time() - 301),
        bot.send(event, at=time.time() + 301),
        bot.http.post("/integrations/chatwoot", json=event),
        bot.http.post("/integrations/chatwoot", json=event, headers={"X-Chatwoot-Signature": "sha256=é".encode()}),
    ]
    bot.idle()

    assert [answer.status_code for answer in forged] == [401] * len(forged)
    assert bot.chatwoot.calls() == []


def test_an_inbox_may_have_a_secret_of_its_own(bot: Bot) -> None:
    event = bot.event(inbox={"id": 8})

    assert bot.send(event).status_code == 401
    assert bot.send(event, secret=INBOX_SECRET).json() == {"taken": True}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"event": {}}', b"\xff"])
def test_what_is_no_event_is_refused(bot: Bot, body: bytes) -> None:
    assert bot.send({}, body=body).status_code == 400


@pytest.mark.parametrize("delivery", ["d-1", None])
def test_a_delivery_is_acted_on_once_also_after_a_restart(
    chatwoot: Workspace, stand_in: StandIn, delivery: str | None
) -> None:
    with TestClient(application(chatwoot, Echo())) as http:
        bot = Bot(http, chatwoot, stand_in)
        event = bot.event()
        taken = [bot.send(event, delivery=delivery).json()["taken"] for _ in range(2)]
        bot.idle()
    with TestClient(application(chatwoot, Echo())) as http:
        again = Bot(http, chatwoot, stand_in)
        taken.append(again.send(event, delivery=delivery).json()["taken"])
        again.idle()

    assert taken == [True, False, False]
    assert bot.posted() == ["hello there"]


def test_the_answer_to_the_event_does_not_wait_for_the_bot(chatwoot: Workspace, stand_in: StandIn) -> None:
    engine = Held()
    with TestClient(application(chatwoot, engine)) as http:
        bot = Bot(http, chatwoot, stand_in)
        bot.say("hello")
        assert engine.begun.wait(30)

        assert bot.posted() == []

        engine.go.set()
        bot.idle()

    assert bot.posted() == ["Well, hello there"]


def test_who_asks_for_a_person_gets_the_conversation_opened_with_a_word(bot: Bot) -> None:
    bot.say("Can I talk to a human please?")
    bot.idle()

    assert bot.posted() == [HANDOVER]
    assert [json.loads(call["body"]) for call in bot.chatwoot.calls(TOGGLE)] == [{"status": "open"}]
    assert bot.state() == "pending"


def test_an_answer_that_promises_a_person_opens_the_conversation_and_says_goodbye_once(
    chatwoot: Workspace, stand_in: StandIn
) -> None:
    promise = "Sorry about that! I will check with the warehouse and get back to you."
    with TestClient(application(chatwoot, Saying(promise))) as http:
        bot = Bot(http, chatwoot, stand_in)
        bot.say("where is it")
        bot.idle()

    assert bot.posted() == [promise]
    assert len(bot.chatwoot.calls(TOGGLE)) == 1


@pytest.mark.parametrize("text", ["where is it", "Can I talk to a human please?"])
def test_what_cannot_be_redacted_is_handed_over_and_not_kept(
    bot: Bot, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privacy.gate.Gate._scan", lambda self, texts: dict.fromkeys(texts))  # each took too long
    bot.say(text)
    bot.idle()

    assert bot.posted() == [HANDOVER]
    assert len(bot.chatwoot.calls(TOGGLE)) == 1
    assert bot.state() == "pending"
    assert bot.said() == []


def test_after_an_answer_that_may_be_wrong_the_bot_says_that_somebody_goes_on(
    chatwoot: Workspace, stand_in: StandIn
) -> None:
    with TestClient(application(chatwoot, Saying("Within 30 days."), judge(None, least_after=1.0))) as http:
        bot = Bot(http, chatwoot, stand_in)
        bot.say("may I return it")
        bot.idle()

    assert bot.posted() == [f"Within 30 days.\n\n{HANDOVER}"]
    assert bot.state() == "pending"


def test_a_conversation_is_opened_also_where_the_message_was_not_taken(bot: Bot) -> None:
    bot.chatwoot.set({MESSAGES: [(422, {})]})
    bot.say("Can I talk to a human please?")
    bot.idle()

    assert len(bot.chatwoot.calls(TOGGLE)) == 1


@pytest.mark.parametrize("content", ["", None, "  "])
def test_what_has_no_words_is_handed_over(bot: Bot, content: str | None) -> None:
    bot.say(content)  # type: ignore[arg-type]
    bot.idle()

    assert bot.posted() == [HANDOVER]
    assert len(bot.chatwoot.calls(TOGGLE)) == 1


def test_a_bot_that_breaks_hands_over_and_quotes_nobody(
    chatwoot: Workspace, stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Saying):
        def stream(self, messages: Any, how: Any) -> Any:
            raise ValueError(CANARY)

    with TestClient(application(chatwoot, Broken(""))) as http:
        bot = Bot(http, chatwoot, stand_in)
        bot.say(f"I am {CANARY}")
        bot.idle()

    assert bot.posted() == [HANDOVER]
    assert bot.said() == [("user", "I am <EMAIL_1>")]
    assert CANARY not in caplog.text


@pytest.mark.parametrize("told", ["by the API", "by an event"])
def test_a_take_over_during_an_answer_drops_the_answer(chatwoot: Workspace, stand_in: StandIn, told: str) -> None:
    engine = Held()
    with TestClient(application(chatwoot, engine)) as http:
        bot = Bot(http, chatwoot, stand_in)
        if told == "by an event":
            stand_in.set({PLACE: [(401, {"error": "Access to this endpoint is not authorized for bots"})]})
        bot.say("hello")
        assert engine.begun.wait(30)
        if told == "by an event":
            bot.send({"event": "conversation_opened", "id": 5, "status": "open", "inbox_id": 7})
        else:
            bot.status("open")
        engine.go.set()
        bot.idle()

        assert bot.posted() == []
        assert bot.said() == [("user", "hello")]
        assert bot.state() == "human"


def test_a_message_that_is_late_finds_the_conversation_taken(bot: Bot) -> None:
    bot.status("open")
    bot.say("hello")
    bot.idle()

    assert bot.posted() == []
    assert bot.said() == [("user", "hello")]


def test_a_conversation_that_is_pending_again_is_the_bots_again(bot: Bot) -> None:
    for status, state in (("open", "human"), ("resolved", "closed")):
        bot.send({"event": f"conversation_{'opened' if status == 'open' else status}", "id": 5, "status": status})

        assert bot.state() == state
    bot.say("hello again")
    bot.idle()

    assert bot.posted() == ["hello again"]
    assert bot.state() == "bot"


def test_a_fault_of_chatwoots_is_tried_again_and_a_refusal_is_not(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("serve.chatwoot.WAITS", (0.01, 0.01))
    bot.chatwoot.set({MESSAGES: [(503, {}), (200, {})]})
    bot.say("one")
    bot.idle()

    assert len(bot.posted()) == 2

    bot.chatwoot.set({MESSAGES: [(404, {})]})
    bot.say("two")
    bot.idle()

    assert len(bot.posted()) == 3
    assert "refused messages with the status 404" in caplog.text


def test_conversations_of_chatwoot_are_not_in_the_consoles_list(bot: Bot) -> None:
    from serve import access

    bot.say("human please")
    bot.idle()
    headers = {"Authorization": f"Bearer {access.create(bot.ws.store, 'reviewer', 'Mina')}"}

    assert bot.http.get("/console/api/chats", headers=headers).json()["chats"] == []
    assert bot.http.get("/console/api/chats/chatwoot-3-5", headers=headers).status_code == 404


def test_without_a_chatwoot_there_is_no_such_place(ws: Workspace) -> None:
    with TestClient(application(ws, Echo())) as http:
        assert http.post("/integrations/chatwoot", json={}).status_code == 404


@pytest.mark.parametrize("missing", ["DESKWRIGHT_CHATWOOT_SECRET", "DESKWRIGHT_CHATWOOT_TOKEN", "OF_INBOX_8"])
def test_a_missing_secret_stops_the_start(chatwoot: Workspace, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(ConfigError, match=f"integrations.chatwoot.*{missing}"):
        application(chatwoot, Echo())


def test_an_address_without_tls_is_refused() -> None:
    with pytest.raises(ValueError, match="https://"):
        Config.model_validate({"integrations": {"chatwoot": {"url": "http://chat.example.com"}}})


# --- When the server stops ------------------------------------------------------------------------------------------


def stopped(chatwoot: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """A server takes messages and stops before the first answer is whole."""
    monkeypatch.setattr("serve.tasks.PATIENCE", 0.1)
    engine = Held()
    with TestClient(application(chatwoot, engine)) as http:
        bot = Bot(http, chatwoot, stand_in)
        for text in texts:
            bot.say(text)
        assert engine.begun.wait(30)
        threading.Timer(1.0, engine.go.set).start()

    assert bot.posted() == []


def unfinished(ws: Workspace) -> int:
    table = ws.store.tables.deliveries
    with ws.store.read() as connection:
        return len(connection.execute(table.select().where(table.c.channel == deliveries.UNFINISHED)).all())


def test_an_answer_that_is_nearly_there_is_finished_before_the_server_stops(
    chatwoot: Workspace, stand_in: StandIn
) -> None:
    engine = Held()
    with TestClient(application(chatwoot, engine)) as http:
        bot = Bot(http, chatwoot, stand_in)
        bot.say("where is my parcel")
        assert engine.begun.wait(30)
        threading.Timer(0.3, engine.go.set).start()

    assert bot.posted() == ["Well, hello there"]
    assert unfinished(chatwoot) == 0


def test_a_message_at_work_when_the_server_stops_is_answered_after_the_next_start(
    chatwoot: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(chatwoot, stand_in, monkeypatch, f"where is my parcel, {CANARY}")
    kept = list(Bot(None, chatwoot, stand_in).said())  # type: ignore[arg-type]
    with TestClient(application(chatwoot, Saying("It is on its way."))) as http:
        bot = Bot(http, chatwoot, stand_in)
        until(bot.posted)
        bot.idle()
        assert unfinished(chatwoot) == 0
    with TestClient(application(chatwoot, Saying("Again?"))) as http:
        Bot(http, chatwoot, stand_in).idle()

    assert kept == [("user", "where is my parcel, <EMAIL_1>")]
    assert bot.said() == [*kept, ("assistant", "It is on its way.")]
    assert bot.posted() == ["It is on its way."]
    everything = b"".join(path.read_bytes() for path in chatwoot.root.rglob("*") if path.is_file())
    assert CANARY.encode() not in everything


def test_messages_that_were_not_begun_are_left_to_a_person(
    chatwoot: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(chatwoot, stand_in, monkeypatch, "where is my parcel", "and my refund?")
    with TestClient(application(chatwoot, Saying("It is on its way."))) as http:
        bot = Bot(http, chatwoot, stand_in)
        until(lambda: bot.chatwoot.calls(TOGGLE))
        bot.idle()

    assert bot.posted() == [HANDOVER]
    assert bot.state() == "pending"


def test_what_a_killed_server_was_at_is_gone_on_with_when_its_time_is_over(
    chatwoot: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries.Unfinished(chatwoot.store).begin("chatwoot-3-5", "chatwoot", "d-1")
    with TestClient(application(chatwoot, Saying("Hello."))) as http:
        Bot(http, chatwoot, stand_in).idle()
    assert (stand_in.calls(MESSAGES), unfinished(chatwoot)) == ([], 1)

    monkeypatch.setattr(deliveries, "LEASE", timedelta(0))
    with TestClient(application(chatwoot, Saying("Hello."))) as http:
        bot = Bot(http, chatwoot, stand_in)
        until(lambda: bot.chatwoot.calls(TOGGLE))

    assert bot.posted() == [HANDOVER]


def test_what_a_server_went_on_with_and_was_killed_is_gone_on_with_again(
    chatwoot: Workspace, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "LEASE", timedelta(0))
    deliveries.Unfinished(chatwoot.store).begin("chatwoot-3-5", "chatwoot", "d-1")
    killed = deliveries.Unfinished(chatwoot.store).take()
    with TestClient(application(chatwoot, Saying("Hello."))) as http:
        bot = Bot(http, chatwoot, stand_in)
        until(lambda: bot.chatwoot.calls(TOGGLE))
        bot.idle()
        assert unfinished(chatwoot) == 0

    assert list(killed) == ["chatwoot-3-5"]
    assert bot.posted() == [HANDOVER]


def test_a_message_that_the_store_did_not_take_is_new_when_it_comes_again(
    chatwoot: Workspace, stand_in: StandIn
) -> None:
    fault = "BEGIN SELECT json(NEW.id); END"  # which is none
    when = f"BEFORE INSERT ON deliveries WHEN NEW.channel = '{deliveries.UNFINISHED}'"
    with TestClient(application(chatwoot, Saying("Hello."))) as http:
        bot = Bot(http, chatwoot, stand_in)
        event = bot.event()
        with chatwoot.store.begin() as connection:
            connection.exec_driver_sql(f"CREATE TRIGGER broken {when} {fault}")
        refused = bot.send(event, delivery="d-1")
        with chatwoot.store.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER broken")
        taken = [bot.send(event, delivery="d-1").json() for _ in range(2)]
        until(bot.posted)

    assert refused.status_code == 500
    assert taken == [{"taken": True}, {"taken": False}]
    assert bot.posted() == ["Hello."]


def test_unfinished_messages_go_to_one_server(ws: Workspace) -> None:
    first, second, third = (deliveries.Unfinished(ws.store) for _ in range(3))
    chats = ["chatwoot-3-5", "chatwoot-3-5", "slack-T1-C1-1.2"]
    done, *left = (first.begin(chat, "chatwoot", f"d-{n}") for n, chat in enumerate(chats, 1))
    assert done
    first.finish(done)

    assert [one.take() for one in (second, third)] == [{}, {}]
    first.leave()
    assert second.take() == {"chatwoot-3-5": [left[0]], "slack-T1-C1-1.2": [left[1]]}
    assert third.take() == {}
    second.leave()
    assert third.take().keys() == {"chatwoot-3-5", "slack-T1-C1-1.2"}


def test_what_is_not_finished_waits_longer_than_a_delivery_is_remembered(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries.Unfinished(ws.store).begin("chatwoot-3-5", "chatwoot", "d-1")
    monkeypatch.setattr(deliveries, "DAYS_KEPT", 0)

    assert deliveries.is_new(ws.store, "chatwoot", "d-2")
    assert unfinished(ws) == 1
