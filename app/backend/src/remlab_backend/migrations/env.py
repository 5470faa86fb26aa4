"""Run by Alembic for each command; `remlab_backend.migrate` passes it an open connection."""

from alembic import context
from sqlalchemy import Connection, text

# Any number that no other program uses for advisory locks in this database.
_LOCK = 7_265_109_411_002


def _run(connection: Connection) -> None:
    context.configure(connection=connection)
    with context.begin_transaction():
        # Held until the transaction ends: of two jobs at once the second finds nothing to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # A change that has to wait for a long query makes all later queries wait behind it.
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


_run(context.config.attributes["connection"])
