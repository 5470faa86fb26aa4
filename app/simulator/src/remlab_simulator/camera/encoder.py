"""H.264 as a small IP camera sends it: no B-frames, a key frame at least every two seconds."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from PIL import Image

FRAMES_PER_SECOND = 15
KEY_FRAME_INTERVAL = 30
BITS_PER_SECOND = 400_000

# zerolatency alone would cut each picture into slices, one per thread; one thread is plenty here.
_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "profile": "baseline",
    "maxrate": str(BITS_PER_SECOND * 5 // 4),
    "bufsize": str(BITS_PER_SECOND),
}


class Encoder:
    """Turns pictures of one size into access units, without delay."""

    def __init__(self, width: int, height: int) -> None:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.framerate = Fraction(FRAMES_PER_SECOND)
        context.time_base = Fraction(1, FRAMES_PER_SECOND)
        context.gop_size, context.max_b_frames = KEY_FRAME_INTERVAL, 0
        context.bit_rate, context.thread_count = BITS_PER_SECOND, 1
        context.options = dict(_OPTIONS)
        # The parameter sets come apart from the pictures, since SDP has to name them beforehand.
        context.flags |= Flags.global_header
        context.open()
        self._context = context
        self._count = 0
        self.parameter_sets = [
            unit for unit in split_annex_b(context.extradata or b"") if unit[0] & 0x1F in (7, 8)
        ]

    def encode(self, picture: Image.Image, *, key_frame: bool) -> list[bytes]:
        """Return the NAL units of one access unit; a key frame brings its parameter sets along."""
        frame = av.VideoFrame(picture.width, picture.height, "rgb24")
        frame.planes[0].update(picture.tobytes())
        frame.pts, frame.time_base = self._count, self._context.time_base
        self._count += 1
        frame.pict_type = PictureType.I if key_frame else PictureType.NONE
        units: list[bytes] = []
        for packet in self._context.encode(frame):
            if packet.is_keyframe:
                units += self.parameter_sets
            units += split_annex_b(bytes(packet))
        return units


def split_annex_b(stream: bytes) -> Iterator[bytes]:
    """Yield the NAL units between the start codes of a byte stream (H.264, Annex B)."""
    begin = stream.find(b"\0\0\1")
    while begin >= 0:
        begin += 3
        end = stream.find(b"\0\0\1", begin)
        unit = stream[begin : end if end >= 0 else len(stream)].rstrip(b"\0")
        if unit:
            yield unit
        begin = end
