"""Plays one camera: from DESCRIBE to a stream of access units."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from .connection import Connection, Interleaved, Response
from .credentials import Credentials
from .depacketiser import AccessUnit, Depacketiser
from .errors import CameraError, RtpBlockedError, SilentError
from .sdp import control_url, find_track

DEFAULT_PORT = 554
_DEFAULT_SESSION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for pictures, in seconds."""

    first_seconds: float = 5.0
    next_seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Stream:
    """What plays: `clock_hz` is what the ticks of its access units count."""

    clock_hz: int
    parameter_sets: tuple[bytes, ...]
    access_units: AsyncGenerator[AccessUnit, None]


class Pull:
    """Opens a camera's stream as an asynchronous context. All failures are CameraErrors."""

    def __init__(self, url: str, credentials: Credentials, patience: Patience | None = None) -> None:
        parts = urlsplit(url)
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._patience = patience or Patience()
        self._connection = Connection(parts.hostname or "", parts.port or DEFAULT_PORT, credentials)

    async def __aenter__(self) -> Stream:
        """Log in and start playing."""
        await self._connection.__aenter__()
        try:
            return await self._start()
        except BaseException as error:
            await self._connection.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(self, *failure: object) -> None:
        """Hang up. Cameras end the session with the connection; asking them to could take seconds."""
        await self._connection.__aexit__(None, None, None)

    async def _start(self) -> Stream:
        ask = self._connection.ask
        options = await ask("OPTIONS", self._url)
        self._keep_alive = "GET_PARAMETER" if "GET_PARAMETER" in options.header("public") else "OPTIONS"
        described = await ask("DESCRIBE", self._url, Accept="application/sdp")
        track = find_track(described.body)
        base = described.header("content-base") or described.header("content-location") or self._url
        set_up = await ask(
            "SETUP", control_url(base, track.control), Transport="RTP/AVP/TCP;unicast;interleaved=0-1"
        )
        self._channel = _rtp_channel(set_up.header("transport"))
        self._session_seconds = _session_seconds(set_up.header("session"))
        await ask("PLAY", base, Range="npt=0.000-")
        return Stream(track.clock_hz, track.parameter_sets, self._access_units())

    async def _access_units(self) -> AsyncGenerator[AccessUnit, None]:
        depacketiser = Depacketiser()
        patience: float = self._patience.first_seconds
        problem: CameraError = RtpBlockedError(
            f"the camera announces pictures, but none arrive within {patience:g} s (RTP blocked?)"
        )
        deadline = time.monotonic() + patience
        refresh_at = time.monotonic() + self._session_seconds / 2
        while True:
            packet = await self._packet(deadline, problem)
            if time.monotonic() > refresh_at:
                refresh_at = time.monotonic() + self._session_seconds / 2
                self._connection.send(self._keep_alive, self._url)
            for unit in depacketiser.feed(packet) if packet else ():
                patience = self._patience.next_seconds
                problem = SilentError(f"no picture for {patience:g} s")
                deadline = time.monotonic() + patience
                yield unit

    async def _packet(self, deadline: float, problem: CameraError) -> bytes:
        """Return the next RTP packet; nothing if something else came. Raises `problem` if late."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                received = await self._connection.receive()
        except TimeoutError:
            raise problem from None
        if isinstance(received, Interleaved) and received.channel == self._channel:
            return received.data
        if isinstance(received, Response) and received.status == 401:
            # The nonce was used up: answer the new one with the next keep-alive, at once.
            self._connection.challenged(received)
            self._connection.send(self._keep_alive, self._url)
        return b""


def _rtp_channel(transport: str) -> int:
    for parameter in transport.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "interleaved" and value.split("-")[0].isdigit():
            return int(value.split("-")[0])
    return 0


def _session_seconds(session: str) -> int:
    _, _, timeout = session.partition("timeout=")
    return max(int(timeout), 2) if timeout.strip().isdigit() else _DEFAULT_SESSION_SECONDS
