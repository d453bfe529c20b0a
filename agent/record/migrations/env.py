"""Alembic's entry.  ``Records.migrate`` hands in the connection, already in its transaction and under its lock."""

from alembic import context

from agent.record.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
