"""Which answer a path gets: the page, a file, a redirect or 404 (architecture §7)."""

import asyncio
import json
from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from remlab_backend.static.catalogue import Catalogue, StaticFile
from remlab_backend.static.encodings import choose_encoding
from remlab_backend.static.replies import Reply

_CHUNK_BYTES = 256 * 1024

RawHeaders = Iterable[tuple[bytes, bytes]]


def error_reply(status: int, code: str, message: str, *extra: tuple[bytes, bytes]) -> Reply:
    """Return an error in the form that the whole API uses: {"error": {"code", "message"}}."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    )
    return Reply(status, (*headers, *extra), body=body)


_TO_HOME = Reply(307, ((b"location", b"/"), (b"content-length", b"0"), (b"cache-control", b"no-store")))
_NO_ASSET = error_reply(404, "not_found", "There is no such file in this version of the lab.")
_NO_PAGES = error_reply(503, "no_pages", "This backend was built without the lab's pages.")
_WRONG_METHOD = error_reply(
    405, "method_not_allowed", "Only GET and HEAD are possible here.", (b"allow", b"GET, HEAD")
)


class StaticSite:
    """Answers everything that is not the API, from a catalogue that never changes."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    @property
    def has_pages(self) -> bool:
        """Whether the frontend's build is there."""
        return self._catalogue.index is not None

    def find(self, path: str) -> StaticFile | None:
        """Return the file that a decoded URL path stands for, the page for its own routes."""
        if path == "/" or (path.rstrip("/") in self._catalogue.routes):
            return self._catalogue.index
        return self._catalogue.files.get(path)

    def lasting_reply(self, method: str, path: str, headers: RawHeaders) -> Reply | None:
        """Return the answer for a file held in memory, which equal requests get for ever."""
        file = self.find(path)
        if file is None or method not in ("GET", "HEAD"):
            return None
        reply = _file_reply(file, method, headers)
        return reply if reply.file is None else None

    def reply(self, method: str, path: str, headers: RawHeaders) -> Reply:
        """Return the answer for any path outside the API."""
        if method not in ("GET", "HEAD"):
            return _WRONG_METHOD
        file = self.find(path)
        if file is not None:
            return _file_reply(file, method, headers)
        if path.startswith("/assets/"):
            return _NO_ASSET
        return _NO_PAGES if not self.has_pages and path == "/" else _TO_HOME

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - its caller gives it
        """Serve one HTTP request (ASGI)."""
        reply = self.reply(scope["method"], scope["path"], scope["headers"])
        await send({"type": "http.response.start", "status": reply.status, "headers": list(reply.headers)})
        if reply.file is None:
            await send({"type": "http.response.body", "body": reply.body})
            return
        with await asyncio.to_thread(reply.file.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _file_reply(file: StaticFile, method: str, headers: RawHeaders) -> Reply:
    accept_encoding = _joined(headers, b"accept-encoding")
    variant = file.variants[choose_encoding(accept_encoding, file.variants)]
    condition = _joined(headers, b"if-none-match")
    if condition is not None and _matches(condition, variant.etag):
        return variant.not_modified
    return variant.head if method == "HEAD" else variant.get


def _joined(headers: RawHeaders, name: bytes) -> str | None:
    values = [value.decode("latin-1") for key, value in headers if key == name]
    return ", ".join(values) if values else None


def _matches(condition: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 §13.1.2 wants for If-None-Match."""
    tags = (tag.strip().removeprefix("W/") for tag in condition.split(","))
    return any(tag in ("*", etag) for tag in tags)
