"""Runs the migrations over the engine that the store hands in, each in its own transaction."""

from alembic import context

with context.config.attributes["engine"].begin() as connection:
    context.configure(connection=connection, transactional_ddl=True)
    context.run_migrations()
