"""The gateway on the lab's own broker, where each user may say only what its part needs."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remlab_broker.configuration import rendered
from remlab_common.broker import Broker
from tests.servers.nats import NatsServer, free_port

from .lab import Bus, Lab, eventually, running_broker, take


@pytest.fixture
def guarded_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    server.configuration = rendered(
        server.users, listen="127.0.0.1", client_port=server.port, monitoring_port=free_port()
    )
    server.start()
    yield server
    server.stop()


async def test_the_broker_lets_the_gateway_do_its_work(guarded_server: NatsServer) -> None:
    backend = Broker(guarded_server.url, name="backend", user="backend", password="backend-pw")
    lab, other = Lab(guarded_server), Lab(guarded_server, name="gateway-2")
    async with running_broker(backend), lab.running(), other.running(), lab.board() as board:
        bus = Bus(backend)
        frames, statuses = await bus.frames(), await bus.collect("aero.remlab.status")
        gateways = await bus.collect("remlab.gateway.status")
        await board.send_frame()
        await take(frames)
        assert json.loads((await take(statuses))[0].data)["connected"]
        assert {json.loads(each.data)["gateway"] for each in await take(gateways, 4)} == {
            "gateway-1",
            "gateway-2",
        }
        await eventually(lambda: other.gateway.peers.holder("aero") is not None)
        answer = asyncio.create_task(bus.command("Kp", 2))
        await board.received()
        await board.send_frame(Kp=2)
        assert (await answer)["outcome"] == "confirmed"
        assert (await bus.command("Kp", -1))["outcome"] == "refused"
