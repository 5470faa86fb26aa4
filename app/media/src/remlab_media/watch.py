"""Suspects a camera whose picture does not change: real pictures always do, if only by noise."""

from .video.key_frame import difference

# Seen between key frames: at least 1.8 from living cameras, at most 0.23 from frozen ones.
_FROZEN_DIFFERENCE = 0.3
_FROZEN_KEY_FRAMES = 5


class FreezeWatch:
    """Compares the thumbnails of key frames. Equal bytes would prove nothing: encoders never repeat them."""

    def __init__(self) -> None:
        self._last: bytes | None = None
        self._same = 0

    @property
    def suspicious(self) -> bool:
        """Whether several key frames in a row showed the same."""
        return self._same >= _FROZEN_KEY_FRAMES

    @property
    def reason(self) -> str:
        """The suspicion in words."""
        return f"the picture has not changed over {self._same} key frames: frozen?"

    def take(self, thumbnail: bytes) -> None:
        """Take the thumbnail of the next key frame."""
        if self._last is not None and difference(self._last, thumbnail) <= _FROZEN_DIFFERENCE:
            self._same += 1
        else:
            self._same = 0
        self._last = thumbnail

    def reset(self) -> None:
        """Forget what was seen."""
        self._last, self._same = None, 0
