"""Connections to the database's writer, wherever it runs at the moment.

The database may be away for a second (it moves to another host) or for minutes (its host died).
Meanwhile requests wait, up to a deadline, while one prober per process looks for the writer;
then they run again. So whatever is run has to be idempotent.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from remlab_backend.database.lookup import Lookup
from remlab_backend.errors import DatabaseAwayError
from remlab_backend.settings import DatabaseSettings

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
# Generic for the type checker only, so these names are quoted.
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Work = Callable[["PoolConnectionProxy[asyncpg.Record]"], Awaitable[Result]]

# A new connection of the pool may take longer than the prober's: the host is busy, not away.
_POOL_CONNECT_TIMEOUT_SECONDS = 2.0
_RELEASE_TIMEOUT_SECONDS = 1.0
_REPORT_EVERY_SECONDS = 10.0

RETRIED_ERRORS: tuple[type[BaseException], ...] = (
    OSError,  # refused, reset, unreachable, and gaierror while the name is in no DNS
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # "connection is closed", "pool is closing"
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,  # 57P01
    asyncpg.CrashShutdownError,  # 57P02
    asyncpg.CannotConnectNowError,  # 57P03
    asyncpg.ReadOnlySQLTransactionError,  # 25006: still, or already, a standby
    asyncpg.TargetServerAttributeNotMatched,
    asyncpg.TooManyConnectionsError,
    # On a first deploy the database may be up before its roles are.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)

_BROKEN_BY: tuple[type[BaseException], ...] = (*RETRIED_ERRORS, asyncio.CancelledError)


class Writer:
    """Runs work on the database's writer; `start` and `close` frame its life."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._lookup = Lookup(settings.database_host)
        self._pool: asyncpg.Pool | None = None
        self._available = asyncio.Event()
        self._slots = asyncio.Semaphore(settings.database_pool_size)
        self._prober: asyncio.Task[None] | None = None
        self._waiting = 0
        self._problem = "not connected to the database yet"

    @property
    def problem(self) -> str | None:
        """Why the database cannot be used at the moment, or None."""
        return None if self._available.is_set() else self._problem

    @property
    def waiting(self) -> int:
        """How many requests are inside `run`."""
        return self._waiting

    def start(self) -> None:
        """Begin to look for the writer."""
        if self._prober is None:
            self._prober = asyncio.create_task(self._probe(), name="database-prober")

    async def wait_available(self) -> None:
        """Wait until the writer was found."""
        await self._available.wait()

    async def close(self) -> None:
        """End all connections."""
        if self._prober is not None:
            self._prober.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._prober
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def run(self, work: Work[Result]) -> Result:
        """Run `work` on a connection to the writer, again if that goes away meanwhile.

        Raises DatabaseAwayError after the deadline, or at once when too many wait already.
        """
        if self._waiting >= self._settings.database_waiting_requests:
            raise DatabaseAwayError
        self._waiting += 1
        try:
            async with asyncio.timeout(self._settings.database_deadline_seconds) as deadline:
                return await self._run_until_done(work)
        except TimeoutError:
            if deadline.expired():
                raise DatabaseAwayError from None
            raise
        finally:
            self._waiting -= 1

    async def _run_until_done(self, work: Work[Result]) -> Result:
        while True:
            await self._available.wait()
            # Waiting here and not inside the pool: its own queue would wake up connecting.
            async with self._slots:
                pool = self._pool
                if pool is None:
                    continue
                try:
                    return await self._run_once(pool, work)
                except RETRIED_ERRORS as error:
                    self._lose(pool, error)

    async def _run_once(self, pool: Pool, work: Work[Result]) -> Result:
        connection = await pool.acquire()
        try:
            result = await work(connection)
        except _BROKEN_BY:
            # Returning it would first ask the server, perhaps a dead one, to cancel the query.
            connection.terminate()
            raise
        except BaseException:
            await pool.release(connection, timeout=_RELEASE_TIMEOUT_SECONDS)
            raise
        await pool.release(connection, timeout=_RELEASE_TIMEOUT_SECONDS)
        return result

    def _lose(self, pool: Pool, error: BaseException) -> None:
        """Give up all connections of `pool` after one of them failed, and look for the writer."""
        noticed_before = pool is not self._pool
        if noticed_before:
            return  # somebody else noticed first
        self._problem = f"lost the database: {describe(error)}"
        logger.warning(self._problem)
        self._available.clear()
        self._pool = None
        pool.terminate()
        self._prober = asyncio.create_task(self._probe(), name="database-prober")

    async def _probe(self) -> None:
        began = reported = time.monotonic()
        while True:
            try:
                self._pool = await self._connect()
            except RETRIED_ERRORS as error:
                self._problem = f"the database does not answer: {describe(error)}"
            else:
                logger.info("found the database after %.2f s", time.monotonic() - began)
                self._available.set()
                return
            if time.monotonic() - reported > _REPORT_EVERY_SECONDS:
                reported = time.monotonic()
                logger.warning("%s, for %.0f s now", self._problem, reported - began)
            await asyncio.sleep(self._settings.database_probe_interval_seconds)

    async def _connect(self) -> Pool:
        """Return a pool whose addresses lead to a writer, as one connection has just proved."""
        timeout = self._settings.database_probe_timeout_seconds
        addresses = await self._lookup.addresses(timeout_seconds=timeout)
        options = self.connection_options(addresses)
        connection = await asyncpg.connect(**options, timeout=timeout)
        await connection.close(timeout=timeout)
        return await asyncpg.create_pool(
            **options,
            timeout=_POOL_CONNECT_TIMEOUT_SECONDS,
            min_size=0,
            max_size=self._settings.database_pool_size,
        )

    def connection_options(self, addresses: list[str]) -> dict[str, Any]:
        """Return what asyncpg needs to find the writer among `addresses`."""
        settings = self._settings
        return {
            "host": addresses,
            "port": [settings.database_port] * len(addresses),
            "user": settings.database_user,
            "password": settings.database_password.get_secret_value(),
            "database": settings.database_name,
            "ssl": False,  # the overlay's hosts; asking for TLS first would cost a round trip
            "target_session_attrs": "read-write",
            "command_timeout": settings.database_command_timeout_seconds,
            "server_settings": {"application_name": "remlab-backend"},
        }


def describe(error: BaseException) -> str:
    """Return an error in one line, also where it carries no text (time-outs)."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
