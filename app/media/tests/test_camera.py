"""What a camera makes of access units that are not as they should be."""

import pytest

from remlab_media.camera import Camera
from remlab_media.rtsp.depacketiser import AccessUnit
from remlab_media.rtsp.errors import RefusedError
from remlab_media.viewer import Viewer
from remlab_simulator.camera.encoder import Encoder
from remlab_simulator.camera.picture import HEIGHT, WIDTH, Stage

# A slice header of Exp-Golomb numbers: first_mb_in_slice 0, slice_type 1 (B).
B_SLICE = bytes((0x01, 0b1010_0000, 0))


@pytest.fixture
def units() -> list[AccessUnit]:
    stage, encoder = Stage("arm"), Encoder(WIDTH, HEIGHT)
    return [
        AccessUnit(
            tuple(
                encoder.encode(
                    stage.draw(angle_degrees=-index, mode="PID", unix_ms=index), key_frame=index % 4 == 0
                )
            ),
            ticks=index * 6000,
        )
        for index in range(12)
    ]


@pytest.fixture
def camera() -> Camera:
    camera = Camera("arm")
    camera.source_started(90_000, ())
    return camera


def test_camera_is_live_from_its_first_key_frame_on(camera: Camera, units: list[AccessUnit]) -> None:
    camera.take(units[1])
    assert not camera.live
    camera.take(units[4])
    assert camera.live


def test_b_frames_are_refused_with_the_reason(camera: Camera, units: list[AccessUnit]) -> None:
    camera.take(units[0])
    with pytest.raises(RefusedError, match="B-frames"):
        camera.take(AccessUnit((B_SLICE,), 6000))


def test_camera_that_sent_b_frames_is_live_again_after_a_group_without(
    camera: Camera, units: list[AccessUnit]
) -> None:
    with pytest.raises(RefusedError):
        camera.take(AccessUnit((B_SLICE,), 0))
    camera.source_started(90_000, ())
    live = []
    for unit in units:
        camera.take(unit)
        live.append(camera.live)
    assert live == [False] * 4 + [True] * 8


def test_damaged_picture_hides_what_refers_to_it(camera: Camera, units: list[AccessUnit]) -> None:
    for unit in units[:2]:
        camera.take(unit)
    camera.take(AccessUnit(units[2].units, units[2].ticks, damaged=True))
    camera.take(units[3])
    assert (camera.counters.pictures, camera.counters.dropped) == (2, 2)
    camera.take(units[4])
    assert camera.counters.pictures == 3


async def test_changed_parameter_sets_begin_a_new_epoch(camera: Camera, units: list[AccessUnit]) -> None:
    viewer = Viewer()
    camera.add(viewer)
    camera.take(units[0])
    other = Encoder(320, 180)
    small = Stage("arm").draw(angle_degrees=0, mode="PID", unix_ms=0).resize((320, 180))
    camera.take(AccessUnit(tuple(other.encode(small, key_frame=True)), 6000))
    assert '"width": 320' in str(await viewer.next())
    assert (camera.status()["epoch"], camera.status()["width"]) == (2, 320)


def test_key_frame_without_parameter_sets_is_refused(camera: Camera, units: list[AccessUnit]) -> None:
    with pytest.raises(RefusedError, match="parameter sets"):
        camera.take(AccessUnit(units[0].units[2:], 0))


def test_parameter_sets_of_the_description_are_enough(units: list[AccessUnit]) -> None:
    camera = Camera("arm")
    camera.source_started(90_000, units[0].units[:2])
    camera.take(AccessUnit(units[0].units[2:], 0))
    assert camera.live
