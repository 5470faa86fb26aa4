"""Key frames decoded: what size they have, whether anything moves, and as a JPEG."""

import math
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from .h264 import byte_stream

_THUMBNAIL = (64, 36)
# JPEG quality of FFmpeg: 1 is best, 31 worst.
_JPEG_QUALITY = 4


class UndecodableError(Exception):
    """Not a picture that the decoder knows."""


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A decoded key frame."""

    frame: av.VideoFrame

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.frame.width, self.frame.height

    def thumbnail(self) -> bytes:
        """Return the picture's brightness at 64×36, one byte for each pixel."""
        width, height = _THUMBNAIL
        small = self.frame.reformat(width=width, height=height, format="gray")
        plane = small.planes[0]
        rows = bytes(plane)
        return b"".join(rows[y * plane.line_size : y * plane.line_size + width] for y in range(height))

    def jpeg(self) -> bytes:
        """Return the picture as JPEG."""
        encoder = av.CodecContext.create("mjpeg", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height = self.size
        encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1)
        encoder.options = {"qmin": str(_JPEG_QUALITY), "qmax": str(_JPEG_QUALITY)}
        full_range = self.frame.reformat(format="yuvj420p", dst_color_range="JPEG")
        return b"".join(bytes(packet) for frame in (full_range, None) for packet in encoder.encode(frame))


def decode(units: tuple[bytes, ...]) -> KeyFrame:
    """Decode one key frame with its parameter sets. Takes milliseconds. Raises UndecodableError."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    try:
        frames = [*decoder.decode(av.Packet(byte_stream(units))), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise UndecodableError(str(error)) from error
    if not frames:
        raise UndecodableError("no picture came out of it")
    return KeyFrame(frames[0])


def difference(one: bytes, other: bytes) -> float:
    """Return the mean difference of two thumbnails, in steps of brightness (0 to 255)."""
    return math.fsum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
