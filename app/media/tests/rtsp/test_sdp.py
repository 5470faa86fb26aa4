"""Session descriptions of cameras."""

import pytest

from remlab_media.rtsp.errors import RefusedError
from remlab_media.rtsp.sdp import control_url, find_track

CAMERA = """v=0
o=- 14665860 31787219 1 IN IP4 0.0.0.0
s=Session streamed by a camera
t=0 0
a=control:*
m=audio 0 RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=control:track2
m=video 0 RTP/AVP 96
b=AS:4096
a=range:npt=0-
a=control:track1
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; profile-level-id=4D0016; sprop-parameter-sets=Z00AFqtAUB7I,aO48gA==
m=application/tapo 0 RTP/AVP 95
a=control:track3
"""


def test_video_track_is_found_among_others() -> None:
    track = find_track(CAMERA.replace("\n", "\r\n"))
    assert (track.control, track.payload_type, track.clock_hz) == ("track1", 96, 90_000)
    assert [unit[0] & 0x1F for unit in track.parameter_sets] == [7, 8]


def test_other_codec_is_refused_by_its_name() -> None:
    with pytest.raises(RefusedError, match="H265"):
        find_track(CAMERA.replace("H264", "H265"))


def test_camera_without_video_is_refused() -> None:
    with pytest.raises(RefusedError, match="no video"):
        find_track(CAMERA[: CAMERA.index("m=video")])


def test_broken_parameter_sets_are_left_out() -> None:
    assert find_track(CAMERA.replace("Z00AFqtAUB7I", "Z")).parameter_sets[0][0] & 0x1F == 8


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("track1", "rtsp://camera/stream2/track1"),
        ("rtsp://other/x", "rtsp://other/x"),
        ("", "rtsp://camera/stream2/"),
        ("*", "rtsp://camera/stream2/"),
        ("/absolute", "rtsp://camera/absolute"),
    ],
)
def test_control_is_resolved_against_the_base(control: str, expected: str) -> None:
    assert control_url("rtsp://camera/stream2/", control) == expected
