"""Runs the migrations over the engine that the store hands in: all in one transaction, and one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

from deskwright.errors import DeskwrightError

LOCK = 0x6465736B
"""PostgreSQL's number of the lock that a migrating process holds; any number will do that is always the same."""


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """A transaction in which the schema may change. On SQLite foreign keys are not enforced in it: to change a table
    is to make it anew and drop the old one, which would delete every row that refers to it."""
    if connection.dialect.name != "sqlite":
        with connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            yield
        return
    sqlite = connection.connection.driver_connection
    assert sqlite is not None
    sqlite.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            yield
    finally:
        sqlite.execute("PRAGMA foreign_keys=ON")


def migrate(connection: Connection) -> None:
    before = context.get_context().get_current_heads()
    context.run_migrations()
    if connection.dialect.name == "sqlite" and context.get_context().get_current_heads() != before:
        refuse_loose_rows(connection)


def refuse_loose_rows(connection: Connection) -> None:
    tables = sorted({row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
    if tables:
        raise DeskwrightError(
            f"The store was not migrated: rows of {', '.join(tables)} would refer to rows that are not there. "
            "Nothing was changed. Go back to the version of Deskwright before, and report this."
        )


with context.config.attributes["engine"].connect() as connection, transaction(connection):
    context.configure(connection=connection, transactional_ddl=True)
    migrate(connection)
