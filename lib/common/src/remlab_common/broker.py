"""A connection to the broker (NATS) that is kept up for ever.

The client library's own reconnection queues what is published meanwhile and, after some errors,
gives up for good. A laboratory wants neither: stale telemetry is worthless, and nobody is there
to restart a service at night. So each connection is a new client, made by one loop, and whoever
publishes while there is none is told so.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.errors import Error as NatsError
from nats.errors import NoServersError

log = logging.getLogger(__name__)

Handler = Callable[[Msg], Awaitable[None]]
OnConnect = Callable[[], Awaitable[None]]

CONNECT_TIMEOUT_SECONDS = 3.0
RETRY_SECONDS = 0.5
_NOTICE_SECONDS = 0.01
PING_INTERVAL_SECONDS = 3
PINGS_OUTSTANDING = 2
PENDING_LIMIT_BYTES = 1024 * 1024
"""A broker that no longer reads: beyond this much unsent, messages are dropped, not queued."""


class Unsubscribe(Protocol):
    """Ends a subscription."""

    async def __call__(self) -> None:
        """End it, also on the connections to come."""


class Broker:
    """Publishes and subscribes over whichever connection is up; `run` keeps one up.

    `no_echo`: the broker does not send back what this service publishes itself.
    """

    def __init__(self, url: str, *, name: str, user: str, password: str, no_echo: bool = False) -> None:
        self._url = url
        self._options = {"name": name, "user": user, "password": password, "no_echo": no_echo}
        self._client: Client | None = None
        self._subscriptions: dict[object, tuple[str, Handler]] = {}
        self._active: dict[object, NatsSubscription] = {}
        self._problem = "not connected to the broker yet"
        self._last_error: Exception | None = None
        self._connected = asyncio.Event()
        self._on_connect: list[OnConnect] = []
        self.connections = 0

    @property
    def is_connected(self) -> bool:
        """Whether messages go out at this moment."""
        return self._client is not None and self._client.is_connected

    @property
    def problem(self) -> str | None:
        """Why there is no connection, in words; None while there is one."""
        return None if self.is_connected else self._problem

    async def wait_connected(self) -> None:
        """Wait until there is a connection and every subscription is in place on it."""
        await self._connected.wait()
        while not self.is_connected:  # it just broke, and `run` has not noticed yet
            await asyncio.sleep(_NOTICE_SECONDS)
            await self._connected.wait()

    def on_connect(self, callback: OnConnect) -> None:
        """Have `callback` awaited after each new connection, once subscriptions are in place."""
        self._on_connect.append(callback)

    async def publish(
        self, subject: str, payload: bytes, *, headers: dict[str, str] | None = None, reply: str = ""
    ) -> bool:
        """Send a message if the broker takes it now; say whether it did."""
        client = self._client
        if client is None or not client.is_connected or client.pending_data_size > PENDING_LIMIT_BYTES:
            return False
        try:
            await client.publish(subject, payload, reply=reply, headers=headers)
        except (NatsError, OSError):
            return False
        return True

    async def request(self, subject: str, payload: bytes, *, timeout_seconds: float) -> Msg:
        """Ask and wait for one answer.

        Raises ConnectionError without a broker, nats.errors.NoRespondersError if nobody listens,
        nats.errors.TimeoutError if nobody answers.
        """
        if self._client is None or not self._client.is_connected:
            raise ConnectionError(self._problem)
        return await self._client.request(subject, payload, timeout=timeout_seconds)

    async def flush(self) -> None:
        """Wait until the broker has taken in all that was sent, subscriptions too. May raise OSError."""
        if self._client is not None and self._client.is_connected:
            with contextlib.suppress(NatsError):
                # The client's first ping overtakes what it has queued; the second one cannot.
                for _ in range(2):
                    await self._client.flush(timeout=CONNECT_TIMEOUT_SECONDS)  # type: ignore[arg-type]

    async def subscribe(self, subject: str, handler: Handler) -> Unsubscribe:
        """Pass messages on `subject` to `handler`, over this connection and all later ones."""
        key = object()
        self._subscriptions[key] = (subject, handler)
        await self._activate(key)

        async def unsubscribe() -> None:
            self._subscriptions.pop(key, None)
            active = self._active.pop(key, None)
            if active is not None:
                with contextlib.suppress(NatsError, OSError):
                    await active.unsubscribe()

        return unsubscribe

    async def run(self) -> None:
        """Keep a connection up until cancelled."""
        try:
            while True:
                try:
                    await self._hold_one_connection()
                except Exception:
                    log.exception("the connection to the broker failed unexpectedly")
                _heed_cancellation()
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            client, self._client = self._client, None
            if client is not None:
                await _close(client)

    async def _hold_one_connection(self) -> None:
        closed = asyncio.Event()
        client = Client()
        try:
            await self._connect(client, closed)
            _heed_cancellation()
        except (NatsError, OSError, TimeoutError) as error:
            cause = self._last_error if isinstance(error, NoServersError) and self._last_error else error
            self._say(f"cannot reach the broker at {self._url}: {cause or type(cause).__name__}")
            await _close(client)
            return
        except asyncio.CancelledError:
            await _close(client)
            raise
        self._client = client
        self.connections += 1
        log.info("connected to the broker", extra={"url": self._url, "connection": self.connections})
        for key in list(self._subscriptions):
            await self._activate(key)
        with contextlib.suppress(OSError):
            await self.flush()
        self._connected.set()
        for callback in self._on_connect:
            await callback()
        _heed_cancellation()
        await closed.wait()
        self._client = None
        self._active.clear()
        self._connected.clear()
        self._say(f"the broker at {self._url} went away: {client.last_error or 'connection closed'}")

    async def _connect(self, client: Client, closed: asyncio.Event) -> None:
        async def set_closed() -> None:
            closed.set()

        async def note_error(error: Exception) -> None:
            self._last_error = error
            log.debug("broker client: %s", error)

        async with asyncio.timeout(2 * CONNECT_TIMEOUT_SECONDS):
            await client.connect(
                self._url,
                **self._options,  # type: ignore[arg-type]
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=CONNECT_TIMEOUT_SECONDS,  # type: ignore[arg-type]
                ping_interval=PING_INTERVAL_SECONDS,
                max_outstanding_pings=PINGS_OUTSTANDING,
                flush_timeout=CONNECT_TIMEOUT_SECONDS,
                closed_cb=set_closed,
                error_cb=note_error,
            )

    async def _activate(self, key: object) -> None:
        client = self._client
        if client is None or key in self._active or key not in self._subscriptions:
            return
        subject, handler = self._subscriptions[key]
        with contextlib.suppress(NatsError, OSError):
            self._active[key] = await client.subscribe(subject, cb=handler)

    def _say(self, problem: str) -> None:
        """Log a problem when it is news, not at every try."""
        if problem != self._problem:
            log.warning(problem)
        self._problem = problem


def _heed_cancellation() -> None:
    """End the task if it was cancelled: the client library swallows that while it connects or flushes."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _close(client: Client) -> None:
    with contextlib.suppress(NatsError, OSError, TimeoutError):
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            await client.close()
