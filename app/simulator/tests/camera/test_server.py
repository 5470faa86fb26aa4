"""The camera as other people's software sees it: FFmpeg (inside PyAV) is the viewer here."""

import asyncio
import time
from itertools import islice
from urllib.parse import quote

import av
import pytest
from PIL import Image

from remlab_simulator.camera import CameraServer
from remlab_simulator.camera.picture import Strip, read_strip

CREDENTIALS = tuple[str, str]


def url(camera: CameraServer, path: str, credentials: CREDENTIALS) -> str:
    username, password = credentials
    return f"rtsp://{username}:{quote(password, safe='')}@127.0.0.1:{camera.port}/{path}"


async def watch(address: str, *, pictures: int = 3, transport: str = "tcp") -> list[Strip]:
    """Return what the strips of the first pictures say."""

    def run() -> list[Strip]:
        options = {"rtsp_transport": transport, "analyzeduration": "100000"}
        with av.open(address, options=options, timeout=(5, 5)) as stream:
            frames = islice(stream.decode(video=0), pictures)
            images = [Image.frombytes("RGB", (f.width, f.height), rgb(f)) for f in frames]
        return [strip for image in images if (strip := read_strip(image))]

    return await asyncio.to_thread(run)


def rgb(frame: av.VideoFrame) -> bytes:
    return bytes(frame.reformat(format="rgb24").planes[0])


async def test_ffmpeg_sees_the_arm_of_each_device(camera: CameraServer, credentials: CREDENTIALS) -> None:
    first, second = await asyncio.gather(
        *(watch(url(camera, device, credentials)) for device in ("aeropendulo", "second"))
    )
    assert [strip.angle_degrees for strip in first] == [-90.0] * 3
    assert [strip.angle_degrees for strip in second] == [-30.0] * 3
    assert abs(first[-1].unix_ms / 1000 - time.time()) < 5


async def test_wrong_password_is_refused_before_the_path_is_looked_at(camera: CameraServer) -> None:
    for path in ("aeropendulo", "unknown"):
        with pytest.raises(av.HTTPUnauthorizedError):
            await watch(url(camera, path, ("lab", "wrong")))


async def test_unknown_device_is_not_found(camera: CameraServer, credentials: CREDENTIALS) -> None:
    with pytest.raises(av.HTTPNotFoundError):
        await watch(url(camera, "unknown", credentials))


async def test_rtp_beside_the_connection_is_refused(camera: CameraServer, credentials: CREDENTIALS) -> None:
    with pytest.raises(av.FFmpegError):
        await watch(url(camera, "aeropendulo", credentials), transport="udp")


async def test_nothing_is_encoded_while_nobody_watches(
    camera: CameraServer, credentials: CREDENTIALS
) -> None:
    await watch(url(camera, "aeropendulo", credentials))
    feed = camera._feeds["aeropendulo"]
    async with asyncio.timeout(5):
        while feed.busy:
            await asyncio.sleep(0.01)
    assert not camera._feeds["second"].busy


async def test_garbage_ends_only_its_own_connection(camera: CameraServer, credentials: CREDENTIALS) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
    writer.write(b"GET / HTTP/1.1 and more\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert await watch(url(camera, "aeropendulo", credentials))


async def test_answer_to_another_connections_challenge_is_refused(camera: CameraServer) -> None:
    stolen = 'Digest username="lab", realm="remlab camera", nonce="0", uri="x", response="0"'
    reader, writer = await asyncio.open_connection("127.0.0.1", camera.port)
    writer.write(f"DESCRIBE rtsp://x/second RTSP/1.0\r\nCSeq: 1\r\nAuthorization: {stolen}\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.close()
    assert answer.startswith(b"RTSP/1.0 401 ")
    assert b"WWW-Authenticate: Digest" in answer
