"""The store and the audit log, each test on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.keys import Keys
from deskwright.store import Store, Tables, now
from serve import people
from serve.deliveries import is_new
from serve.desk import Desk
from serve.record import Record
from serve.refusals import Refusal
from tests.server_process import ROOT, make

KEYS = Keys(*(secrets.token_bytes(32) for _ in range(3)))
CANARY = "my parrot Quetzalcoatl sings"
UNOPENED = r"A text of \w+\.\w+ does not open: it was written with another encryption key, or was altered\. "
START_SECONDS = 60


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of these tests' own, at a socket in `folder`; its clock shows Tokyo's time."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://deskwright@/{database}?host={self.folder}"

    def run(self, statement: str) -> None:
        import psycopg

        with closing(
            psycopg.connect(host=str(self.folder), user="deskwright", dbname="postgres", autocommit=True)
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


def program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


def other_user() -> dict[str, Any]:
    """Who runs the server, for `subprocess`: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    initdb, postgres = program("initdb"), program("postgres")
    if not initdb or not postgres:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL's initdb and postgres are not installed")
        pytest.skip("PostgreSQL's initdb and postgres are not installed")
    folder = Path(tempfile.mkdtemp(prefix="deskwright-pg-", dir="/tmp"))
    user = other_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    found = Cluster(folder)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    with (folder / "log").open("wb") as log:
        common: dict[str, Any] = {"cwd": folder, "env": environment, "stdout": log, "stderr": log, **user}
        make = [initdb, "-D", str(data), "-U", "deskwright", "--auth=trust", "--encoding=UTF8", "--no-sync"]
        subprocess.run(make, check=True, **common)
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=Asia/Tokyo"]
        server = subprocess.Popen([postgres, "-D", str(data), "-k", str(folder), *settings], **common)
        try:
            wait_for(found, server)
            yield found
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(START_SECONDS)
            shutil.rmtree(folder, ignore_errors=True)


def wait_for(cluster: Cluster, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    latest = time.monotonic() + START_SECONDS
    while True:
        try:
            return cluster.run("SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > latest:
                pytest.fail(f"PostgreSQL did not start:\n{(cluster.folder / 'log').read_text()}")
            time.sleep(0.05)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deskwright.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    name = f"test_{secrets.token_hex(6)}"
    cluster.run(f"CREATE DATABASE {name}")
    return cluster.url(name)


@pytest.fixture
def opened(database: str) -> Iterator[Callable[..., Store]]:
    """Opens the database, with these keys."""
    stores: list[Store] = []

    def open_store(keys: Keys = KEYS) -> Store:
        stores.append(Store(database, keys))
        return stores[-1]

    yield open_store
    for store in stores:
        store.engine.dispose()


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened()


def add_conversation(store: Store, subject: str = CANARY, started_at: datetime | None = None) -> None:
    values = {
        **{"source": "test", "external_id": secrets.token_hex(4), "digest": "", "channel": "papyrus in clear"},
        **{"subject": subject, "status": "", "tags": ["a", "ü"], "language": "en", "customer": "c"},
        **{"started_at": started_at, "gate_version": "1", "legal_basis": "consent", "stored_at": now()},
    }
    with store.begin() as connection:
        connection.execute(store.tables.conversations.insert().values(**values))


def add_message(store: Store, text: str) -> None:
    add_conversation(store)
    values = {
        **{"conversation_id": 1, "position": 0, "external_id": "1", "author": "a", "kind": "customer"},
        **{"visibility": "public", "text": text, "quoted": "", "signature": "", "attachments": []},
    }
    with store.begin() as connection:
        connection.execute(store.tables.messages.insert().values(**values))


def column(store: Store, name: str) -> list[Any]:
    conversations = store.tables.conversations
    with store.read() as connection:
        return list(connection.execute(sa.select(conversations.c[name]).order_by(conversations.c.id)).scalars())


def bytes_at_rest(store: Store) -> bytes:
    """All that the database has written to its files."""
    if store.engine.dialect.name == "sqlite":
        folder, names = Path(str(store.engine.url.database)).parent, "deskwright.db*"
    else:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
        folder, names = Path(str(store.engine.url.query["host"])) / "data", "**/*"
    return b"".join(file.read_bytes() for file in folder.glob(names) if file.is_file())


def differences(store: Store, tables: Tables) -> list[Any]:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.metadata))


def test_the_migrations_make_the_schema_that_the_code_declares(store: Store) -> None:
    assert differences(store, store.tables) == []


