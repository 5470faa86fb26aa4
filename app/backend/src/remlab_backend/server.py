"""Runs the application on uvicorn, with an orderly end."""

import socket

import uvicorn

from remlab_backend.application import Application
from remlab_backend.realtime.stalled import WatchedWebSocketProtocol
from remlab_backend.settings import Settings
from remlab_backend.static.fast_http import fast_protocol

_MAX_WEBSOCKET_MESSAGE_BYTES = 64 * 1024
_WEBSOCKET_PING_SECONDS = 15.0


class Server(uvicorn.Server):
    """uvicorn's server; pages hear why their connection ends before it does."""

    def __init__(self, application: Application) -> None:
        super().__init__(_config(application))
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say goodbye, finish running requests within the time allowed, and end."""
        for server in self.servers:
            server.close()
        await self._application.live.announce_closing("The lab's server restarts.")
        await super().shutdown(sockets)


def _config(application: Application) -> uvicorn.Config:
    settings = application.settings
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=fast_protocol(application.known_requests),
        ws=WatchedWebSocketProtocol,
        ws_max_size=_MAX_WEBSOCKET_MESSAGE_BYTES,
        ws_ping_interval=_WEBSOCKET_PING_SECONDS,
        ws_ping_timeout=_WEBSOCKET_PING_SECONDS,
        # Frames of telemetry are small; compressing them for each page would cost more.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.graceful_seconds,
    )


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    Server(Application(settings)).run()
