"""A small HTTP/1.1 client that never sends a request twice.

Ready-made clients repeat a GET or PUT whose kept connection was closed meanwhile (aiohttp does, browsers do),
which would hide the very failures that are looked for here. It is also cheap: 400 requests a second on a
machine whose two cores run the lab too.
"""

import asyncio
import errno
from typing import NamedTuple

import httptools

from tests.load.front_door import Address, FrontDoor

CONNECT_SECONDS = 10.0
# Shorter than any server keeps a connection, so that both ends do not close and ask in one moment.
IDLE_SECONDS = 2.0


class RequestFailed(Exception):
    """No whole answer came; the text says why."""


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes


class _Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.idle_since = 0.0
        self.served = 0
        self.usable = True
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    async def ask(self, request: bytes) -> Answer:
        assert self._transport is not None
        self._headers, self._body = {}, []
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def close(self) -> None:
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's is a Transport

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            # Nobody asked: what else it may send belongs to no request.
            self.usable = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(f"the answer is not HTTP: {error}")
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        begun = " in the middle of the answer" if self._headers or self._body else " before the answer"
        how = "connection reset" if error is not None else "connection closed"
        kept = f", on a connection that had served {self.served}" if self.served else ""
        self._end(f"{how}{begun}{kept}")
        self.usable = False

    # httptools
    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.usable = False
        self.served += 1
        if self._waiting is not None and not self._waiting.done():
            status = self._parser.get_status_code()
            self._waiting.set_result(Answer(status, self._headers, b"".join(self._body)))

    def _end(self, reason: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(RequestFailed(reason))


class Client:
    """Sends requests to where the front door is now; those under way at its old address go on."""

    def __init__(self, door: FrontDoor, *, timeout_seconds: float) -> None:
        self._door = door
        self._timeout_seconds = timeout_seconds
        self._idle: list[_Connection] = []
        self._loop = asyncio.get_running_loop()

    async def request(self, method: str, path: str, body: bytes = b"", *, packed: bool = False) -> Answer:
        """Send one request, once. A body is JSON; `packed` allows gzip. Raises RequestFailed."""
        lines = f"{method} {path} HTTP/1.1\r\nHost: {self._door.authority}\r\nUser-Agent: remlab-load\r\n"
        if method != "GET":
            lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        message = f"{lines}Accept-Encoding: {'gzip' if packed else 'identity'}\r\n\r\n".encode() + body
        connection = None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                connection = self._kept() or await self._connect()
                answer = await connection.ask(message)
        except TimeoutError:
            if connection is not None:
                connection.close()
            raise RequestFailed(f"no answer within {self._timeout_seconds:g} s") from None
        except asyncio.CancelledError:
            if connection is not None:
                connection.close()
            raise
        if connection.usable and connection.address == self._door.address:
            connection.idle_since = self._loop.time()
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def drop_idle(self) -> None:
        """Close what has not been used for a while or leads to an old address; call it now and then."""
        kept = []
        for one in self._idle:
            if self._fresh(one):
                kept.append(one)
            else:
                one.close()
        self._idle = kept

    def close(self) -> None:
        """Close every idle connection."""
        for one in self._idle:
            one.close()
        self._idle.clear()

    def _fresh(self, one: _Connection) -> bool:
        recent = self._loop.time() - one.idle_since < IDLE_SECONDS
        return one.usable and recent and one.address == self._door.address

    def _kept(self) -> _Connection | None:
        while self._idle:
            one = self._idle.pop()
            if self._fresh(one):
                return one
            one.close()
        return None

    async def _connect(self) -> _Connection:
        address, tls = self._door.address, self._door.tls
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(address),
                    address.host,
                    address.port,
                    ssl=tls,
                    server_hostname=self._door.name if tls else None,
                )
        except TimeoutError:
            where = f"{address.host}:{address.port}"
            raise RequestFailed(f"no connection to {where} within {CONNECT_SECONDS:g} s") from None
        except OSError as error:
            raise RequestFailed(f"no connection to {address.host}:{address.port}: {_why(error)}") from None
        return connection


def _why(error: OSError) -> str:
    return "refused" if error.errno == errno.ECONNREFUSED else str(error)
