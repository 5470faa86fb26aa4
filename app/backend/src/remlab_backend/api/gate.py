"""What holds for every API request: a bounded body, no caching, and a count of it."""

import time

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from remlab_backend.errors import error_response
from remlab_backend.metrics import Metrics

# A logbook entry of 4096 bytes may be six times as long when every character is escaped.
MAX_BODY_BYTES = 64 * 1024
_TOO_LARGE = f"The request is larger than {MAX_BODY_BYTES} bytes."


class ApiGate:
    """Wraps the API (ASGI)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.monotonic()
        status = 500

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _forbid_caching(message)
            await send(message)

        try:
            if _announced_length(scope) > MAX_BODY_BYTES:
                await error_response(413, "too_large", _TOO_LARGE)(scope, receive, send_watched)
            else:
                await self._app(scope, _bounded(receive), send_watched)
        finally:
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "PUT", "POST") else "other"
            self._metrics.requests.labels(method, str(status)).inc()
            self._metrics.request_seconds.labels(method).observe(time.monotonic() - began)


def _announced_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)  # the HTTP parser has refused anything else
    return 0


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return receive_bounded


def _forbid_caching(message: Message) -> None:
    headers = list(message.get("headers", []))
    if not any(name.lower() == b"cache-control" for name, _ in headers):
        message["headers"] = [*headers, (b"cache-control", b"no-store")]
