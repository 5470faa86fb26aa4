"""Runs the cameras of all simulated devices on one port."""

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from .digest import Digest
from .feed import Feed, Subject
from .rtsp import LARGEST_HEAD_BYTES, Session, handle

logger = logging.getLogger(__name__)


class CameraServer:
    """An RTSP server as an asynchronous context; `port` 0 takes a free one."""

    def __init__(
        self,
        devices: Mapping[str, Subject],
        *,
        port: int,
        username: str,
        password: str,
        host: str | None = None,
    ) -> None:
        self.port = port
        self._host, self._username, self._password = host, username, password
        self._feeds = {device: Feed(device, subject) for device, subject in devices.items()}
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start listening. Raises OSError where the port is taken."""
        self._server = await asyncio.start_server(
            self._connected, self._host, self.port, limit=LARGEST_HEAD_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]
        logger.info("cameras of %s at port %d", ", ".join(self._feeds), self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and every connection."""
        await self.stop()

    async def stop(self) -> None:
        """Close the port and every connection, as a camera does that loses its power."""
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def freeze(self) -> None:
        """Send no more pictures, but go on answering: what some cameras do when they hang."""
        for feed in self._feeds.values():
            feed.frozen = True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        digest = Digest(username=self._username, password=self._password)
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await handle(reader, writer, Session(writer, self._feeds, digest))
        finally:
            self._connections.discard(task)


def serve(devices: Mapping[str, Subject], *, port: int, username: str, password: str) -> None:
    """Run the cameras of `devices` (by id) until the process ends. Blocks; meant for a thread of its own."""
    asyncio.run(_serve(CameraServer(devices, port=port, username=username, password=password)))


async def _serve(server: CameraServer) -> None:
    async with server:
        await asyncio.Event().wait()
