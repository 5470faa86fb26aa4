"""Pictures from every camera."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import websockets

from tests.infra.deployment import Deployment

JPEG_START = b"\xff\xd8\xff"
PATIENCE_SECONDS = 20
PIECES = 10


@pytest.fixture
def simulated(deployment: Deployment, camera: str, needs: Any) -> str:
    needs("media", "simulator")
    url = next(one["url"] for one in deployment.lab["cameras"] if one["id"] == camera)
    if "//simulator" not in url:
        pytest.skip(f"{camera} is a real camera, which may be off")
    return camera


def test_the_camera_shows_a_picture(lab: httpx.Client, deployment: Deployment, simulated: str) -> None:
    answer = lab.get(f"/media/cameras/{simulated}/snapshot.jpg")
    assert answer.status_code == 200, f"{answer.text}\n{deployment.logs('media')}"
    assert answer.content.startswith(JPEG_START)


async def test_the_camera_streams_moving_pictures(deployment: Deployment, simulated: str) -> None:
    url = f"{deployment.public_url.replace('http', 'ws', 1)}/media/cameras/{simulated}/stream"
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        websockets.connect(url, proxy=None, max_size=None) as stream,
    ):
        opening = json.loads(await stream.recv())
        assert opening["type"] == "init"
        assert opening["mime"].startswith('video/mp4; codecs="avc1.')
        pieces = [await stream.recv() for _ in range(PIECES)]
    assert pieces[0][4:8] == b"ftyp"
    assert all(piece[4:8] == b"moof" for piece in pieces[1:])


def test_the_backend_knows_the_camera_and_its_device(
    lab: httpx.Client, deployment: Deployment, simulated: str
) -> None:
    cameras = {one["id"]: one for one in lab.get("/api/cameras").json()}
    wanted = next(one for one in deployment.lab["cameras"] if one["id"] == simulated)
    assert cameras[simulated]["device"] == wanted["device"]
    assert cameras[simulated]["status"]["live"], cameras[simulated]
