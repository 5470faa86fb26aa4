"""Who is being driven, and how that is ended, on a real broker."""

import asyncio
from collections.abc import AsyncIterator

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from remlab_backend.driven import DrivenError, look, stop
from remlab_common.broker import Broker
from remlab_common.frames import EXAMPLE_FRAME, INDEX, Event, Mode, decode, decode_value, encode
from tests.servers.nats import NatsServer, nats_server  # noqa: F401 - a fixture


class Device:
    """Sends frames, and stops when it is told, unless it is deaf."""

    def __init__(self, client: Client, name: str, mode: Mode, *, deaf: bool = False) -> None:
        self.mode = mode
        self._client, self._name, self._deaf = client, name, deaf

    async def run(self) -> None:
        await self._client.subscribe(f"{self._name}.esp32.event", cb=self._obey)
        while True:
            values = [value or 0.0 for value in decode(EXAMPLE_FRAME)]
            values[INDEX["mode"]] = self.mode
            await self._client.publish(f"{self._name}.esp32.state", encode(values))
            await asyncio.sleep(0.05)

    async def _obey(self, message: Msg) -> None:
        if not self._deaf and decode_value(message.data) == Event.STOP:
            self.mode = Mode.READY
        await message.respond(b'{"outcome": "confirmed"}')


@pytest.fixture
async def gateway(nats_server: NatsServer) -> AsyncIterator[Client]:  # noqa: F811 - a fixture
    client = await nats.connect(nats_server.url, user="gateway", password="gateway-pw")
    yield client
    await client.close()


@pytest.fixture
async def broker(nats_server: NatsServer) -> AsyncIterator[Broker]:  # noqa: F811 - a fixture
    broker = Broker(nats_server.url, name="driven", user="backend", password="backend-pw")
    task = asyncio.create_task(broker.run())
    await broker.wait_connected()
    yield broker
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_device_in_pid_or_test_is_driven(gateway: Client, broker: Broker) -> None:
    modes = {"aero": Mode.PID, "sim": Mode.TEST, "idle": Mode.READY, "off": Mode.STANDBY}
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(Device(gateway, name, mode).run()) for name, mode in modes.items()]
        assert await look(broker, 0.3) == {"aero": "PID", "sim": "TEST"}
        for one in running:
            one.cancel()


async def test_driven_devices_are_stopped(gateway: Client, broker: Broker) -> None:
    device = Device(gateway, "aero", Mode.PID)
    running = asyncio.create_task(device.run())
    await stop(broker, ["aero"])
    assert device.mode is Mode.READY
    running.cancel()


async def test_a_device_that_does_not_stop_is_named(gateway: Client, broker: Broker) -> None:
    running = asyncio.create_task(Device(gateway, "aero", Mode.PID, deaf=True).run())
    with pytest.raises(DrivenError, match="aero was told to stop and goes on"):
        await stop(broker, ["aero"], patience_seconds=0.5)
    running.cancel()