def test_a_change_of_the_schema_without_a_migration_shows(store: Store) -> None:
    tables = Tables(bytes(32))
    tables.feedback.append_column(sa.Column("mood", sa.String(8)))
    tables.chats.c.channel.type = sa.Integer()
    sa.Index("ix_chats_channel", tables.chats.c.channel)

    found = [change[0] if isinstance(change, tuple) else change[0][0] for change in differences(store, tables)]

    assert sorted(found) == ["add_column", "add_index", "modify_type"]


def test_opening_again_keeps_what_is_there(store: Store, opened: Callable[..., Store]) -> None:
    add_conversation(store)

    assert column(opened(), "subject") == [CANARY]


def test_several_processes_may_open_a_new_database_at_the_same_moment(database: str) -> None:
    code = (
        "import sys\nfrom deskwright.store import Store\nfrom deskwright.keys import Keys\n"
        "print(Store(sys.argv[1], Keys(bytes(32), bytes(32), bytes(32))).engine.dialect.name)\n"
    )
    command = [sys.executable, "-c", code, database]
    openers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)]
    said = [opener.communicate(timeout=60)[0].strip() for opener in openers]

    assert said == [sa.make_url(database).get_backend_name()] * 3


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade():
    with op.batch_alter_table("conversations") as batch:
        batch.alter_column("channel", type_=sa.String(128), existing_type=sa.String(64), existing_nullable=False)
    {then}
