"""One browser that watches a camera: what it has still to be sent, within limits."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from remlab_common.cameras import CameraState

MAXIMUM_FRAGMENTS = 60
MAXIMUM_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Fragment:
    """One picture, ready to be sent. Viewers share it."""

    data: bytes
    is_key: bool


Message = str | bytes


class Viewer:
    """A queue between a camera and a connection. It never blocks the camera.

    Whoever reads too slowly loses pictures and goes on at the next key frame. Announcements
    (a new head of the stream, the loss of the camera) are never lost.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._announcements: deque[Message] = deque()
        # The group of pictures that a viewer begins with; all viewers share its bytes, so it does not count.
        self._group: deque[Fragment] = deque()
        self._fragments: deque[Fragment] = deque()
        self._bytes = 0
        self._needs_key = True
        self._filled = asyncio.Event()

    def begin(self, description: dict[str, object], head: bytes, group: Iterable[Fragment]) -> None:
        """Announce a new stream and queue the current group of pictures, however long it is."""
        self._announce(json.dumps({"type": "init", **description}), head)
        self._group.extend(group)
        self._needs_key = not self._group

    def lose(self, state: CameraState, reason: str) -> None:
        """Announce that the camera is gone."""
        self._announce(json.dumps({"type": "lost", "state": state, "reason": reason}))
        self._needs_key = True

    def push(self, fragment: Fragment) -> None:
        """Queue one picture."""
        size = len(fragment.data)
        if len(self._fragments) >= MAXIMUM_FRAGMENTS or self._bytes + size > MAXIMUM_BYTES:
            self.dropped += len(self._fragments)
            self._fragments.clear()
            self._bytes, self._needs_key = 0, True
        if self._needs_key and not fragment.is_key:
            self.dropped += 1
            return
        self._needs_key = False
        self._fragments.append(fragment)
        self._bytes += size
        self._filled.set()

    async def next(self) -> Message:
        """Return what is to be sent next; wait for it."""
        while not (self._announcements or self._group or self._fragments):
            self._filled.clear()
            await self._filled.wait()
        if self._announcements:
            return self._announcements.popleft()
        if self._group:
            return self._group.popleft().data
        fragment = self._fragments.popleft()
        self._bytes -= len(fragment.data)
        return fragment.data

    def _announce(self, *messages: Message) -> None:
        """Queue announcements in place of all that is queued."""
        self._group.clear()
        self._fragments.clear()
        self._bytes = 0
        self._announcements.clear()
        self._announcements.extend(messages)
        self._filled.set()
