"""The service on a free port, and a viewer of it: real RTSP, real WebSockets."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from remlab_media.app import create_app
from remlab_media.protocol import AbortingWebSocket
from remlab_media.settings import CameraSettings

USERNAME, PASSWORD = "lab", "a password: with @ and /"
PATIENCE_SECONDS = 15


@dataclass
class Arm:
    """What the camera looks at."""

    angle_degrees: float = -90.0
    mode: str = "STANDBY"


@dataclass
class Media:
    """A running service."""

    port: int
    server: uvicorn.Server

    @property
    def connections(self) -> int:
        """How many connections the server holds, whatever their state."""
        return len(self.server.server_state.connections)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/media/cameras"

    async def status(self, camera: str = "arm") -> dict[str, object]:
        async with httpx.AsyncClient() as client:
            answer = await client.get(self.url)
        found: dict[str, object] = next(entry for entry in answer.json() if entry["id"] == camera)
        return found

    async def wait_for(self, camera: str = "arm", **wanted: object) -> dict[str, object]:
        """Return the camera's status once it has all of these values."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                status = await self.status(camera)
                if wanted.items() <= status.items():
                    return status
                await asyncio.sleep(0.02)

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url}/{path}")

    def watch(self, camera: str = "arm") -> connect:
        return connect(f"ws://127.0.0.1:{self.port}/media/cameras/{camera}/stream", max_size=None)


@dataclass
class Received:
    """What a viewer was sent."""

    description: dict[str, object]
    head: bytes
    fragments: list[bytes]

    @property
    def times(self) -> list[int]:
        return [struct.unpack(">Q", f[f.index(b"tfdt") + 8 :][:8])[0] for f in self.fragments]


async def message(websocket: ClientConnection) -> str | bytes:
    return await asyncio.wait_for(websocket.recv(), PATIENCE_SECONDS)


async def announcement(websocket: ClientConnection, kind: str) -> dict[str, object]:
    """Return the next announcement of a kind; skip what comes before."""
    while True:
        received = await message(websocket)
        if isinstance(received, str) and json.loads(received)["type"] == kind:
            found: dict[str, object] = json.loads(received)
            return found


async def receive(websocket: ClientConnection, *, fragments: int) -> Received:
    """Return the next announced stream and its first fragments."""
    description = await announcement(websocket, "init")
    head, *rest = [await message(websocket) for _ in range(fragments + 1)]
    assert isinstance(head, bytes)
    return Received(description, head, [part for part in rest if isinstance(part, bytes)])


def camera_settings(
    port: int, *, name: str = "arm", path: str = "arm", secret: str = "camera_password"
) -> CameraSettings:
    url = f"rtsp://127.0.0.1:{port}/{path}"
    return CameraSettings(id=name, url=url, username=USERNAME, password_secret=secret)


@asynccontextmanager
async def serving(*cameras: CameraSettings, send_timeout_seconds: float = 10.0) -> AsyncIterator[Media]:
    """Run the service for these cameras."""
    listener = socket.socket()
    # Small kernel buffers, so that a viewer who does not read is noticed soon.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    listener.bind(("127.0.0.1", 0))
    app = create_app(cameras, send_timeout_seconds=send_timeout_seconds)
    server = uvicorn.Server(
        uvicorn.Config(app, http="h11", ws=AbortingWebSocket, ws_per_message_deflate=False, log_config=None)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not server.started:
                await asyncio.sleep(0.01)
        yield Media(listener.getsockname()[1], server)
    finally:
        server.should_exit = True
        await task
        listener.close()
