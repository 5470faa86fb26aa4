"""From the camera to the browser."""

import asyncio
import io
import itertools
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import av
import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed

from app.media.tests.harness import (
    Arm,
    Media,
    announcement,
    camera_settings,
    message,
    receive,
    serving,
)
from remlab_media.video.fmp4 import TIMESCALE
from remlab_simulator.camera import CameraServer
from remlab_simulator.camera.picture import read_strip


def angles(head: bytes, fragments: list[bytes]) -> list[float]:
    """Decode what a browser would, and read the angle in each picture."""
    with av.open(io.BytesIO(head + b"".join(fragments)), "r") as stream:
        frames = [frame.reformat(format="rgb24") for frame in stream.decode(video=0)]
    images = [Image.frombytes("RGB", (f.width, f.height), bytes(f.planes[0])) for f in frames]
    return [strip.angle_degrees for image in images if (strip := read_strip(image))]


async def test_viewer_gets_a_stream_that_decodes(media: Media, arm: Arm) -> None:
    arm.angle_degrees = -45.0
    async with media.watch() as websocket:
        received = await receive(websocket, fragments=20)
    assert received.description["mime"] == 'video/mp4; codecs="avc1.42C016"'
    assert (received.description["width"], received.description["height"]) == (640, 360)
    shown = angles(received.head, received.fragments)
    assert len(shown) == 20
    assert shown[-1] == -45.0


async def test_times_rise_with_every_picture(media: Media) -> None:
    async with media.watch() as websocket:
        times = (await receive(websocket, fragments=40)).times
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(step > 0 for step in steps)
    assert TIMESCALE / 18 < sum(steps) / len(steps) < TIMESCALE / 3


async def test_late_viewer_begins_with_the_current_key_frame(media: Media) -> None:
    async with media.watch() as first:
        early = await receive(first, fragments=10)
        async with media.watch() as second:
            late = await receive(second, fragments=5)
        # What the second one begins with, the first one gets as well, sooner or later.
        seen: list[str | bytes] = [*early.fragments]
        while late.fragments[0] not in seen:
            seen.append(await message(first))
    assert len(angles(late.head, late.fragments)) == 5


async def test_list_tells_what_a_live_camera_sends(media: Media) -> None:
    await media.wait_for(live=True)
    async with media.watch() as websocket:
        await receive(websocket, fragments=1)
        status = await media.wait_for(viewers=1)
    assert (status["codec"], status["width"], status["height"]) == ("avc1.42C016", 640, 360)
    assert (status["epoch"], status["reason"]) == (1, None)
    # A busy machine makes fewer pictures.
    assert 3 < float(str(status["fps"])) < 18
    await media.wait_for(viewers=0)


async def test_camera_that_goes_away_and_comes_back_is_shown_again(
    film: Callable[..., CameraServer], secrets: Path, arm: Arm
) -> None:
    async with film() as camera, serving(camera_settings(camera.port)) as media, media.watch() as websocket:
        before = await receive(websocket, fragments=3)
        await camera.stop()
        lost = await announcement(websocket, "lost")
        assert lost["reason"]
        assert (await media.status())["reason"] == lost["reason"]
        arm.angle_degrees = -10.0
        async with film(camera.port):
            after = await receive(websocket, fragments=3)
    # The same stream goes on: same epoch, later times, and the picture of now.
    assert after.description == before.description
    assert after.times[0] > before.times[-1] + TIMESCALE // 4
    assert angles(after.head, after.fragments)[-1] == -10.0


async def test_silent_camera_is_announced_as_lost(media: Media, camera: CameraServer) -> None:
    async with media.watch() as websocket:
        await receive(websocket, fragments=1)
        camera.freeze()
        assert "no picture for 3 s" in str((await announcement(websocket, "lost"))["reason"])


async def test_viewer_of_a_missing_camera_is_told_why(secrets: Path, unused_tcp_port: int) -> None:
    async with serving(camera_settings(unused_tcp_port)) as media:
        await media.wait_for(state="lost")
        async with media.watch() as websocket:
            reason = (await announcement(websocket, "lost"))["reason"]
    assert reason == "the camera cannot be reached (connection refused)"


async def test_many_viewers_need_no_threads(media: Media) -> None:
    before = set(threading.enumerate())
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(media.watch()) for _ in range(20)]
        for viewer in viewers:
            await receive(viewer, fragments=1)
        added = set(threading.enumerate()) - before
    assert not [thread.name for thread in added if "AnyIO" in thread.name]


async def test_unknown_camera_is_closed_with_4404(media: Media) -> None:
    async with media.watch("unknown") as websocket:
        with pytest.raises(ConnectionClosed) as closed:
            await message(websocket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4404


async def test_stalled_viewer_is_cut_off_and_others_go_on(camera: CameraServer, secrets: Path) -> None:
    async with (
        serving(camera_settings(camera.port), send_timeout_seconds=0.5) as media,
        media.watch() as good,
    ):
        await receive(good, fragments=1)
        async with stalled_viewer(media):
            await media.wait_for(viewers=2)
            while (await media.status())["viewers"] == 2:
                await message(good)
            assert isinstance(await message(good), bytes)
            # The connection is cut, not left open for as long as the viewer's host answers.
            assert media.connections == 1


@asynccontextmanager
async def stalled_viewer(media: Media) -> AsyncIterator[None]:
    """Ask for the stream, then do not read it; the kernel's buffers and the reader's are small."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", media.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
    writer.write(
        b"GET /media/cameras/arm/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    try:
        await reader.readuntil(b"\r\n\r\n")
        yield
    finally:
        writer.transport.abort()
