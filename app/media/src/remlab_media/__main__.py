"""`python3 -m remlab_media`: serves until SIGTERM."""

import signal
import sys

import uvicorn

from remlab_common import logs, settings

from .app import create_app
from .protocol import AbortingWebSocket
from .settings import MediaSettings

# Viewers are told at once (1012); this bounds the wait for requests that are being answered.
_SHUTDOWN_SECONDS = 5


def server(configured: MediaSettings) -> uvicorn.Server:
    """Return the server, not yet running."""
    config = uvicorn.Config(
        create_app(configured.cameras.root),
        host="0.0.0.0",  # noqa: S104 - inside its container
        port=configured.port,
        loop="asyncio",
        http="h11",
        ws=AbortingWebSocket,
        # H.264 is compressed already.
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def main() -> None:
    """Run the service."""
    configured = settings.load(MediaSettings)
    logs.configure("media", level=configured.log_level)
    # uvicorn raises the signal again once it has shut down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server(configured).run()


if __name__ == "__main__":
    main()
