"""What was acknowledged is there after the server was killed; the latest entry counts, and none is overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deskwright.workspace import Workspace
from serve import access
from serve.record import Record, Said, new_id

ROOT = Path(__file__).resolve().parents[1]

SERVER = """
import sys
from pathlib import Path
from deskwright.workspace import Workspace
from serve.commands import start
running = start(Workspace.open(Path(sys.argv[1])), "echo", port=0, untuned=True)
print(running.url, flush=True)
running.thread.join()
"""


@pytest.fixture
def process(ws: Workspace) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(ws.root)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    with server:
        yield server, server.stdout.readline().strip()
        server.kill()


def said(message_id: str) -> Said:
    return Said(message_id, "this was the answer given", "round-1", "d1")


def kept(ws: Workspace) -> Record:
    record = Record(ws.store)
    record.keep("chat_1", "widget", [{"role": "user", "content": "hello"}], said("msg_1"))
    return record


def rows(ws: Workspace) -> list[tuple[str, int | None, str]]:
    table = ws.store.tables.feedback
    with ws.store.read() as connection:
        return [(row.source, row.value, row.comment) for row in connection.execute(table.select().order_by(table.c.id))]


def test_an_acknowledged_rating_survives_kill_9(ws: Workspace, process: tuple[subprocess.Popen[str], str]) -> None:
    server, url = process
    page = {"Origin": url}
    token = httpx.post(f"{url}/widget/api/session", json={}, headers=page).json()["token"]
    page["Authorization"] = f"Bearer {token}"
    stream = httpx.post(f"{url}/widget/api/chat", json={"message": "hello"}, headers=page).text
    message_id = stream.split('"message_id": "')[1].split('"')[0]
    thumb = {"message_id": message_id, "value": -1, "reasons": ["wrong"], "comment": "no"}
    assert httpx.post(f"{url}/widget/api/feedback", json=thumb, headers=page).json() == {"saved": True}
    os.kill(server.pid, signal.SIGKILL)
    server.wait()

    assert rows(ws) == [("end_user", -1, "no")]


def test_an_acknowledged_review_survives_kill_9(ws: Workspace, process: tuple[subprocess.Popen[str], str]) -> None:
    server, url = process
    kept(ws)
    headers = {"Authorization": f"Bearer {access.create(ws.store, 'reviewer', 'Mina')}"}
    decision = {"message_id": "msg_1", "rating": 1, "corrected": "A better answer."}
    assert httpx.post(f"{url}/console/api/review", json=decision, headers=headers).status_code == 200
    os.kill(server.pid, signal.SIGKILL)
    server.wait()

    assert rows(ws) == [("reviewer", 1, "")]
    assert Record(ws.store).waiting() == []


def test_feedback_is_added_never_changed_and_the_latest_counts(ws: Workspace) -> None:
    record = kept(ws)
    record.thumb("msg_1", -1, ["wrong"], "first")
    record.thumb("msg_1", 0, [], "")

    assert [value for _, value, _ in rows(ws)] == [-1, 0]
    assert record.waiting()[0]["thumb"] == 0
    assert record.waiting()[0]["reasons"] == []


def test_the_latest_review_counts(ws: Workspace) -> None:
    record = kept(ws)
    record.review("msg_1", 1, "", "", "a")
    record.review("msg_1", 5, "", "", "b")

    assert record.stats()["mean_rating"] == 5.0
    assert record.stats()["reviewed"] == 1


def test_only_the_bots_own_answers_can_be_rated(ws: Workspace) -> None:
    record = kept(ws)
    table = ws.store.tables.chat_messages
    with ws.store.read() as connection:
        question = connection.execute(table.select().where(table.c.role == "user")).one()

    assert record.place(question.id) is None
    assert record.place("msg_1") == ("chat_1", 1)
    assert record.place(new_id("msg")) is None


def test_texts_are_sealed_on_the_disk(ws: Workspace) -> None:
    kept(ws).thumb("msg_1", -1, [], "a comment to look for")
    everything = b"".join(path.read_bytes() for path in ws.root.rglob("*") if path.is_file())

    assert b"this was the answer given" not in everything
    assert b"a comment to look for" not in everything
