"""One camera: its state, the current group of pictures, and who watches."""

import logging
import time
from dataclasses import dataclass, field

from remlab_common.cameras import CameraState

from .rtsp.depacketiser import AccessUnit
from .rtsp.errors import RefusedError
from .video import h264
from .video.clock import OutputClock
from .video.fmp4 import fragment, init_segment
from .video.key_frame import UndecodableError, decode
from .viewer import Fragment, Viewer
from .watch import FreezeWatch

_LARGEST_GROUP_BYTES = 4_000_000
# A camera that sent B-frames is live again once it sent a whole group without them.
_TRIAL_KEY_FRAMES = 2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """What viewers have to know before the first fragment. A new epoch is a new Picture."""

    sps: bytes
    pps: bytes
    width: int
    height: int
    epoch: int

    @property
    def head(self) -> bytes:
        """The MP4 file's head."""
        return init_segment(self.sps, self.pps, width=self.width, height=self.height)

    def description(self) -> dict[str, object]:
        """What goes before the head, as the player wants it."""
        return {
            "mime": f'video/mp4; codecs="{h264.codec(self.sps)}"',
            "width": self.width,
            "height": self.height,
            "epoch": self.epoch,
        }


@dataclass(slots=True)
class Counters:
    """What this camera did since the service started."""

    pictures: int = 0
    bytes: int = 0
    dropped: int = 0
    skipped: int = 0
    losses: int = 0


@dataclass(slots=True)
class Camera:
    """Takes access units from a source and gives fragments to viewers."""

    id: str
    state: CameraState = CameraState.CONNECTING
    reason: str | None = "not connected yet"
    picture: Picture | None = None
    counters: Counters = field(default_factory=Counters)
    key_frame: tuple[bytes, ...] = ()
    watch: FreezeWatch = field(default_factory=FreezeWatch)
    viewers: set[Viewer] = field(default_factory=set)
    _group: list[Fragment] = field(default_factory=list)
    _group_bytes: int = 0
    _clock: OutputClock = field(default_factory=OutputClock)
    _sets: dict[int, bytes] = field(default_factory=dict)
    _live: bool = False
    _needs_key: bool = True
    _trial_key_frames: int = 0
    _last_seconds: float | None = None

    @property
    def live(self) -> bool:
        """Whether pictures arrive."""
        return self._live

    def source_started(self, clock_hz: int, parameter_sets: tuple[bytes, ...]) -> None:
        """Expect a new source's access units."""
        self._clock.restart(clock_hz)
        self._sets = {h264.kind(unit): unit for unit in parameter_sets}
        self._needs_key = True

    def take(self, unit: AccessUnit) -> None:
        """Take one access unit. Raises RefusedError for what browsers cannot play."""
        if h264.has_b_slice(unit.units):
            self._trial_key_frames = _TRIAL_KEY_FRAMES
            raise RefusedError("the camera sends B-frames, which break live players: switch them off in it")
        for nal in unit.units:
            if h264.kind(nal) in (h264.SPS, h264.PPS):
                self._sets[h264.kind(nal)] = nal
        now = time.monotonic()
        when = self._clock.advance(unit.ticks, now_seconds=now, is_key=unit.is_key)
        if unit.is_key and self._trial_key_frames:
            self._trial_key_frames -= 1
        if unit.damaged or self._trial_key_frames or (self._needs_key and not unit.is_key):
            self._needs_key = True
            self.counters.dropped += 1
            return
        self._last_seconds = now
        if unit.is_key:
            self._begin_group(unit)
        self._send(unit, when)

    def lose(self, state: CameraState, reason: str) -> None:
        """Say why there are no pictures; tell the viewers if there were some, or if the reason is new."""
        if self._live:
            self.counters.losses += 1
        if self._live or reason != self.reason:
            logger.warning("camera lost", extra={"camera": self.id, "state": state, "reason": reason})
            for viewer in self.viewers:
                viewer.lose(state, reason)
        self.state, self.reason, self._live = state, reason, False
        self._group, self._group_bytes, self.key_frame = [], 0, ()
        self.watch.reset()

    def add(self, viewer: Viewer) -> None:
        """Start sending to a viewer, from the current key frame on."""
        self.viewers.add(viewer)
        if self._live and self.picture:
            viewer.begin(self.picture.description(), self.picture.head, self._group)
        else:
            viewer.lose(self.state, self.reason or self.state)

    def remove(self, viewer: Viewer) -> None:
        """Stop sending to a viewer."""
        self.viewers.discard(viewer)
        self.counters.skipped += viewer.dropped

    def status(self) -> dict[str, object]:
        """Return what anyone may know of this camera."""
        picture, age = self.picture, None
        if self._last_seconds is not None:
            age = round(time.monotonic() - self._last_seconds, 3)
        frozen = self._live and self.watch.suspicious
        return {
            "id": self.id,
            "live": self._live,
            "state": CameraState.FROZEN if frozen else self.state,
            "reason": self.watch.reason if frozen else self.reason,
            "codec": h264.codec(picture.sps) if picture else None,
            "width": picture.width if picture else None,
            "height": picture.height if picture else None,
            "fps": round(self._clock.pictures_per_second, 1) if self._live else None,
            "age_seconds": age,
            "viewers": len(self.viewers),
            "epoch": picture.epoch if picture else None,
        }

    def _begin_group(self, unit: AccessUnit) -> None:
        sps, pps = self._sets.get(h264.SPS), self._sets.get(h264.PPS)
        if sps is None or pps is None:
            raise RefusedError("the camera sends no parameter sets (SPS and PPS)")
        self._needs_key = False
        self._group, self._group_bytes = [], 0
        self.key_frame = (sps, pps, *(u for u in unit.units if h264.kind(u) not in (h264.SPS, h264.PPS)))
        changed = self.picture is None or (self.picture.sps, self.picture.pps) != (sps, pps)
        if changed:
            self.picture = self._describe(sps, pps)
        if changed or not self._live:
            self._announce()

    def _describe(self, sps: bytes, pps: bytes) -> Picture:
        try:
            width, height = decode(self.key_frame).size
        except UndecodableError as error:
            raise RefusedError(f"the camera's picture cannot be decoded ({error})") from error
        return Picture(sps, pps, width, height, self.picture.epoch + 1 if self.picture else 1)

    def _announce(self) -> None:
        assert self.picture
        if not self._live:
            logger.info("camera live", extra={"camera": self.id, **self.picture.description()})
        self.state, self.reason, self._live = CameraState.LIVE, None, True
        for viewer in self.viewers:
            viewer.begin(self.picture.description(), self.picture.head, ())

    def _send(self, unit: AccessUnit, when: int) -> None:
        self.counters.pictures += 1
        data = fragment(
            h264.sample(unit.units),
            number=self.counters.pictures,
            time=when,
            duration=self._clock.duration,
            is_key=unit.is_key,
        )
        self.counters.bytes += len(data)
        piece = Fragment(data, unit.is_key)
        self._group_bytes += len(data)
        # A group too long to be kept is kept no more: new viewers then wait for the next key frame.
        if self._group_bytes <= _LARGEST_GROUP_BYTES:
            self._group.append(piece)
        else:
            self._group.clear()
        for viewer in self.viewers:
            viewer.push(piece)
