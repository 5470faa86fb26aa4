"""The gateway's surroundings in tests: a running gateway, a board that does as told, the bus."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
from nats.aio.msg import Msg
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from remlab_common.broker import Broker
from remlab_common.devices import Devices
from remlab_common.frames import EXAMPLE_FRAME, INDEX, decode, encode, encode_value
from remlab_gateway.server import GatewayServer
from remlab_gateway.settings import GatewaySettings
from tests.servers.nats import NatsServer, free_port

PATIENCE_SECONDS = 10.0
DEVICES = Devices.model_validate(
    [
        {"id": "aero", "title": {"es": "Aeropéndulo"}, "kind": "aeropendulum", "default": True},
        {"id": "sim", "title": {"es": "Simulado"}, "kind": "aeropendulum", "virtual": True},
    ]
)


async def eventually(condition: Callable[[], bool | Awaitable[bool]], what: str = "") -> None:
    """Wait until the condition holds; fail after a patient while."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = condition()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"it did not happen within {PATIENCE_SECONDS} s: {what}") from None


@asynccontextmanager
async def running_broker(broker: Broker) -> AsyncIterator[Broker]:
    """Keep a connection to the broker up meanwhile."""
    task = asyncio.create_task(broker.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await broker.wait_connected()
    try:
        yield broker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Lab:
    """A gateway on a free port."""

    def __init__(self, broker: NatsServer, **settings: Any) -> None:
        self.broker = broker
        self.port = free_port()
        self.server = GatewayServer(
            GatewaySettings(
                **{
                    "devices": DEVICES,
                    "name": "gateway-1",
                    "host": "127.0.0.1",
                    "port": self.port,
                    "broker_url": broker.url,
                    "broker_password": SecretStr("gateway-pw"),
                    **settings,
                }
            )
        )
        self.gateway = self.server.gateway
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}")

    @asynccontextmanager
    async def running(self, *, wait_for_broker: bool = True) -> AsyncIterator[Self]:
        """Serve meanwhile."""
        task = asyncio.create_task(self.server.serve())
        await eventually(lambda: self.server.started, "the gateway listens")
        if wait_for_broker:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.gateway.broker.wait_connected()
        try:
            yield self
        finally:
            await self.http.aclose()
            self.server.should_exit = True
            await task

    @asynccontextmanager
    async def board(self, path: str = "/", **options: Any) -> AsyncIterator["Board"]:
        """Connect a board, as the firmware does."""
        async with connect(
            f"ws://127.0.0.1:{self.port}{path}", subprotocols=["arduino"], compression=None, **options
        ) as socket:
            yield Board(socket)

    async def status(self, path: str) -> int:
        """Give the HTTP status of a path."""
        return (await self.http.get(path)).status_code


class Board:
    """A device that does what a test tells it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.values = list(decode(EXAMPLE_FRAME))

    async def send_frame(self, **values: float) -> bytes:
        """Send a frame with these values changed, for good; give its bytes."""
        for key, value in values.items():
            self.values[INDEX[key]] = value
        payload = encode([value or 0.0 for value in self.values])
        await self.socket.send(payload)
        return payload

    async def received(self) -> Any:
        """Wait for one message and give its text."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.socket.recv()

    async def close_code(self) -> tuple[int, str]:
        """Wait until the gateway closes the connection; give code and reason."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
            await self.socket.wait_closed()
        return self.socket.close_code or 0, self.socket.close_reason or ""


class Bus:
    """What the backend does on the bus."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    async def collect(self, subject: str) -> "asyncio.Queue[Msg]":
        """Collect the messages on a subject."""
        received: asyncio.Queue[Msg] = asyncio.Queue()
        await self.broker.subscribe(subject, received.put)
        await self.broker.flush()
        return received

    async def frames(self, device: str = "aero") -> "asyncio.Queue[Msg]":
        """Collect a device's frames."""
        return await self.collect(f"{device}.esp32.state")

    async def command(self, key: str, value: float | bytes, device: str = "aero") -> dict[str, Any]:
        """Send a command and give the gateway's answer."""
        payload = value if isinstance(value, bytes) else encode_value(value)
        answer = await self.broker.request(f"{device}.esp32.{key}", payload, timeout_seconds=PATIENCE_SECONDS)
        result: dict[str, Any] = json.loads(answer.data)
        return result


async def take(queue: "asyncio.Queue[Msg]", count: int = 1) -> Sequence[Msg]:
    """Wait for so many messages."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await queue.get() for _ in range(count)]
