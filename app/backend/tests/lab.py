"""What several tests of the backend need: settings, a built page and a running server."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import httpx
import nats
import socketio
from nats.aio.client import Client as NatsClient

from remlab_backend.application import Application
from remlab_backend.server import Server
from remlab_backend.settings import DatabaseSettings, Settings
from remlab_common.frames import EXAMPLE_FRAME
from tests.servers.nats import NatsServer
from tests.servers.postgres import PASSWORD, PostgresServer

DEVICES = [
    {
        "id": "aeropendulo",
        "title": {"es": "Aeropéndulo", "en": "Aeropendulum"},
        "kind": "aeropendulum",
        "default": True,
        "limits": {"vel_man": [-600, 600], "Kp": [0, 100]},
    },
    {"id": "sim", "title": {"es": "Simulado"}, "kind": "aeropendulum", "virtual": True},
]
CAMERAS = [{"id": "cam", "device": "aeropendulo", "title": {"es": "Cámara", "en": "Camera"}}]
SCRIPT = "/assets/index-B_0drBkR.js"


def database_settings(server: PostgresServer, database: str, **changes: Any) -> DatabaseSettings:
    """Return settings that lead to `database` on `server`."""
    return DatabaseSettings(
        database_host=server.host,
        database_port=server.port,
        database_name=database,
        database_user=database,
        database_password=PASSWORD,
        **changes,
    )


def lab_settings(
    database: DatabaseSettings, *, broker: NatsServer | None, dist: Path, **changes: Any
) -> Settings:
    """Return a server's settings; without a broker they lead nowhere."""
    values: dict[str, Any] = {
        **database.model_dump(),
        "host": "127.0.0.1",
        "port": 0,
        "dist": dist,
        "broker_url": broker.url if broker else "nats://127.0.0.1:9",
        "broker_password": broker.users["backend"] if broker else "nobody-listens",
        "legacy_page": True,
        "graceful_seconds": 2,
        "connect_first_seconds": 3 if broker else 0,
        "lab_devices": DEVICES,
        "lab_cameras": CAMERAS,
        "media_url": "http://127.0.0.1:9/",
    }
    return Settings(**{**values, **changes})


def build_dist(folder: Path) -> Path:
    """Make what the frontend's build and the image's compression leave behind."""
    (folder / "assets").mkdir(parents=True)
    (folder / "imgs").mkdir()
    script = b"console.log('hola');" * 200
    (folder / "index.html").write_text("<!doctype html><title>lab</title>")
    (folder / "imgs" / "plano del aeropéndulo.png").write_bytes(b"\x89PNG" + b"0" * 100)
    (folder / "routes.json").write_text(json.dumps(["/", "/labs", "/labs/aeropendulo"]))
    path = folder / SCRIPT.lstrip("/")
    path.write_bytes(script)
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(script))
    path.with_name(path.name + ".br").write_bytes(brotli.compress(script))
    return folder


@dataclass(frozen=True, slots=True)
class RunningLab:
    """A server that runs in this test's event loop."""

    application: Application
    server: Server
    port: int
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def page(self, *, legacy: bool = False, **options: Any) -> AsyncIterator["Page"]:
        """Open a page: a real Socket.IO client that keeps everything it hears."""
        page = Page()
        await page.client.connect(
            self.url,
            auth=None if legacy else {"client": "remlab"},
            **{"transports": ["websocket"], **options},
        )
        try:
            yield page
        finally:
            await page.client.disconnect()


class Page:
    """A Socket.IO client and the events that came to it, by name."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self._events: dict[str, asyncio.Queue[Any]] = {}
        self.client.on("*", self._hear)

    async def _hear(self, event: str, data: Any = None) -> None:
        self.queue(event).put_nowait(data)

    def queue(self, event: str) -> asyncio.Queue[Any]:
        """Return what has come under this name and was not taken yet."""
        return self._events.setdefault(event, asyncio.Queue())

    async def next(self, event: str, *, seconds: float = 5.0) -> Any:
        """Wait for the next event of this name."""
        async with asyncio.timeout(seconds):
            return await self.queue(event).get()

    async def call(self, event: str, data: Any) -> Any:
        """Send an event and return the answer."""
        return await self.client.call(event, data, timeout=5)


@asynccontextmanager
async def running_lab(settings: Settings) -> AsyncIterator[RunningLab]:
    """Run a server on a free port until the block ends."""
    application = Application(settings)
    server = Server(application)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            if serving.done():
                serving.result()
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield RunningLab(application, server, port, client)
    finally:
        server.should_exit = True
        await serving


class Gateway:
    """Speaks on the bus as a gateway does."""

    def __init__(self, client: NatsClient, *, device: str = "aeropendulo") -> None:
        self.client = client
        self.device = device
        self.sequence = 0

    async def report(self, **changes: Any) -> None:
        """Say that the device is connected (or what `changes` tell)."""
        report = {
            "device": self.device,
            "gateway": "g1",
            "connected": True,
            "simulated": True,
            "connection": "c1",
            "connected_at": 1,
            "frames": 1,
            **changes,
        }
        await self.client.publish(f"{self.device}.remlab.status", json.dumps(report).encode())
        await self.client.flush()

    async def frame(self, payload: bytes = EXAMPLE_FRAME, *, received_ms: int = 1) -> None:
        """Pass on a frame."""
        self.sequence += 1
        headers = {
            "Remlab-Sequence": str(self.sequence),
            "Remlab-Received": str(received_ms),
            "Remlab-Connection": "c1",
            "Remlab-Simulated": "1",
        }
        await self.client.publish(f"{self.device}.esp32.state", payload, headers=headers)
        await self.client.flush()

    async def answer(self, **answer: Any) -> asyncio.Queue[tuple[str, bytes]]:
        """Answer every command with `answer`; return the queue of what came."""
        commands: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

        async def take(message: Any) -> None:
            key = message.subject.rpartition(".")[2]
            if key != "state":
                commands.put_nowait((key, message.data))
                await message.respond(json.dumps({"reason": None, **answer}).encode())

        await self.client.subscribe(f"{self.device}.esp32.*", cb=take)
        await self.client.flush()
        return commands


@asynccontextmanager
async def running_gateway(broker: NatsServer, *, device: str = "aeropendulo") -> AsyncIterator[Gateway]:
    """Connect to the bus as the gateway."""
    client = await nats.connect(broker.url, user="gateway", password=broker.users["gateway"])
    try:
        yield Gateway(client, device=device)
    finally:
        await client.close()
