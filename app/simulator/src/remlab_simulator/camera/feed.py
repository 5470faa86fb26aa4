"""One device's camera: pictures are made and encoded once for all viewers, and only while there are any."""

import asyncio
import base64
import logging
import time
from enum import Enum
from typing import Protocol

from .encoder import FRAMES_PER_SECOND, Encoder
from .picture import HEIGHT, WIDTH, Stage
from .rtp import PAYLOAD_TYPE, Packetiser

_REPORT_INTERVAL_SECONDS = 5

logger = logging.getLogger(__name__)


class Subject(Protocol):
    """What the camera looks at."""

    @property
    def angle_degrees(self) -> float:
        """From −90 (hanging) to 0 (level)."""

    @property
    def mode(self) -> object:
        """The state of the device, as a text or as an Enum member."""


class Viewer(Protocol):
    """Where packets go."""

    def send_rtp(self, packet: bytes) -> None:
        """Take one RTP packet. Must not block."""

    def send_rtcp(self, packet: bytes) -> None:
        """Take one RTCP packet. Must not block."""


class Feed:
    """The stream of one device."""

    def __init__(self, device: str, subject: Subject) -> None:
        self.device = device
        self.frozen = False
        self.packetiser = Packetiser()
        self._subject = subject
        self._stage = Stage(device)
        self._encoder = Encoder(WIDTH, HEIGHT)
        self._viewers: set[Viewer] = set()
        self._key_frame_wanted = True
        self._running: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether pictures are being made."""
        return self._running is not None and not self._running.done()

    def describe(self) -> str:
        """Return the session description (SDP, RFC 4566) with the stream's parameter sets."""
        sets = self._encoder.parameter_sets
        sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
        lines = [
            "v=0",
            "o=- 1 1 IN IP4 0.0.0.0",
            f"s={self.device}",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
            f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;"
            f"profile-level-id={sets[0][1:4].hex().upper()};sprop-parameter-sets={sprop}",
            f"a=framerate:{FRAMES_PER_SECOND}",
            "a=control:trackID=0",
        ]
        return "".join(line + "\r\n" for line in lines)

    def add(self, viewer: Viewer) -> None:
        """Start sending to a viewer, with a key frame at once."""
        self._viewers.add(viewer)
        self._key_frame_wanted = True
        if not self.busy:
            self._running = asyncio.get_running_loop().create_task(self._run())

    def remove(self, viewer: Viewer) -> None:
        """Stop sending to a viewer; harmless if it never was one."""
        self._viewers.discard(viewer)

    async def _run(self) -> None:
        """Make pictures at an even pace until nobody watches. One that is late is left out."""
        period = 1 / FRAMES_PER_SECOND
        due = time.monotonic()
        report_due = due
        while self._viewers:
            now = time.monotonic()
            for packet in () if self.frozen else self._picture(now):
                for viewer in tuple(self._viewers):
                    viewer.send_rtp(packet)
            if now >= report_due:
                report_due = now + _REPORT_INTERVAL_SECONDS
                for viewer in tuple(self._viewers):
                    viewer.send_rtcp(self.packetiser.sender_report(seconds=now))
            due = max(due + period, time.monotonic() - period)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _picture(self, now: float) -> list[bytes]:
        picture = self._stage.draw(
            angle_degrees=self._subject.angle_degrees,
            mode=_text(self._subject.mode),
            unix_ms=int(time.time() * 1000),
        )
        units = self._encoder.encode(picture, key_frame=self._key_frame_wanted)
        self._key_frame_wanted = False
        return self.packetiser.access_unit(units, seconds=now)


def _text(mode: object) -> str:
    return mode.name if isinstance(mode, Enum) else str(mode)
