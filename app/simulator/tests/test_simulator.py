import asyncio
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvicorn
from pydantic import SecretStr, ValidationError

from remlab_common.broker import Broker
from remlab_common.devices import Devices
from remlab_common.frames import INDEX, Mode, decode, encode_value
from remlab_gateway.server import GatewayServer
from remlab_gateway.settings import GatewaySettings
from remlab_simulator.server import create_server
from remlab_simulator.settings import SimulatorSettings
from tests.servers.nats import NatsServer, free_port, nats_server

PATIENCE_SECONDS = 10.0
DEVICES = ("aeropendulo", "aeropendulo-sim")

__all__ = ["nats_server"]


def settings(**more: object) -> SimulatorSettings:
    return SimulatorSettings(
        **{
            "devices": DEVICES,
            "host": "127.0.0.1",
            "port": free_port(),
            "reconnect_seconds": 0.2,
            "camera_password": SecretStr("camera-pw"),
            "cameras": False,
            **more,
        }
    )


def gateway_settings(nats_server: NatsServer) -> GatewaySettings:
    devices = [{"id": device, "title": {}, "kind": "aeropendulum"} for device in DEVICES]
    return GatewaySettings(
        devices=Devices.model_validate(devices),
        host="127.0.0.1",
        port=free_port(),
        broker_url=nats_server.url,
        broker_password=SecretStr("gateway-pw"),
    )


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Broker]:
    """The bus of a lab in which simulator and gateway run."""
    to_gateway = gateway_settings(nats_server)
    gateway = GatewayServer(to_gateway)
    simulator = create_server(settings(gateway_url=f"ws://127.0.0.1:{to_gateway.port}"))
    servers: list[uvicorn.Server] = [gateway, simulator]
    backend = Broker(nats_server.url, name="backend", user="backend", password="backend-pw")
    broker = asyncio.create_task(backend.run())
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    await eventually(lambda: backend.is_connected and gateway.gateway.records.connected == len(DEVICES))
    await gateway.gateway.broker.flush()
    yield backend
    for server in reversed(servers):
        server.should_exit = True
    await asyncio.gather(*tasks)
    broker.cancel()
    await asyncio.gather(broker, return_exceptions=True)


async def command(bus: Broker, device: str, key: str, value: float) -> str:
    answer = await bus.request(f"{device}.esp32.{key}", encode_value(value), timeout_seconds=2.5)
    return str(json.loads(answer.data)["outcome"])


async def test_a_whole_session_with_the_simulated_device(bus: Broker) -> None:
    frames: asyncio.Queue[bytes] = asyncio.Queue()

    async def keep(msg: object) -> None:
        await frames.put(msg.data)  # type: ignore[attr-defined]

    await bus.subscribe("aeropendulo-sim.esp32.state", keep)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert decode(await frames.get())[0] == Mode.STANDBY

    assert await command(bus, "aeropendulo-sim", "event", 1) == "confirmed"
    assert await command(bus, "aeropendulo-sim", "Kp", 4.3) == "confirmed"
    assert await command(bus, "aeropendulo-sim", "ctrl_mode", 1) == "confirmed"
    assert await command(bus, "aeropendulo-sim", "event", 3) == "confirmed"
    assert await command(bus, "aeropendulo-sim", "event", 5) == "unconfirmed"
    assert await command(bus, "aeropendulo-sim", "event", 2) == "confirmed"
    seen = [decode(frames.get_nowait()) for _ in range(frames.qsize())]
    assert Mode.PID in [values[0] for values in seen]
    assert max(values[INDEX["M1"]] or 0 for values in seen) > 812


async def test_devices_are_independent(bus: Broker) -> None:
    assert await command(bus, DEVICES[0], "event", 1) == "confirmed"
    assert await command(bus, DEVICES[1], "event", 4) == "unconfirmed"


async def test_without_a_gateway_it_is_alive_but_not_ready_and_says_why() -> None:
    configured = settings(gateway_url=f"ws://127.0.0.1:{free_port()}")
    server = create_server(configured)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{configured.port}") as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "aeropendulo-sim: " in answer.json()["problems"]["gateway"]
        assert 'remlab_simulator_connected{device="aeropendulo"} 0.0' in (await client.get("/metrics")).text
    server.should_exit = True
    await task


async def test_cameras_that_cannot_start_make_it_unhealthy() -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    configured = settings(cameras=True, camera_port=port, gateway_url=f"ws://127.0.0.1:{free_port()}")
    server = create_server(configured)
    task = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{configured.port}") as client:
        await eventually(lambda: server.started)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := await client.get("/healthz")).status_code != 503:
                await asyncio.sleep(0.05)
        assert "cameras have stopped" in answer.json()["problems"]["parts"]
    server.should_exit = True
    await task
    taken.close()


def test_a_device_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="names a device twice"):
        settings(devices=("a", "a"))
