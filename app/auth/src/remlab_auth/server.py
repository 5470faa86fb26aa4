"""Serves the provider's application with Hypercorn."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve as serve_with_hypercorn
from hypercorn.config import Config

from .configuration import PATH

if TYPE_CHECKING:
    from hypercorn.typing import ASGIFramework

_WRITTEN_TO_NOBODY = "socket.send() raised exception."


async def serve(app: ASGIFramework, *, address: str, stop: asyncio.Event) -> None:
    """Serves at `address` (host:port) until `stop` is set; running requests then get a few seconds."""
    config = Config.from_mapping(
        bind=[address],
        root_path=PATH,
        # Longer than the front door's, or a request meets a connection that just closes.
        keep_alive_timeout=10,
        graceful_timeout=5,
        include_server_header=False,
        errorlog="-",
        loglevel="WARNING",
    )
    logging.getLogger("asyncio").addFilter(_tells_something)
    await serve_with_hypercorn(app, config, shutdown_trigger=stop.wait)


def _tells_something(record: logging.LogRecord) -> bool:
    """Drops what asyncio says of each further part of an answer whose client has left.

    Hypercorn (0.18) learns that the client is gone and still writes the rest. asyncio throws it
    away, since nobody is there to read it, and from the fifth such write on it says so: no answer
    is lost by it, and the connection is closed all the same.
    """
    return record.msg != _WRITTEN_TO_NOBODY
