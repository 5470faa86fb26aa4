"""A viewer's queue: bounded, and never without a key frame where one is needed."""

import asyncio
import json

import pytest

from remlab_common.cameras import CameraState
from remlab_media.viewer import MAXIMUM_BYTES, MAXIMUM_FRAGMENTS, Fragment, Viewer

KEY, OTHER = Fragment(b"key", is_key=True), Fragment(b"other", is_key=False)


async def drain(viewer: Viewer) -> list[str | bytes]:
    received = []
    while True:
        try:
            received.append(await asyncio.wait_for(viewer.next(), 0.01))
        except TimeoutError:
            return received


@pytest.fixture
def viewer() -> Viewer:
    viewer = Viewer()
    viewer.begin({"epoch": 1}, b"head", [KEY])
    return viewer


async def test_announcement_head_and_group_come_in_order(viewer: Viewer) -> None:
    viewer.push(OTHER)
    assert await drain(viewer) == ['{"type": "init", "epoch": 1}', b"head", b"key", b"other"]


async def test_slow_viewer_goes_on_at_the_next_key_frame(viewer: Viewer) -> None:
    await drain(viewer)
    for _ in range(MAXIMUM_FRAGMENTS + 1):
        viewer.push(OTHER)
    assert await drain(viewer) == []
    viewer.push(OTHER)
    viewer.push(KEY)
    viewer.push(OTHER)
    assert await drain(viewer) == [b"key", b"other"]
    assert viewer.dropped == MAXIMUM_FRAGMENTS + 2


async def test_queue_never_holds_more_than_its_bytes(viewer: Viewer) -> None:
    await drain(viewer)
    large = Fragment(bytes(MAXIMUM_BYTES // 4), is_key=True)
    for _ in range(9):
        viewer.push(large)
    assert sum(len(part) for part in await drain(viewer)) <= MAXIMUM_BYTES


async def test_long_group_does_not_count_as_slowness() -> None:
    viewer = Viewer()
    viewer.begin({}, b"head", [KEY] + [OTHER] * (MAXIMUM_FRAGMENTS * 2))
    viewer.push(OTHER)
    assert len(await drain(viewer)) == 2 + 1 + 2 * MAXIMUM_FRAGMENTS + 1


async def test_loss_replaces_what_is_queued(viewer: Viewer) -> None:
    viewer.lose(CameraState.LOST, "gone")
    viewer.push(OTHER)
    (announcement,) = await drain(viewer)
    assert json.loads(announcement) == {"type": "lost", "state": "lost", "reason": "gone"}


async def test_overflow_keeps_the_announcement() -> None:
    viewer = Viewer()
    viewer.begin({}, b"head", [])
    viewer.push(KEY)
    for _ in range(MAXIMUM_FRAGMENTS + 5):
        viewer.push(OTHER)
    assert (await drain(viewer))[:2] == ['{"type": "init"}', b"head"]
