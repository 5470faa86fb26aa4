"""Ends WebSockets whose other side takes nothing any more."""

import asyncio
import logging
from typing import Any, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

logger = logging.getLogger(__name__)

# Key of the scope under which the protocol leaves its transport.
_TRANSPORT = "remlab.transport"
STALLED_SECONDS = 20.0


class WatchedWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol; a connection whose pings stay unanswered is cut, not closed politely.

    A polite close waits until everything is sent, which never happens to somebody who does not
    read; buffers and socket would stay until the kernel gives up, which it may never do.
    """

    def handle_connect(self, event: Any) -> None:
        """Leave the transport where `cut_stalled` finds it."""
        super().handle_connect(event)
        if hasattr(self, "scope"):  # not after a failed handshake
            scope = cast(dict[str, Any], self.scope)
            scope[_TRANSPORT] = self.transport

    def shutdown(self) -> None:
        """Close when the server ends; cut what would not take the goodbye."""
        if self.writable.is_set():
            super().shutdown()
        else:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Cut the connection."""
        super().keepalive_timeout()
        self.transport.abort()


def cut_stalled(app: ASGIApp, *, seconds: float = STALLED_SECONDS) -> ASGIApp:
    """Wrap `app`: a WebSocket on which a message cannot be sent for `seconds` is cut."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope.get(_TRANSPORT)
        if scope["type"] != "websocket" or transport is None:
            await app(scope, receive, send)
            return

        async def send_in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(seconds):
                    await send(message)
            except TimeoutError:
                logger.info("a page took nothing for %g s: cut off", seconds)
                transport.abort()
                raise

        await app(scope, receive, send_in_time)

    return wrapped
