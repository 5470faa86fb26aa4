"""One device's connection, and who may hold a device's id."""

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass
from enum import Enum, auto

from starlette.websockets import WebSocket, WebSocketDisconnect

from remlab_common.frames import STALE_AFTER_SECONDS

SEND_TIMEOUT_SECONDS = 1.0

# What a socket says to whoever sends when it is closed, closing or full.
_GONE = (TimeoutError, RuntimeError, OSError, WebSocketDisconnect)


class CloseCode:
    """Why the gateway closes a device's connection."""

    GOING_AWAY = 1001
    UNKNOWN_DEVICE = 4404
    HELD_BY_ANOTHER = 4409


def now_ms() -> int:
    """Give the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class DeviceConnection:
    """A device's WebSocket, from the moment it is accepted. Times in unix milliseconds."""

    def __init__(self, websocket: WebSocket, *, simulated: bool) -> None:
        self.websocket = websocket
        self.simulated = simulated
        self.id = secrets.token_hex(8)
        self.connected_at = now_ms()
        self.last_frame_at: int | None = None
        self.sequence = 0
        self.headers = {
            "Remlab-Sequence": "0",
            "Remlab-Received": "0",
            "Remlab-Connection": self.id,
            "Remlab-Simulated": "1" if simulated else "0",
        }

    async def send(self, text: str) -> bool:
        """Send a text message; say whether the device's socket took it."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self.websocket.send_text(text)
        except _GONE:
            return False
        return True

    async def close(self, code: int, reason: str) -> None:
        """Close it; a socket that is gone already is closed enough."""
        with contextlib.suppress(*_GONE):
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self.websocket.close(code, reason)


@dataclass(frozen=True)
class Holder:
    """Who holds a device's id now, here or at another gateway."""

    simulated: bool
    last_frame_at: int | None


class Decision(Enum):
    """What becomes of a newcomer."""

    ADMIT = auto()
    REPLACE = auto()
    REFUSE = auto()


def decide(newcomer_simulated: bool, holder: Holder | None, *, now: int) -> tuple[Decision, str]:
    """Say whether a newcomer gets a device's id, and why, in words for a close frame.

    A real connection takes the id from a simulated one, never the other way round. Between equals
    the first keeps it while it sends: the second may be the same device after a broken connection
    that nobody has noticed yet, or a second board by mistake. `now` is in unix milliseconds.
    """
    if holder is None:
        return Decision.ADMIT, ""
    if holder.simulated and not newcomer_simulated:
        return Decision.REPLACE, "a real device took the place of this simulated one"
    if newcomer_simulated and not holder.simulated:
        return Decision.REFUSE, "the real device is connected"
    silent_ms = None if holder.last_frame_at is None else now - holder.last_frame_at
    if silent_ms is not None and silent_ms < STALE_AFTER_SECONDS * 1000:
        return Decision.REFUSE, "another device with this id is connected and sends"
    return Decision.REPLACE, "another device with this id connected while this one was silent"
