"""The service as the engine starts and stops it."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.media.tests.harness import PATIENCE_SECONDS, USERNAME, message
from remlab_simulator.camera import CameraServer


async def start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "remlab_media",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def answering(url: str) -> httpx.Response:
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as client:
        while True:
            try:
                return await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_sigterm_sends_viewers_away_with_a_close_code(
    camera: CameraServer, secrets: Path, unused_tcp_port: int
) -> None:
    entry = {
        "id": "arm",
        "device": "arm",
        "title": {"es": "Brazo", "en": "Arm"},
        "url": f"rtsp://127.0.0.1:{camera.port}/arm",
        "username": USERNAME,
        "password_secret": "camera_password",
    }
    process = await start({"LAB_CAMERAS": json.dumps([entry]), "MEDIA_PORT": str(unused_tcp_port)})
    base = f"127.0.0.1:{unused_tcp_port}"
    assert (await answering(f"http://{base}/readyz")).status_code == 200
    assert 'remlab_camera_live{camera="arm"}' in (await answering(f"http://{base}/metrics")).text
    closed: ConnectionClosed | None = None
    async with connect(f"ws://{base}/media/cameras/arm/stream", max_size=None) as websocket:
        await message(websocket)
        process.send_signal(signal.SIGTERM)
        try:
            while True:
                await message(websocket)
        except ConnectionClosed as error:
            closed = error
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0
    assert closed.rcvd is not None
    assert closed.rcvd.code == 1012
    assert "Traceback" not in output.decode()


async def test_unreadable_settings_end_the_start_with_their_name(secrets: Path) -> None:
    process = await start({"LAB_CAMERAS": '[{"id": "Arm!", "url": "rtsp://camera/x"}]'})
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 78
    assert "LAB_CAMERAS" in output.decode()
