"""B-frames are seen in the slices themselves, whatever the parameter sets promise."""

from fractions import Fraction

import av
import pytest
from av.video.codeccontext import VideoCodecContext

from app.media.tests.video.conftest import Film
from remlab_media.video.h264 import codec, has_b_slice
from remlab_simulator.camera.encoder import split_annex_b


def encode(*, b_frames: int) -> list[tuple[bytes, ...]]:
    """Encode moving noise as other cameras may."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = 64, 64, "yuv420p"
    context.time_base, context.framerate, context.max_b_frames = Fraction(1, 15), Fraction(15), b_frames
    context.options = {"preset": "veryfast", "b-adapt": "0"}
    packets = []
    for index in range(12):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((index * 7 + position) & 0xFF for position in range(plane.buffer_size)))
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return [tuple(split_annex_b(bytes(packet))) for packet in packets]


@pytest.mark.parametrize(("b_frames", "expected"), [(0, False), (2, True)])
def test_b_frames_are_seen(b_frames: int, expected: bool) -> None:
    assert any(has_b_slice(units) for units in encode(b_frames=b_frames)) is expected


def test_simulated_camera_has_none(film: Film) -> None:
    assert not any(has_b_slice(units) for units in film(10))


def test_cut_off_slice_is_no_b_frame() -> None:
    assert not has_b_slice((b"\x41",))
    assert not has_b_slice((b"\x41\x00\x00",))


def test_codec_is_named_as_browsers_know_it(film: Film) -> None:
    assert codec(film(1)[0][0]) == "avc1.42C016"
