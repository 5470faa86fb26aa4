"""A shortcut in uvicorn's HTTP protocol for requests that were answered before.

Browsers and front doors send the same bytes again and again: the page, its assets, the same
conditional request on every reload. The HTTP parser keeps no state between messages, so equal
bytes at the start of a message always mean the same request, and the answer for a static file
never changes while the process lives. So the protocol remembers (request bytes → answer) once
the ordinary path has parsed a request, and next time writes the answer at once.

The ordinary path serves everything else: anything but one complete GET or HEAD without body on
an idle HTTP/1.1 connection, requests that close the connection, paths outside the build.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from remlab_backend.static.replies import Reply
from remlab_backend.static.site import StaticSite

MAX_REQUEST_BYTES = 2048
MAX_REQUESTS = 2048

_METHODS = (b"GET /", b"HEAD /")
_END_OF_HEAD = b"\r\n\r\n"
# Requests with one of these are not "a complete request without body that keeps the connection".
_EXCLUDING_HEADERS = frozenset(
    {b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"http2-settings"}
)


class KnownRequests:
    """Bounded memory of requests, as received, and their answers. Emptied when it is full."""

    def __init__(self, site: StaticSite) -> None:
        self._site = site
        self.replies: dict[bytes, Reply] = {}
        self.hits = 0

    def learn(self, request: bytes, scope: dict[str, Any]) -> None:
        """Remember a request that the ordinary path has parsed into `scope`."""
        names = {name for name, _ in scope["headers"]}
        if scope["http_version"] != "1.1" or names & _EXCLUDING_HEADERS:
            return
        reply = self._site.lasting_reply(scope["method"], scope["path"], scope["headers"])
        if reply is None:
            return
        if len(self.replies) >= MAX_REQUESTS:
            self.replies.clear()
        self.replies[bytes(request)] = reply


class FastHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with the shortcut. Use a subclass from `fast_protocol`."""

    known: ClassVar[KnownRequests]

    # Messages whose head or body has begun but not ended: the shortcut needs none.
    _open_messages = 0
    _messages_begun = 0
    _answered_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Answer a known request at once; pass everything else to the ordinary path."""
        reply = self.known.replies.get(data)
        if reply is not None and self._is_idle():
            self.transport.writelines(reply.raw(self.server_state.default_headers))
            self.known.hits += 1
            self._answered_at = self.loop.time()
            if self.timeout_keep_alive_task is None:
                self._arm_keep_alive(self.timeout_keep_alive)
            return
        candidate = _may_be_known(data) and self._is_idle()
        begun = self._messages_begun
        super().data_received(data)
        if candidate and self._messages_begun == begun + 1 and self._open_messages == 0:
            cycle = self.cycle
            if cycle is not None and cycle.keep_alive and not self.transport.is_closing():
                self.known.learn(data, dict(cycle.scope))

    def on_message_begin(self) -> None:
        """Note that a message has begun (called by the parser)."""
        self._messages_begun += 1
        self._open_messages += 1
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that a message has ended (called by the parser)."""
        self._open_messages -= 1
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for the whole time, else look again later.

        The shortcut does not restart the timer for each request, which would cost more than the
        answer; it only notes when it answered.
        """
        self.timeout_keep_alive_task = None
        remaining = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if remaining <= 0:
            super().timeout_keep_alive_handler()
        elif not self.transport.is_closing():
            self._arm_keep_alive(remaining)

    def _arm_keep_alive(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _is_idle(self) -> bool:
        cycle = self.cycle
        return (
            (cycle is None or cycle.response_complete)
            and self._open_messages == 0
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )


def _may_be_known(data: bytes) -> bool:
    return (
        len(data) <= MAX_REQUEST_BYTES
        and data.startswith(_METHODS)
        and data.find(_END_OF_HEAD) == len(data) - len(_END_OF_HEAD)
    )


def fast_protocol(known: KnownRequests) -> type[asyncio.Protocol]:
    """Return the protocol class to give to uvicorn (its `http` setting)."""
    return type("StaticFastHttpProtocol", (FastHttpProtocol,), {"known": known})
