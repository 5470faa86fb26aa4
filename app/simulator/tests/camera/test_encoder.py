"""The encoder sends what a small IP camera sends."""

from itertools import pairwise

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from remlab_simulator.camera.encoder import (
    BITS_PER_SECOND,
    FRAMES_PER_SECOND,
    KEY_FRAME_INTERVAL,
    Encoder,
    split_annex_b,
)
from remlab_simulator.camera.picture import HEIGHT, WIDTH, Stage

SPS, PPS, IDR = 7, 8, 5
SECONDS = 6


@pytest.fixture(scope="module")
def stream() -> list[list[bytes]]:
    """Six seconds of a moving arm."""
    stage, encoder = Stage("aeropendulo"), Encoder(WIDTH, HEIGHT)
    count = SECONDS * FRAMES_PER_SECOND
    return [
        encoder.encode(
            stage.draw(angle_degrees=-90 + 90 * index / count, mode="PID", unix_ms=index * 67),
            key_frame=index == 40,
        )
        for index in range(count)
    ]


def kinds(unit: list[bytes]) -> list[int]:
    return [nal[0] & 0x1F for nal in unit]


def test_every_picture_comes_at_once(stream: list[list[bytes]]) -> None:
    assert all(stream)


def test_key_frames_bring_their_parameter_sets(stream: list[list[bytes]]) -> None:
    assert kinds(stream[0])[:2] == [SPS, PPS]
    assert all(SPS in kinds(unit) for unit in stream if IDR in kinds(unit))


def test_key_frames_come_in_time_and_when_wanted(stream: list[list[bytes]]) -> None:
    at = [index for index, unit in enumerate(stream) if IDR in kinds(unit)]
    assert 40 in at
    assert all(later - earlier <= KEY_FRAME_INTERVAL for earlier, later in pairwise(at))


def test_bit_rate_is_that_of_a_small_camera(stream: list[list[bytes]]) -> None:
    bits = 8 * sum(len(nal) for unit in stream for nal in unit)
    assert bits / SECONDS < 1.25 * BITS_PER_SECOND


def test_pictures_decode_in_order_without_b_frames(stream: list[list[bytes]]) -> None:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    packets = [av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit)) for unit in stream]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    assert [(frame.width, frame.height) for frame in frames] == [(WIDTH, HEIGHT)] * len(stream)
    assert {PictureType(frame.pict_type) for frame in frames} == {PictureType.I, PictureType.P}


def test_byte_stream_is_split_at_start_codes_of_both_lengths() -> None:
    assert list(split_annex_b(b"\0\0\0\1ab\0\0\1c\0\0\0\1de")) == [b"ab", b"c", b"de"]
