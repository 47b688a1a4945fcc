"""A connector's records -> the store, through the gate, with a report in which every record is accounted for.

Conversations are committed in small transactions and recognised by the source's id and a keyed digest of their raw
content: after `kill -9` the same command goes on without a gap or a duplicate, a second run changes nothing, a changed
record replaces the old one. This is the only writer of conversations, messages, identifiers, quarantine and ingests.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright import audit
from deskwright.conversation import (
    Attachment,
    Conversation,
    Failure,
    Kind,
    Message,
    Participant,
    Record,
    Skipped,
    Visibility,
)
from deskwright.store import Store, now
from privacy.detect.participants import mend
from privacy.gate import Clean, Gate, Refused, stored

RECORDS_A_TRANSACTION = 50
LONGEST_REASON = 1000
LONGEST_POSITION = 250
MOST_NAMED = 20


@dataclasses.dataclass
class Report:
    """What became of every record. `conversations` and `messages` count by outcome; `read` is their sum."""

    source: str
    conversations: Counter[str] = dataclasses.field(default_factory=Counter)
    messages: Counter[str] = dataclasses.field(default_factory=Counter)
    skipped: Counter[str] = dataclasses.field(default_factory=Counter)
    quarantined: Counter[str] = dataclasses.field(default_factory=Counter)
    replaced: Counter[str] = dataclasses.field(default_factory=Counter)
    found_by: Counter[str] = dataclasses.field(default_factory=Counter)
    shortfalls: list[str] = dataclasses.field(default_factory=list)
    failures: int = 0

    @property
    def complete(self) -> bool:
        """Nothing was unreadable and every count the source promises is met."""
        return not self.failures and not self.shortfalls

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "complete": self.complete}


def ingest(store: Store, gate: Gate, source: str, records: Iterable[Record], legal_basis: str) -> Report:
    """Redacts and stores the records; the report is stored as well."""
    report = Report(source)
    started = now()
    remaining = iter(records)
    while batch := list(islice(remaining, RECORDS_A_TRANSACTION)):
        with store.begin() as connection:
            writer = _Writer(store, connection, gate, legal_basis, report)
            writer.clean([record for record in batch if isinstance(record, Conversation)])
            for record in batch:
                writer.take(record)
    with store.begin() as connection:
        connection.execute(
            store.tables.ingests.insert().values(
                source=source, started_at=started, finished_at=now(), report=report.as_json()
            )
        )
        audit.record(store, connection, "ingest", source=source, conversations=dict(report.conversations))
    return report


class _Writer:
    """Takes the records of one transaction."""

    def __init__(self, store: Store, connection: Connection, gate: Gate, legal_basis: str, report: Report) -> None:
        self._store = store
        self._connection = connection
        self._gate = gate
        self._legal_basis = legal_basis
        self._report = report
        self._cleaned: dict[str, Clean | Refused] = {}

    def clean(self, conversations: Sequence[Conversation]) -> None:
        """Redacts those that the store does not hold as they are, all at once: detectors are faster so."""
        new = {}
        for conversation in conversations:
            digest = self._digest(conversation)
            if self._known(self._here(conversation.source, self._gate.safe_id(conversation))) != digest:
                new[digest] = conversation
        self._cleaned = dict(zip(new, self._gate.clean_all(list(new.values())), strict=True))

    def take(self, record: Record) -> None:
        if isinstance(record, Skipped):
            self._report.skipped[mend(record.reason)] += record.count
        elif isinstance(record, Failure):
            self._report.failures += 1
            self._quarantine(self._position(record.position), record.error, "unreadable")
        else:
            self._conversation(record)

    def _conversation(self, conversation: Conversation) -> None:
        report = self._report
        report.messages["read"] += len(conversation.messages) + sum(n for _, n in conversation.skipped)
        report.messages["skipped"] += sum(n for _, n in conversation.skipped)
        report.skipped.update({mend(reason): count for reason, count in conversation.skipped})
        external_id = self._gate.safe_id(conversation)
        self._reconcile(conversation, external_id)
        digest = self._digest(conversation)
        table = self._store.tables.conversations
        here = self._here(conversation.source, external_id)
        known = self._known(here)
        if known == digest:
            report.conversations["unchanged"] += 1
            report.messages["stored"] += len(conversation.messages)
            return
        clean = self._cleaned[digest] if digest in self._cleaned else self._gate.clean_all([conversation])[0]
        self._connection.execute(table.delete().where(here))
        if isinstance(clean, Refused):
            self._quarantine(f"conversation {external_id}", str(clean), str(clean).split(":")[0])
            report.messages["quarantined"] += len(conversation.messages)
            return
        self._release(f"conversation {external_id}")
        self._insert(clean, digest)
        report.conversations["updated" if known else "new"] += 1
        report.messages["stored"] += len(conversation.messages)
        report.replaced.update(clean.counts)
        report.found_by.update(clean.found_by)

    def _here(self, source: str, external_id: str) -> sa.ColumnElement[bool]:
        """The row of a conversation."""
        table = self._store.tables.conversations
        return sa.and_(table.c.source == source, table.c.external_id == external_id)

    def _known(self, here: sa.ColumnElement[bool]) -> str | None:
        """The digest of what the store holds there."""
        return self._connection.execute(sa.select(self._store.tables.conversations.c.digest).where(here)).scalar()

    def _reconcile(self, conversation: Conversation, external_id: str) -> None:
        """Compares with what the source promises."""
        held = len(conversation.messages) + sum(n for _, n in conversation.skipped)
        if conversation.promised is not None and held < conversation.promised:
            self._report.shortfalls.append(f"{external_id}: {held} of {conversation.promised} messages")

    def _digest(self, conversation: Conversation) -> str:
        raw = json.dumps(dataclasses.asdict(conversation), sort_keys=True, default=str)
        return self._store.pseudonym("conversation content", f"{self._gate.version} {self._legal_basis} {raw}")

    def _insert(self, clean: Clean, digest: str) -> None:
        conversation = clean.conversation
        tables = self._store.tables
        times = [message.sent_at for message in conversation.messages if message.sent_at]
        inserted = self._connection.execute(
            tables.conversations.insert().values(
                source=conversation.source,
                external_id=conversation.external_id,
                digest=digest,
                channel=conversation.channel[:64],
                subject=conversation.subject,
                status=conversation.status[:64],
                tags=list(conversation.tags),
                csat=conversation.csat and conversation.csat[:64],
                language=conversation.language,
                customer=clean.customer,
                started_at=min(times) if times else None,
                gate_version=clean.gate_version,
                legal_basis=self._legal_basis,
                stored_at=now(),
            )
        )
        (row,) = inserted.inserted_primary_key or (None,)
        if conversation.messages:
            self._connection.execute(
                tables.messages.insert(),
                [_message_row(conversation, message, row, n) for n, message in enumerate(conversation.messages)],
            )
        if clean.identifiers:
            self._connection.execute(
                tables.identifiers.insert(),
                [{"conversation_id": row, "kind": kind, "hash": hashed} for kind, hashed in clean.identifiers],
            )

    def _quarantine(self, position: str, reason: str, label: str) -> None:
        self._report.conversations["quarantined"] += 1
        self._report.quarantined[label] += 1
        self._store.upsert(
            self._connection,
            self._store.tables.quarantine,
            {"source": self._report.source, "position": position},
            {"reason": mend(reason)[:LONGEST_REASON], "seen_at": now()},
        )

    def _release(self, position: str) -> None:
        """Takes out of quarantine what a mended source or a newer gate lets through."""
        table = self._store.tables.quarantine
        here = sa.and_(table.c.source == self._report.source, table.c.position == position)
        self._connection.execute(table.delete().where(here))

    def _position(self, position: str) -> str:
        """A file's name may hold a person's. One without its words keeps a keyed hash, so that no two become one."""
        (redacted,) = self._gate.redact([position]).texts
        if redacted == position:
            return position[:LONGEST_POSITION]
        return f"{redacted[: LONGEST_POSITION - 20]} {self._store.pseudonym('position', position)[:16]}"


def _message_row(conversation: Conversation, message: Message, row: Any, position: int) -> dict[str, Any]:
    return {
        "conversation_id": row,
        "position": position,
        "external_id": message.external_id,
        "sent_at": message.sent_at,
        "author": message.author,
        "kind": conversation.kind_of(message.author).value,
        "visibility": message.visibility.value,
        "text": message.text,
        "quoted": message.quoted,
        "signature": message.signature,
        "attachments": [[attachment.name, attachment.media_type] for attachment in message.attachments],
        "edited_at": message.edited_at,
        "in_reply_to": message.in_reply_to,
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """A conversation as the store holds it, with what traces a training row back to it."""

    id: int
    clean: Clean
    legal_basis: str
    started_at: datetime | None


def conversations(store: Store, source: str | None = None) -> Iterator[Kept]:
    """Every stored conversation, in order of storing, one at a time."""
    tables = store.tables
    wanted = sa.select(tables.conversations).order_by(tables.conversations.c.id)
    if source:
        wanted = wanted.where(tables.conversations.c.source == source)
    with store.read() as connection:
        for row in connection.execute(wanted).mappings():
            messages = connection.execute(
                sa.select(tables.messages)
                .where(tables.messages.c.conversation_id == row["id"])
                .order_by(tables.messages.c.position)
            ).mappings()
            yield _kept(row, [dict(message) for message in messages])


def _kept(row: Mapping[Any, Any], messages: list[dict[str, Any]]) -> Kept:
    authors = {message["author"]: Kind(message["kind"]) for message in messages}
    conversation = Conversation(
        source=row["source"],
        external_id=row["external_id"],
        participants=tuple(Participant(author, kind) for author, kind in authors.items()),
        messages=tuple(
            Message(
                external_id=message["external_id"],
                author=message["author"],
                text=message["text"],
                sent_at=message["sent_at"],
                visibility=Visibility(message["visibility"]),
                quoted=message["quoted"],
                signature=message["signature"],
                attachments=tuple(Attachment(name, media) for name, media in message["attachments"]),
                edited_at=message["edited_at"],
                in_reply_to=message["in_reply_to"],
            )
            for message in messages
        ),
        channel=row["channel"],
        subject=row["subject"],
        status=row["status"],
        tags=tuple(row["tags"]),
        csat=row["csat"],
        language=row["language"],
    )
    return Kept(
        row["id"], stored(conversation, row["customer"], row["gate_version"]), row["legal_basis"], row["started_at"]
    )
