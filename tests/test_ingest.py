"""Ingest: every record accounted for, nothing unredacted kept, a crash or a second run without a gap or a duplicate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result

from deskwright import store
from deskwright.conversation import (
    Conversation,
    Failure,
    Identifier,
    Kind,
    Message,
    Participant,
    Record,
    Skipped,
    Visibility,
)
from deskwright.workspace import Workspace
from privacy.gate import Gate
from privacy.ingest import Report, conversations, ingest

NADIA = Participant("9", Kind.CUSTOMER, ((Identifier.NAME, "Nadia Petrova"), (Identifier.EMAIL, "nadia@example.org")))
AGENT = Participant("2", Kind.AGENT, ((Identifier.NAME, "Nils Aaberg"),))


def ticket(number: int, text: str = "Where is my order?", **fields: object) -> Conversation:
    messages = (
        Message(f"{number}-1", "9", text, visibility=Visibility.PUBLIC),
        Message(f"{number}-2", "2", "It left the warehouse yesterday, Nadia.", visibility=Visibility.PUBLIC),
    )
    whole = Conversation("test", str(number), (NADIA, AGENT), messages)
    return replace(whole, **fields)  # type: ignore[arg-type]


def take(ws: Workspace, *records: Record) -> Report:
    return ingest(ws.store, Gate.of(ws), "test", records, "contract")


def count(ws: Workspace, table: str) -> int:
    with ws.store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one())


def test_every_record_is_accounted_for(ws: Workspace) -> None:
    german = ticket(
        3, "Guten Tag, meine Bestellung ist leider immer noch nicht angekommen, was kann ich denn jetzt tun?"
    )

    report = take(ws, ticket(1), ticket(2), german, Skipped("a.json", "macros", 4), Failure("a.json:7", "not JSON"))

    assert dict(report.conversations) == {"new": 2, "quarantined": 2}
    assert dict(report.messages) == {"read": 6, "skipped": 0, "stored": 4, "quarantined": 2}
    assert dict(report.skipped) == {"macros": 4}
    assert dict(report.quarantined) == {"language de": 1, "unreadable": 1}
    assert not report.complete


def test_a_second_run_changes_nothing(ws: Workspace) -> None:
    take(ws, ticket(1), ticket(2))
    with ws.store.read() as connection:
        before = connection.execute(sa.select(ws.store.tables.conversations)).all()

    report = take(ws, ticket(1), ticket(2))

    with ws.store.read() as connection:
        assert connection.execute(sa.select(ws.store.tables.conversations)).all() == before
    assert dict(report.conversations) == {"unchanged": 2}


def test_a_changed_record_replaces_the_old_one(ws: Workspace) -> None:
    take(ws, ticket(1))

    report = take(ws, ticket(1, "Where is my parcel?"))

    texts = [kept.clean.conversation.messages[0].text for kept in conversations(ws.store)]
    assert dict(report.conversations) == {"updated": 1}
    assert texts == ["Where is my parcel?"]
    assert count(ws, "messages") == 2


def test_a_shortfall_is_reported(ws: Workspace) -> None:
    report = take(ws, ticket(1, promised=5, skipped=(("merge notice", 1),)))

    assert report.shortfalls == ["1: 3 of 5 messages"]
    assert not report.complete


def test_what_the_gate_refuses_leaves_the_store_and_comes_back_when_mended(ws: Workspace) -> None:
    german = "Guten Tag, meine Bestellung ist leider immer noch nicht angekommen, was kann ich denn jetzt tun?"
    take(ws, ticket(1))

    take(ws, ticket(1, german))
    assert (count(ws, "conversations"), count(ws, "quarantine")) == (0, 1)

    take(ws, ticket(1))
    assert (count(ws, "conversations"), count(ws, "quarantine")) == (1, 0)


def test_a_persons_rows_are_found_by_the_hash_of_their_address(ws: Workspace) -> None:
    take(ws, ticket(1))
    hashed = ws.store.pseudonym("email", "nadia@example.org")

    with ws.store.read() as connection:
        found = connection.execute(
            sa.select(ws.store.tables.identifiers.c.kind).where(ws.store.tables.identifiers.c.hash == hashed)
        ).all()

    assert found == [("email",)]


def test_rows_are_traced_to_gate_version_and_legal_basis(ws: Workspace) -> None:
    take(ws, ticket(1))

    (kept,) = conversations(ws.store)

    assert (kept.clean.gate_version, kept.legal_basis) == (Gate.of(ws).version, "contract")


def test_nothing_is_kept_of_a_batch_that_fails(ws: Workspace) -> None:
    def broken() -> Iterator[Record]:
        yield ticket(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(ws.store, Gate.of(ws), "test", broken(), "contract")

    assert count(ws, "conversations") == 0


def test_half_an_emoji_is_stored_as_a_replacement_character_and_changes_nothing_twice(ws: Workspace) -> None:
    half = "\ud83d"
    cut = ticket(1, f"Where is it {half}", external_id=f"1{half}", tags=(half,), subject=half, skipped=((half, 1),))
    records = [cut, Skipped("a.json", half), Failure(f"a{half}.json", f"found {half}"), ticket(2, language=half)]

    first, second = take(ws, *records), take(ws, *records)

    (kept,) = conversations(ws.store)
    assert kept.clean.conversation.messages[0].text == "Where is it \ufffd"
    assert dict(first.conversations) == {"new": 1, "quarantined": 2}
    assert dict(second.conversations) == {"unchanged": 1, "quarantined": 2}
    assert dict(first.skipped) == {"\ufffd": 2}


def test_a_full_disk_is_told_and_the_same_command_goes_on(
    ws: Workspace, tmp_path: Path, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_export(tmp_path / "export.ndjson", 120)
    with ws.store.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def on_a_small_disk(connection: Any, record: Any, durable: Any = store._durable_sqlite) -> None:
        durable(connection, record)
        connection.execute(f"PRAGMA max_page_count={pages + 20}")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_durable_sqlite", on_a_small_disk)
        full = cli("ingest", "zendesk", tmp_path / "export.ndjson", "--workspace", ws.root)
    kept = count(ws, "conversations")
    again = cli("ingest", "zendesk", tmp_path / "export.ndjson", "--workspace", ws.root)

    assert (full.exit_code, full.stdout) == (2, "")
    assert full.stderr.splitlines()[-1].startswith(
        "deskwright: The store failed: database or disk is full. Nothing of the last batch was stored"
    )
    assert kept in (50, 100)
    assert again.exit_code == 0
    assert f"({120 - kept} new, 0 updated, {kept} unchanged)" in again.stdout


def write_export(path: Path, tickets: int) -> None:
    """A Zendesk export of so many tickets, one exchange each."""
    users = [
        {"user": {"id": 1, "role": "agent", "name": "Nils Aaberg", "email": "nils@example.com"}},
        *({"user": {"id": 10 + n, "role": "end-user", "name": f"Nadia Petrova{n}"}} for n in range(tickets)),
    ]
    lines = [
        {
            "id": n,
            "requester_id": 10 + n,
            "status": "closed",
            "subject": f"Question {n}",
            "comment_count": 2,
            "comments": [
                {"id": f"{n}1", "author_id": 10 + n, "public": True, "body": f"Where is my parcel number {n}?"},
                {"id": f"{n}2", "author_id": 1, "public": True, "body": f"It is on its way, ask again in {n} days."},
            ],
        }
        for n in range(tickets)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in [*users, *lines]), encoding="utf-8")


def test_kill_9_during_ingest_then_the_same_command_leaves_no_gap_and_no_duplicate(
    ws: Workspace, tmp_path: Path, cli: Callable[..., Result]
) -> None:
    tickets = 1200
    write_export(tmp_path / "export.ndjson", tickets)
    command = [sys.executable, "-m", "deskwright", "ingest", "zendesk", str(tmp_path / "export.ndjson")]
    running = subprocess.Popen([*command, "--workspace", str(ws.root)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while count(ws, "conversations") < 100 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    stored = count(ws, "conversations")
    assert 100 <= stored < tickets

    result = cli("ingest", "zendesk", tmp_path / "export.ndjson", "--workspace", ws.root)

    assert result.exit_code == 0, result.output
    assert f"({tickets - stored:,} new, 0 updated, {stored:,} unchanged)" in result.output
    assert (count(ws, "conversations"), count(ws, "messages")) == (tickets, 2 * tickets)
    ids = [kept.clean.conversation.external_id for kept in conversations(ws.store)]
    assert sorted(ids, key=int) == [str(n) for n in range(tickets)]


def test_an_incomplete_source_ends_with_exit_code_1_and_keeps_the_rest(
    ws: Workspace, tmp_path: Path, cli: Callable[..., Result]
) -> None:
    write_export(tmp_path / "export.ndjson", 3)
    with (tmp_path / "export.ndjson").open("a", encoding="utf-8") as file:
        file.write('{"id": 99, "comm\n')

    result = cli("ingest", "zendesk", tmp_path / "export.ndjson", "--workspace", ws.root)

    assert result.exit_code == 1
    assert "INCOMPLETE" in result.output
    assert count(ws, "conversations") == 3


REAL = [
    ("table", "dialogues/bitext_support.csv", 3568, 0),
    ("slack", "slack/export_small.zip", 193, 0),
    ("mail", "email/eml", 64, 0),
    ("mail", "email/maildir", 2, 1),
    ("zendesk", "crm/zendesk", 4, 0),
]
"""Source, path, conversations or unreadable records in it, exit code. The two mails of the Maildir are two-byte stubs
without a header."""


@pytest.mark.parametrize(("source", "path", "records", "exit_code"), REAL)
def test_real_exports_are_read_and_reconciled(
    source: str, path: str, records: int, exit_code: int, ws: Workspace, shared: Path, cli: Callable[..., Result]
) -> None:
    result = cli("ingest", source, shared / path, "--workspace", ws.root)

    report = json.loads((ws.reports / f"ingest-{source}.json").read_text())
    stored, quarantined = count(ws, "conversations"), count(ws, "quarantine")
    assert result.exit_code == exit_code, result.output
    assert sum(report["conversations"].values()) == records == stored + quarantined
    messages = Counter(report["messages"])
    assert messages["read"] == messages["stored"] + messages["skipped"] + messages["quarantined"]
    assert messages["stored"] == count(ws, "messages")
    assert report["shortfalls"] == []
