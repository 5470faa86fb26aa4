"""Decoded key frames, and the suspicion that comes from them."""

import io

import pytest
from PIL import Image

from app.media.tests.video.conftest import Film
from remlab_media.video.key_frame import UndecodableError, decode
from remlab_media.watch import FreezeWatch


def test_key_frame_has_size_and_jpeg(film: Film) -> None:
    key_frame = decode(film(1)[0])
    picture = Image.open(io.BytesIO(key_frame.jpeg()))
    assert key_frame.size == (640, 360)
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert len(key_frame.thumbnail()) == 64 * 36


def test_jpeg_has_the_pictures_colours(film: Film) -> None:
    """The wall is (38, 46, 58): a wrong range would make it darker or lighter."""
    picture = Image.open(io.BytesIO(decode(film(1)[0]).jpeg())).convert("RGB")
    assert picture.getpixel((300, 20)) == pytest.approx((38, 46, 58), abs=6)


def test_garbage_is_no_picture() -> None:
    with pytest.raises(UndecodableError):
        decode((b"\x67garbage", b"\x65garbage"))


@pytest.mark.parametrize("frozen", [True, False])
def test_only_a_picture_that_never_changes_is_suspected(film: Film, frozen: bool) -> None:
    watch = FreezeWatch()
    for units in film(80, frozen=frozen, group=10)[::10]:
        watch.take(decode(units).thumbnail())
    assert watch.suspicious is frozen
    watch.reset()
    assert not watch.suspicious
