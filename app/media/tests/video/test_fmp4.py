"""What other software makes of the MP4 that is written here."""

import io
from fractions import Fraction

import av

from app.media.tests.video.conftest import Film
from remlab_media.video import h264
from remlab_media.video.fmp4 import TIMESCALE, fragment, init_segment


def test_ffmpeg_reads_head_and_fragments(film: Film) -> None:
    pictures = film(5)
    sps, pps = pictures[0][:2]
    file = init_segment(sps, pps, width=640, height=360)
    for index, units in enumerate(pictures):
        file += fragment(
            h264.sample(units), number=index + 1, time=90_000 + index * 6000, duration=6000, is_key=not index
        )
    with av.open(io.BytesIO(file), "r") as container:
        video = container.streams.video[0]
        assert (video.width, video.height, video.time_base) == (640, 360, Fraction(1, TIMESCALE))
        packets = [packet for packet in container.demux(video) if packet.size]
        assert [packet.pts for packet in packets] == [90_000 + index * 6000 for index in range(5)]
        assert [packet.duration for packet in packets] == [6000] * 5
        assert [packet.is_keyframe for packet in packets] == [True] + [False] * 4
        assert sum(len(packet.decode()) for packet in packets) + len(video.decode(None)) == 5


def test_sample_leaves_out_what_the_head_holds(film: Film) -> None:
    units = film(1)[0]
    kinds = [h264.kind(unit) for unit in units]
    assert {h264.SPS, h264.PPS} <= set(kinds)
    sample, left = h264.sample((b"\x09\xf0", *units, b"\x0c\xff")), []
    while sample:
        size = int.from_bytes(sample[:4], "big")
        left.append(h264.kind(sample[4:]))
        sample = sample[4 + size :]
    assert left == [kind for kind in kinds if kind not in (h264.SPS, h264.PPS)]