"""


def newest() -> str:
    """The number of the last migration that there is."""
    alembic = Config()
    alembic.set_main_option("script_location", "deskwright:migrations")
    return str(ScriptDirectory.from_config(alembic).get_current_head())


def upgrade(store: Store, folder: Path, then: str = "") -> None:
    """One migration more than there is: it makes the table `conversations` anew, and does `then`."""
    (folder / "9999_rebuild.py").write_text(REBUILD.format(newest=newest(), then=then), encoding="utf-8")
    alembic = Config()
    alembic.set_main_option("script_location", "deskwright:migrations")
    alembic.set_main_option("version_locations", f"deskwright:migrations/versions\n{folder}")
    alembic.set_main_option("path_separator", "newline")
    alembic.attributes["engine"] = store.engine
    command.upgrade(alembic, "head")


def test_a_migration_that_makes_a_table_anew_loses_no_row(store: Store, tmp_path: Path) -> None:
    add_message(store, "hello")

    upgrade(store, tmp_path)

    assert column(store, "subject") == [CANARY]
    with store.begin() as connection:
        assert connection.execute(sa.select(store.tables.messages.c.text)).scalars().all() == ["hello"]
        connection.execute(store.tables.conversations.delete())
        assert connection.execute(sa.select(store.tables.messages.c.text)).all() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_migration_that_leaves_a_row_without_its_parent_changes_nothing(store: Store, tmp_path: Path) -> None:
    add_message(store, "hello")

    with pytest.raises(DeskwrightError, match="The store was not migrated: rows of messages would refer to rows that "):
        upgrade(store, tmp_path, 'op.execute("DELETE FROM conversations")')

    assert column(store, "subject") == [CANARY]
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == newest()


def test_people_log_in_on_every_database(store: Store) -> None:
    first, second = "kettle-river-42-moss", "lantern 7 orchard pump"
    mina = people.add(store, "Mina", "reviewer", first)
    with pytest.raises(DeskwrightError, match="already"):
        people.add(store, "MINA", "admin", first)
    found = people.log_in(store, "mina", first)
    assert found
    person, token = found

    assert person == mina
    assert people.logged_in(store, token) == mina
    assert people.names(store) == {mina.id: "Mina"}

    people.used(store, token)
    people.change_password(store, "mina", second)

    assert people.logged_in(store, token) is None
    assert people.log_in(store, "mina", first) is None

    people.remove(store, "Mina")

    assert people.everybody(store) == []
    assert people.log_in(store, "mina", second) is None
    assert audit.broken_at(store) is None


def test_free_text_is_in_no_byte_of_the_files(store: Store) -> None:
    add_message(store, "the cat is called Nebuchadnezzar")

    at_rest = bytes_at_rest(store)

    assert b"papyrus in clear" in at_rest
    assert b"Quetzalcoatl" not in at_rest
    assert b"Nebuchadnezzar" not in at_rest


def test_the_same_text_is_never_sealed_to_the_same_bytes(store: Store) -> None:
    add_conversation(store)
    add_conversation(store)

    with store.read() as connection:
        sealed = [bytes(row[0]) for row in connection.exec_driver_sql("SELECT subject FROM conversations")]

    assert len(set(sealed)) == 2
    assert column(store, "subject") == [CANARY, CANARY]


@pytest.mark.parametrize("text", ["", "ünïcode ✓ 漢字", "half a surrogate \ud83d", "nul \0 inside", "x" * 100_000])
def test_any_text_comes_back_as_it_was(store: Store, text: str) -> None:
    add_conversation(store, text)

    assert column(store, "subject") == [text]


def test_a_text_that_was_moved_to_another_column_does_not_open(store: Store) -> None:
    add_message(store, CANARY)
    with store.begin() as connection:
        connection.exec_driver_sql("UPDATE messages SET quoted = text")

    with store.read() as connection, pytest.raises(DeskwrightError, match=UNOPENED):
        connection.execute(sa.select(store.tables.messages.c.quoted)).all()


def test_a_text_that_was_altered_does_not_open(store: Store) -> None:
    add_conversation(store)
    with store.begin() as connection:
        (sealed,) = connection.exec_driver_sql("SELECT subject FROM conversations").scalars()
        altered = bytes(sealed)[:-1] + bytes([bytes(sealed)[-1] ^ 1])
        connection.execute(sa.text("UPDATE conversations SET subject = :altered"), {"altered": altered})

    with pytest.raises(DeskwrightError, match=UNOPENED):
        column(store, "subject")


def test_another_key_opens_nothing(store: Store, opened: Callable[..., Store]) -> None:
    add_conversation(store)
    stranger = opened(replace(KEYS, encryption=secrets.token_bytes(32)))

    with pytest.raises(DeskwrightError, match=UNOPENED):
        column(stranger, "subject")


def test_times_come_back_in_utc_and_say_so(store: Store) -> None:
    moment = datetime(2025, 3, 30, 1, 30, 15, 250, tzinfo=timezone(timedelta(hours=2)))
    add_conversation(store, started_at=moment)

    (read,) = column(store, "started_at")

    assert moment == read
    assert read.utcoffset() == timedelta(0)


def test_a_missing_time_stays_missing(store: Store) -> None:
    add_conversation(store)

    assert column(store, "started_at") == [None]


def test_now_is_in_utc() -> None:
    assert now().tzinfo is UTC


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.begin() as connection:
            audit.record(store, connection, "test")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail_half_way()

    assert actions(store) == []


def test_a_reader_does_not_make_a_writer_wait(store: Store) -> None:
    add_conversation(store)
    with store.read() as reader:
        assert reader.execute(sa.select(sa.func.count()).select_from(store.tables.conversations)).scalar() == 1

        with ThreadPoolExecutor(1) as pool:
            pool.submit(add_conversation, store).result(timeout=20)

    assert len(column(store, "id")) == 2


def test_a_reader_sees_one_state_from_beginning_to_end(store: Store) -> None:
    add_conversation(store)
    with store.read() as reader:
        count = sa.select(sa.func.count()).select_from(store.tables.conversations)
        first = reader.execute(count).scalar()
        add_conversation(store)
        second = reader.execute(count).scalar()

    assert (first, second) == (1, 1)


def test_a_writer_waits_for_the_one_before_it(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: record(store, f"write {n}"), range(20)))

    assert sorted(actions(store)) == sorted(f"write {n}" for n in range(20))
    assert len({entry.chain for entry in entries(store)}) == 20


def test_upsert_inserts_then_replaces(store: Store) -> None:
    table = store.tables.datasets
    for rows in (1, 2):
        with store.begin() as connection:
            store.upsert(connection, table, {"fingerprint": "f"}, {"made_at": now(), "report": {"rows": rows}})
            store.upsert(connection, table, {"fingerprint": "other"}, {"made_at": now(), "report": {}})

    with store.read() as connection:
        found = {row.fingerprint: row.report for row in connection.execute(sa.select(table))}

    assert found == {"f": {"rows": 2}, "other": {}}


def test_upsert_takes_keys_of_two_columns(store: Store) -> None:
    table = store.tables.quarantine
    for position, reason in [("line 1", "a"), ("line 2", "b"), ("line 1", "c")]:
        with store.begin() as connection:
            keys = {"source": "test", "position": position}
            store.upsert(connection, table, keys, {"reason": reason, "seen_at": now()})

    with store.read() as connection:
        found = {row.position: row.reason for row in connection.execute(sa.select(table))}

    assert found == {"line 1": "c", "line 2": "b"}


def test_a_conversation_takes_its_messages_with_it(store: Store) -> None:
    add_message(store, "hello")
    with store.begin() as connection:
        connection.execute(store.tables.conversations.delete())

    with store.read() as connection:
        assert connection.execute(sa.select(store.tables.messages)).all() == []


def test_a_pseudonym_is_stable_and_keyed(store: Store, opened: Callable[..., Store]) -> None:
    here = store.pseudonym("email", "ada@example.org")
    elsewhere = opened(replace(KEYS, pseudonym=secrets.token_bytes(32)))

    assert here == opened().pseudonym("email", "ada@example.org")
    assert here != elsewhere.pseudonym("email", "ada@example.org")
    assert here != store.pseudonym("name", "ada@example.org")
    assert len(here) == 64


def record(store: Store, action: str, **detail: Any) -> None:
    with store.begin() as connection:
        audit.record(store, connection, action, **detail)


def entries(store: Store) -> list[Any]:
    table = store.tables.audit
    with store.read() as connection:
        return list(connection.execute(sa.select(table).order_by(table.c.id)))


def actions(store: Store) -> list[str]:
    return [entry.action for entry in entries(store)]


@pytest.fixture
def log(store: Store) -> Store:
    """A store whose audit log has three entries."""
    record(store, "ingest", source="mail", conversations={"new": 2, "updated": 0})
    record(store, "build", rows=7, note="naïve ✓")
    record(store, "promote", model="round-1", reason="")
    return store


def tamper(store: Store, statement: str) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql(statement)


def test_an_untouched_audit_log_is_whole(log: Store) -> None:
    assert audit.broken_at(log) is None
    assert actions(log) == ["ingest", "build", "promote"]


def test_an_empty_audit_log_is_whole(store: Store) -> None:
    assert audit.broken_at(store) is None


@pytest.mark.parametrize("change", ["action = 'tune'", "detail = '{}'", "at = '2020-01-01 00:00:00'", "chain = 'x'"])
def test_an_altered_entry_is_named(log: Store, change: str) -> None:
    tamper(log, f"UPDATE audit SET {change} WHERE id = 2")

    assert audit.broken_at(log) == 2


def test_a_removed_entry_shows_at_the_one_after_it(log: Store) -> None:
    tamper(log, "DELETE FROM audit WHERE id = 2")

    assert audit.broken_at(log) == 3


def test_a_log_that_several_write_at_once_is_whole(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: record(store, "ingest", n=n), range(20)))

    assert audit.broken_at(store) is None


def test_a_store_has_an_id_of_its_own_whoever_asks_first(opened: Callable[..., Store]) -> None:
    stores = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(audit.store_id, stores))
    record(stores[0], "store named", id="another")

    assert len(ids) == 1
    assert len(ids.pop()) == 32
    assert audit.store_id(opened()) == audit.store_id(stores[0]) != "another"
    assert audit.broken_at(stores[0]) is None


def test_two_bots_of_one_server_do_not_have_the_same_database(tmp_path: Path, database: str) -> None:
    same = f"{database}{'&' if '?' in database else '?'}connect_timeout=9" if "postgresql" in database else database
    for name, url in (("one", database), ("two", same)):
        make(tmp_path / name, f'[store]\nurl = "{url}"')
    bots = [f"{name}={tmp_path / name}" for name in ("one", "two")]
    words = [sys.executable, "-m", "deskwright", "serve", *bots, "--untuned"]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 2
    assert "one and two have the same store" in result.stderr
    assert result.stderr.count("\n") == 1


def test_of_several_who_take_a_chat_at_once_one_gets_it(store: Store) -> None:
    def take(n: int) -> bool:
        try:
            Desk(store).move("chat_1", "take", by="person", agent=str(n))
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(8)))

    handover = Desk(store).find("chat_1")
    assert sum(taken) == 1
    assert handover is not None
    assert handover.agent == str(taken.index(True))


def test_what_is_said_in_a_chat_at_once_is_kept_one_after_the_other(store: Store) -> None:
    chat = Record(store)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: chat.keep("chat_1", "widget", [{"role": "user", "content": str(n)}]), range(8)))

    assert sorted(turn["content"] for turn in chat.turns("chat_1")) == [str(n) for n in range(8)]


def test_an_error_of_the_database_holds_no_value(store: Store) -> None:
    row = {"channel": "slack", "id": "zoe.canary@example.com", "at": now()}
    with pytest.raises(sa.exc.IntegrityError) as fault, store.begin() as connection:
        connection.execute(store.tables.deliveries.insert(), [row, row])

    assert "INSERT INTO deliveries" in str(fault.value)
    assert "zoe.canary" not in str(fault.value).partition("[SQL:")[2]


def test_a_delivery_that_comes_several_times_at_once_is_new_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: is_new(store, "slack", "Ev1"), range(8)))

    assert sum(found) == 1
    assert is_new(store, "chatwoot", "Ev1")
