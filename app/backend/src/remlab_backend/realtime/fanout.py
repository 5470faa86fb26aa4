"""One message to many pages: encoded once, and no page can hold up another or fill the memory.

python-socketio's own `emit` also encodes once but starts a task for each receiver, and its
queues have no bound. Here each message is put straight into the receivers' Engine.IO queues,
and a page that does not read fast enough loses old telemetry, so that it is never more than
two seconds behind.
"""

from collections.abc import Iterable
from typing import Any

import socketio
from engineio.packet import MESSAGE, Packet
from socketio.packet import EVENT

from remlab_backend.realtime.viewers import Viewer

# Two seconds of telemetry at 10 Hz.
QUEUED_FRAMES = 20
# Even what may not be left out (status, news) is, for a page that takes nothing at all.
QUEUED_MESSAGES = 200


class Telemetry(Packet):  # type: ignore[misc]  # engineio carries no types
    """A packet that may be left out, since a newer one follows."""


class Fanout:
    """Sends events to pages without waiting for any of them."""

    def __init__(self, server: socketio.AsyncServer) -> None:
        self._server = server
        self.dropped = 0

    def send(self, viewers: Iterable[Viewer], event: str, data: Any) -> None:
        """Queue an event for each of `viewers`."""
        packet = Packet(MESSAGE, self._encode(event, data))
        for socket in self._sockets(viewers):
            if socket.queue.qsize() < QUEUED_MESSAGES:
                socket.queue.put_nowait(packet)

    def send_telemetry(self, viewers: Iterable[Viewer], event: str, data: Any) -> None:
        """Queue an event that replaces older ones for pages that are behind."""
        packet = Telemetry(MESSAGE, self._encode(event, data))
        for socket in self._sockets(viewers):
            if socket.queue.qsize() >= QUEUED_FRAMES:
                self.dropped += _shed(socket)
            socket.queue.put_nowait(packet)

    def _encode(self, event: str, data: Any) -> str:
        encoded = self._server.packet_class(EVENT, namespace="/", data=[event, data]).encode()
        assert isinstance(encoded, str)  # lists come only with binary data
        return encoded

    def _sockets(self, viewers: Iterable[Viewer]) -> Iterable[Any]:
        sockets = self._server.eio.sockets
        for viewer in viewers:
            socket = sockets.get(viewer.transport_id)
            if socket is not None and not socket.closed:
                yield socket


def _shed(socket: Any) -> int:
    """Take waiting telemetry out of a page's queue; return how much that was."""
    queue = socket.queue
    waiting = []
    while not queue.empty():
        waiting.append(queue.get_nowait())
        queue.task_done()
    kept = [packet for packet in waiting if not isinstance(packet, Telemetry)]
    for packet in kept:
        queue.put_nowait(packet)
    return len(waiting) - len(kept)
