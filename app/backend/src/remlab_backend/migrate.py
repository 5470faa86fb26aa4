"""`python3 -m remlab_backend.migrate`: bring the database's schema up to this version.

Runs once, as a job, before a new version starts. Migrations only add (tables, indexes, columns
that may be missing), since the old version goes on working with the new schema. Safe to run
twice at once and to repeat after an interruption.
"""

import asyncio
import logging
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from remlab_backend.database.writer import RETRIED_ERRORS, Writer, describe
from remlab_backend.settings import DatabaseSettings
from remlab_common import logs
from remlab_common.settings import load

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT_SECONDS = 3.0
_RETRY_SECONDS = 0.5
_REPORT_EVERY_SECONDS = 5.0
# An interrupted or blocked migration is rolled back as a whole and may simply run again.
_RETRIED: tuple[type[BaseException], ...] = (*RETRIED_ERRORS, DBAPIError)


class MigrationError(Exception):
    """The schema could not be brought up to date in time."""


def alembic_config() -> Config:
    """Return Alembic's configuration: where the revisions are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def newest_revision() -> str:
    """Return the revision that this version of the backend works with."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


async def migrate(settings: DatabaseSettings, *, revision: str = "head") -> None:
    """Wait for the database, then upgrade it. Raises MigrationError after the time limit."""
    began = time.monotonic()
    reported = float("-inf")
    while True:
        try:
            await _upgrade(settings, revision)
            return
        except _RETRIED as error:
            problem = describe(getattr(error, "orig", None) or error)
            elapsed = time.monotonic() - began
        if elapsed > settings.migrate_timeout_seconds:
            where = f"{settings.database_host}:{settings.database_port}"
            raise MigrationError(
                f"the database at {where} was not ready within {elapsed:.0f} s. Last: {problem}"
            )
        if elapsed - reported > _REPORT_EVERY_SECONDS:
            reported = elapsed
            logger.warning("not migrated yet after %.0f s: %s", elapsed, problem)
        await asyncio.sleep(_RETRY_SECONDS)


async def _upgrade(settings: DatabaseSettings, revision: str) -> None:
    options = Writer(settings).connection_options([settings.database_host])
    # A migration may take longer than a request's query; only reaching the database is bounded.
    options["command_timeout"] = None

    async def connect() -> Any:
        return await asyncpg.connect(**options, timeout=_CONNECT_TIMEOUT_SECONDS)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run_alembic, revision)
            await connection.commit()
    finally:
        await engine.dispose()


def _run_alembic(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def main() -> int:
    """Migrate; return the exit code."""
    settings = load(DatabaseSettings)
    logs.configure("backend-migrate", level=settings.log_level)
    try:
        asyncio.run(migrate(settings))
    except MigrationError as error:
        sys.stderr.write(f"migration failed: {error}\n")
        return 1
    logger.info("the schema is at revision %s", newest_revision())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
