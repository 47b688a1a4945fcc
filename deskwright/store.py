"""The store: tables over SQLAlchemy (SQLite by default, PostgreSQL by address), with text encrypted at rest.

Each table has exactly one writer, named in `WRITERS` and held by a test. Values come in redacted; what is free text is
sealed besides (AES-256-GCM, NIST SP 800-38D) under a key that is not in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, UniqueConstraint, event

from deskwright.errors import DeskwrightError
from deskwright.keys import Keys

WRITERS = {
    "conversations": "privacy/ingest.py",
    "messages": "privacy/ingest.py",
    "identifiers": "privacy/ingest.py",
    "quarantine": "privacy/ingest.py",
    "ingests": "privacy/ingest.py",
    "splits": "instruct/splits.py",
    "datasets": "instruct/dataset.py",
    "models": "instruct/rounds.py",
    "promotions": "instruct/rounds.py",
    "chats": "serve/record.py",
    "chat_messages": "serve/record.py",
    "feedback": "serve/record.py",
    "handovers": "serve/desk.py",
    "deliveries": "serve/deliveries.py",
    "api_keys": "serve/access.py",
    "people": "serve/people.py",
    "logins": "serve/people.py",
    "audit": "deskwright/audit.py",
}

DRIVERS = ("sqlite", "postgresql+psycopg")

NONCE_BYTES = 12


class Sealed(sa.types.TypeDecorator[str]):
    """Text, encrypted on the way in and decrypted on the way out. The column's name is bound to the ciphertext, so
    that a value moved to another column does not open."""

    impl = sa.LargeBinary
    cache_ok = False

    def __init__(self, key: bytes, place: str) -> None:
        super().__init__()
        self.cipher = AESGCM(key)
        self.place = place.encode()

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        if value is None:
            return None
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, value.encode("utf-8", "surrogatepass"), self.place)

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        if value is None:
            return None
        return self._open(value).decode("utf-8", "surrogatepass")

    def _open(self, value: bytes) -> bytes:
        try:
            return self.cipher.decrypt(value[:NONCE_BYTES], value[NONCE_BYTES:], self.place)
        except InvalidTag:
            raise DeskwrightError(
                f"A text of {self.place.decode()} does not open: it was written with another encryption key, or was "
                "altered. Put the key of this store back into secret.key or DESKWRIGHT_ENCRYPTION_KEY."
            ) from None


class UtcTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC times on every database (SQLite keeps no zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Tables:
    """The schema. A change here comes with a migration; a test compares the two."""

    def __init__(self, key: bytes) -> None:
        self.metadata = sa.MetaData()

        def table(name: str, *columns: Any) -> Table:
            return Table(name, self.metadata, *columns)

        def sealed(place: str) -> Sealed:
            return Sealed(key, place)

        self.conversations = table(
            "conversations",
            Column("id", Integer, primary_key=True),
            Column("source", String(64), nullable=False),
            Column("external_id", String(255), nullable=False),
            Column("digest", String(64), nullable=False),
            Column("channel", String(64), nullable=False),
            Column("subject", sealed("conversations.subject"), nullable=False),
            Column("status", String(64), nullable=False),
            Column("tags", sa.JSON, nullable=False),
            Column("csat", String(64)),
            Column("language", String(16), nullable=False),
            Column("customer", String(64), nullable=False),
            Column("started_at", UtcTime),
            Column("gate_version", String(64), nullable=False),
            Column("legal_basis", String(255), nullable=False),
            Column("stored_at", UtcTime, nullable=False),
            UniqueConstraint("source", "external_id"),
        )
        self.messages = table(
            "messages",
            Column("id", Integer, primary_key=True),
            Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
            Column("position", Integer, nullable=False),
            Column("external_id", String(255), nullable=False),
            Column("sent_at", UtcTime),
            Column("author", String(64), nullable=False),
            Column("kind", String(16), nullable=False),
            Column("visibility", String(16), nullable=False),
            Column("text", sealed("messages.text"), nullable=False),
            Column("quoted", sealed("messages.quoted"), nullable=False),
            Column("signature", sealed("messages.signature"), nullable=False),
            Column("attachments", sa.JSON, nullable=False),
            Column("edited_at", UtcTime),
            Column("in_reply_to", String(255)),
            UniqueConstraint("conversation_id", "position"),
        )
        self.identifiers = table(
            "identifiers",
            Column("id", Integer, primary_key=True),
            Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
            Column("kind", String(16), nullable=False),
            Column("hash", String(64), nullable=False, index=True),
        )
        self.quarantine = table(
            "quarantine",
            Column("id", Integer, primary_key=True),
            Column("source", String(64), nullable=False),
            Column("position", String(255), nullable=False),
            Column("reason", String(1024), nullable=False),
            Column("seen_at", UtcTime, nullable=False),
            UniqueConstraint("source", "position"),
        )
        self.ingests = table(
            "ingests",
            Column("id", Integer, primary_key=True),
            Column("source", String(64), nullable=False),
            Column("started_at", UtcTime, nullable=False),
            Column("finished_at", UtcTime, nullable=False),
            Column("report", sa.JSON, nullable=False),
        )
        self.splits = table(
            "splits",
            Column("customer", String(64), primary_key=True),
            Column("split", String(16), nullable=False),
            Column("assigned_at", UtcTime, nullable=False),
        )
        self.datasets = table(
            "datasets",
            Column("fingerprint", String(64), primary_key=True),
            Column("made_at", UtcTime, nullable=False),
            Column("report", sa.JSON, nullable=False),
        )
        self.models = table(
            "models",
            Column("name", String(64), primary_key=True),
            Column("round", Integer, nullable=False, unique=True),
            Column("digest", String(64), nullable=False),
            Column("base", String(255), nullable=False),
            Column("dataset", ForeignKey("datasets.fingerprint"), nullable=False),
            Column("made_at", UtcTime, nullable=False),
            Column("evaluation", sa.JSON),
        )
        self.promotions = table(
            "promotions",
            Column("id", Integer, primary_key=True),
            Column("model", ForeignKey("models.name"), nullable=False),
            Column("action", String(16), nullable=False),
            Column("reason", String(1024), nullable=False),
            Column("at", UtcTime, nullable=False),
        )
        self.chats = table(
            "chats",
            Column("id", String(64), primary_key=True),
            Column("channel", String(32), nullable=False),
            Column("created_at", UtcTime, nullable=False),
        )
        self.chat_messages = table(
            "chat_messages",
            Column("id", String(64), primary_key=True),
            Column("chat_id", ForeignKey("chats.id", ondelete="CASCADE"), nullable=False, index=True),
            Column("position", Integer, nullable=False),
            Column("role", String(16), nullable=False),
            Column("text", sealed("chat_messages.text"), nullable=False),
            Column("model", String(255), nullable=False),
            Column("digest", String(64), nullable=False),
            Column("sources", sa.JSON, nullable=False),
            Column("confidence", sa.Float),
            Column("created_at", UtcTime, nullable=False, index=True),
            UniqueConstraint("chat_id", "position"),
        )
        self.feedback = table(
            "feedback",
            Column("id", Integer, primary_key=True),
            Column("message_id", ForeignKey("chat_messages.id", ondelete="CASCADE"), nullable=False, index=True),
            Column("source", String(16), nullable=False),
            Column("kind", String(16), nullable=False),
            Column("value", Integer),
            Column("reasons", sa.JSON, nullable=False),
            Column("comment", sealed("feedback.comment"), nullable=False),
            Column("corrected", sealed("feedback.corrected"), nullable=False),
            Column("reviewer", String(64), nullable=False),
            Column("created_at", UtcTime, nullable=False),
        )
        self.handovers = table(
            "handovers",
            Column("chat_id", String(64), primary_key=True),
            Column("state", String(16), nullable=False),
            Column("contact", sealed("handovers.contact"), nullable=False),
            Column("agent", String(64), nullable=False),
            Column("told", sa.Boolean, nullable=False),
            Column("since", UtcTime, nullable=False),
            Column("changed_at", UtcTime, nullable=False),
        )
        self.deliveries = table(
            "deliveries",
            Column("channel", String(32), primary_key=True),
            Column("id", String(128), primary_key=True),
            Column("at", UtcTime, nullable=False),
        )
        self.api_keys = table(
            "api_keys",
            Column("id", String(16), primary_key=True),
            Column("hash", String(64), nullable=False, unique=True),
            Column("role", String(16), nullable=False),
            Column("label", String(255), nullable=False),
            Column("created_at", UtcTime, nullable=False),
            Column("revoked_at", UtcTime),
        )
        self.people = table(
            "people",
            Column("id", String(16), primary_key=True),
            Column("name", String(64), nullable=False),
            Column("folded", String(255), unique=True),
            Column("hash", String(255), nullable=False),
            Column("role", String(16), nullable=False),
            Column("created_at", UtcTime, nullable=False),
            Column("removed_at", UtcTime),
        )
        self.logins = table(
            "logins",
            Column("hash", String(64), primary_key=True),
            Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
            Column("created_at", UtcTime, nullable=False),
            Column("used_at", UtcTime, nullable=False),
            Column("expires_at", UtcTime, nullable=False),
        )
        self.audit = table(
            "audit",
            Column("id", Integer, primary_key=True),
            Column("at", UtcTime, nullable=False),
            Column("action", String(64), nullable=False),
            Column("detail", sa.JSON, nullable=False),
            Column("chain", String(64), nullable=False),
        )


class Store:
    """An opened store, migrated to the newest schema. `begin()` gives a connection inside one transaction.

    Raises:
        DeskwrightError: `url` is no address of a supported database, or the database there cannot be used.
    """

    def __init__(self, url: str, keys: Keys) -> None:
        self.tables = Tables(keys.encryption)
        self._pseudonym = keys.pseudonym
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(reads_only=True)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _durable_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self._reader = self._reader.execution_options(isolation_level="REPEATABLE READ")
        self._migrate()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection inside one transaction that may write: all of it happens, or nothing."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that reads one consistent state and never makes a writer wait."""
        with self._reader.begin() as connection:
            yield connection

    def upsert(self, connection: Connection, table: Table, keys: dict[str, Any], values: dict[str, Any]) -> None:
        """Inserts the row, or replaces `values` of the row with these `keys`."""
        from sqlalchemy.dialects import postgresql, sqlite

        inserts: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
        statement = inserts[self.engine.dialect.name](table).values(**keys, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=values))

    def pseudonym(self, kind: str, value: str) -> str:
        """A keyed hash (HMAC-SHA-256, RFC 2104) of an identifier: the same person hashes the same in this workspace,
        and nobody without the key can try names against it."""
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self._pseudonym, message, hashlib.sha256).hexdigest()

    def _migrate(self) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        alembic = Config()
        alembic.set_main_option("script_location", "deskwright:migrations")
        alembic.attributes["engine"] = self.engine
        try:
            command.upgrade(alembic, "head")
        except sa.exc.DatabaseError as error:
            place = self.engine.url.set(query={}).render_as_string()
            raise DeskwrightError(
                f"The store at {place} cannot be used: {reason(error)}. Expected a database that answers and may be "
                "written; look at store.url in deskwright.toml."
            ) from error
        except CommandError as error:
            raise DeskwrightError(
                f"The store was made by a newer Deskwright than this one ({error}). Install that version."
            ) from error


def reason(error: sa.exc.DatabaseError) -> str:
    """What the database says of a fault, on one line: neither the statement nor its values."""
    return " ".join(str(error.orig).split()).rstrip(".?")


def _engine(url: str) -> sa.Engine:
    # The address is in no message: where it is mistyped, any part of it may hold the password.
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        parsed = sa.URL.create("none")
    if parsed.drivername not in DRIVERS or "@" in (parsed.host or ""):
        raise DeskwrightError(
            "store.url is no address that Deskwright knows. Expected "
            '"postgresql+psycopg://user@host/database", "sqlite:////folder/file.db", or nothing for a file in the '
            "workspace; an @ in a password is written %40."
        )
    try:
        return sa.create_engine(
            parsed,
            json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
            hide_parameters=True,  # an error's text may come into a log, and holds no value
        )
    except ImportError as error:
        raise DeskwrightError(
            f"The driver of {parsed.drivername} cannot be imported ({error}). Do `pip install 'deskwright[postgres]'`."
        ) from None


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def _durable_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns out to write fails at once when another writer is at work; an immediate one
    # waits for it. Readers see a snapshot (WAL) and need not wait.
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reads_only else "BEGIN IMMEDIATE")
