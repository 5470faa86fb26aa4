"""One output clock over all restarts of a camera, so that a player just goes on."""

from .fmp4 import TIMESCALE

# What a player takes for the next picture: Media Source drops a picture that comes more than two
# durations after the one before, and everything up to the next key frame with it.
_LARGEST_STEP = 1.9
_LARGEST_SOURCE_STEP_SECONDS = 1.0


class OutputClock:
    """Turns the camera's ticks into times that rise for ever and follow the wall clock over gaps.

    A gap that advanced the clock by one picture only would raise the latency for good.
    """

    def __init__(self) -> None:
        self.time = -1
        self.duration = TIMESCALE // 15
        self._target = 0.0
        self._ticks: int | None = None
        self._clock_hz = TIMESCALE
        self._seen_seconds = 0.0

    @property
    def pictures_per_second(self) -> float:
        """How many pictures the source sends, smoothed."""
        return TIMESCALE / max(self.duration, 1)

    def restart(self, clock_hz: int) -> None:
        """Tell that the next ticks are those of a new source and count `clock_hz`."""
        self._ticks, self._clock_hz = None, clock_hz

    def advance(self, ticks: int, *, now_seconds: float, is_key: bool) -> int:
        """Return the time of the next picture. A key frame may jump, others step; see above."""
        step = self._step(ticks, now_seconds)
        self._ticks, self._seen_seconds = ticks, now_seconds
        self._target += step
        if is_key:
            advanced = max(round(self._target), self.time + 1)
        else:
            limit = self.time + int(self.duration * _LARGEST_STEP)
            advanced = min(max(round(self._target), self.time + 1), limit)
        if 0 < step < _LARGEST_SOURCE_STEP_SECONDS * TIMESCALE:
            self.duration += round((step - self.duration) / 8)
        self.time = advanced
        return advanced

    def _step(self, ticks: int, now_seconds: float) -> float:
        """Return how far the source moved, by its own clock while that is believable."""
        elapsed = (now_seconds - self._seen_seconds) * TIMESCALE
        if self._ticks is None:
            # The very first picture may have any time; later sources begin where the wall clock is.
            return max(elapsed, 0.0) if self._seen_seconds else 0.0
        step = (ticks - self._ticks) * TIMESCALE / self._clock_hz
        if not 0 < step < _LARGEST_SOURCE_STEP_SECONDS * TIMESCALE:
            return max(elapsed, 1.0)
        return step
