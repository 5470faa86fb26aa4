"""The writer: requests wait for a database that is away, and go on by themselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from app.backend.tests.lab import database_settings
from remlab_backend.database.lookup import Lookup
from remlab_backend.database.writer import Connection, Writer
from remlab_backend.errors import DatabaseAwayError
from remlab_backend.settings import DatabaseSettings
from tests.servers.postgres import PostgresServer


@asynccontextmanager
async def started(settings: DatabaseSettings) -> AsyncIterator[Writer]:
    writer = Writer(settings)
    writer.start()
    try:
        yield writer
    finally:
        await writer.close()


async def one(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT 1"))


async def test_writer_says_what_is_wrong_until_the_database_is_there(migrated: DatabaseSettings) -> None:
    writer = Writer(migrated)
    assert "not connected" in str(writer.problem)
    writer.start()
    try:
        assert await writer.run(one) == 1
        assert writer.problem is None
    finally:
        await writer.close()


async def test_requests_wait_for_a_database_that_restarts(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    async with started(database_settings(own_postgres_server, "backend")) as writer:
        assert await writer.run(one) == 1
        own_postgres_server.stop()
        waiting = [asyncio.create_task(writer.run(one)) for _ in range(50)]
        await asyncio.wait(waiting, timeout=0.5)
        assert not any(task.done() for task in waiting)
        await asyncio.to_thread(own_postgres_server.start)
        assert await asyncio.gather(*waiting) == [1] * 50


async def test_only_one_prober_looks_for_the_writer(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    async with started(database_settings(own_postgres_server, "backend")) as writer:
        await writer.run(one)
        own_postgres_server.stop()
        waiting = [asyncio.create_task(writer.run(one)) for _ in range(20)]
        await asyncio.wait(waiting, timeout=0.3)
        probers = [task for task in asyncio.all_tasks() if task.get_name() == "database-prober"]
        assert len(probers) == 1
        await asyncio.to_thread(own_postgres_server.start)
        await asyncio.gather(*waiting)


async def test_a_request_gives_up_at_its_deadline(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    settings = database_settings(own_postgres_server, "backend", database_deadline_seconds=0.4)
    async with started(settings) as writer:
        await writer.run(one)
        own_postgres_server.stop()
        began = time.monotonic()
        with pytest.raises(DatabaseAwayError) as raised:
            await writer.run(one)
        assert 0.3 < time.monotonic() - began < 2
        assert raised.value.headers["Retry-After"]
        own_postgres_server.start()
        async with asyncio.timeout(10):
            await writer.wait_available()
        assert await writer.run(one) == 1


async def test_a_host_that_was_cut_off_costs_one_command_timeout(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    settings = database_settings(
        own_postgres_server, "backend", database_command_timeout_seconds=0.5, database_deadline_seconds=10
    )
    async with started(settings) as writer:
        await writer.run(one)
        with own_postgres_server.frozen():
            waiting = [asyncio.create_task(writer.run(one)) for _ in range(5)]
            await asyncio.wait(waiting, timeout=1.5)
            assert not any(task.done() for task in waiting)
            assert "does not answer" in str(writer.problem)
        assert await asyncio.gather(*waiting) == [1] * 5


async def test_a_request_on_a_frozen_host_still_meets_its_deadline(
    own_postgres_server: PostgresServer,
) -> None:
    own_postgres_server.create_database("backend")
    settings = database_settings(own_postgres_server, "backend", database_deadline_seconds=0.5)
    async with started(settings) as writer:
        await writer.run(one)
        with own_postgres_server.frozen():
            began = time.monotonic()
            with pytest.raises(DatabaseAwayError):
                await writer.run(one)
            assert time.monotonic() - began < 3


async def test_sessions_ended_by_the_administrator_are_replaced(
    migrated: DatabaseSettings, postgres_server: PostgresServer
) -> None:
    async with started(migrated) as writer:
        await writer.run(one)
        name = migrated.database_name
        postgres_server.sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        assert await writer.run(one) == 1


async def test_a_database_that_turned_read_only_is_not_the_writer(
    migrated: DatabaseSettings, postgres_server: PostgresServer
) -> None:
    insert = "INSERT INTO log_entries (uuid, device, text) VALUES ($1, 'a', 'b')"

    async def write(connection: Connection) -> str:
        return await connection.execute(insert, uuid4())

    name = migrated.database_name
    async with started(migrated) as writer:
        await writer.run(write)
        postgres_server.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        postgres_server.sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        waiting = asyncio.create_task(writer.run(write))
        await asyncio.wait({waiting}, timeout=0.5)
        assert not waiting.done()
        postgres_server.sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = off')
        assert await waiting == "INSERT 0 1"


async def test_an_error_of_the_query_itself_is_not_retried(migrated: DatabaseSettings) -> None:
    async def broken(connection: Connection) -> None:
        await connection.execute("SELECT * FROM no_such_table")

    async with started(migrated) as writer:
        with pytest.raises(asyncpg.UndefinedTableError):
            await writer.run(broken)
        assert writer.problem is None


async def test_too_many_waiting_requests_are_refused_at_once(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    settings = database_settings(own_postgres_server, "backend", database_waiting_requests=3)
    async with started(settings) as writer:
        await writer.run(one)
        own_postgres_server.stop()
        waiting = [asyncio.create_task(writer.run(one)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(DatabaseAwayError):
            await writer.run(one)
        own_postgres_server.start()
        assert await asyncio.gather(*waiting) == [1, 1, 1]


async def test_lookup_gives_each_address_once() -> None:
    assert await Lookup("127.0.0.1").addresses(timeout_seconds=2) == ["127.0.0.1"]


async def test_lookup_raises_for_a_name_that_does_not_exist() -> None:
    with pytest.raises(OSError, match=r".+"):
        await Lookup("database.invalid").addresses(timeout_seconds=20)
