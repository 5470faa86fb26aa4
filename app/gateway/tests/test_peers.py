import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.servers.nats import NatsServer

from .lab import Bus, Lab, eventually, take


@pytest.fixture
async def other(nats_server: NatsServer) -> AsyncIterator[Lab]:
    """A second gateway on the same bus."""
    async with Lab(nats_server, name="gateway-2").running() as running:
        yield running


async def held(lab: Lab) -> None:
    await eventually(lambda: lab.gateway.records.get("aero").connection is not None)


async def known_to(lab: Lab) -> None:
    await eventually(lambda: lab.gateway.peers.holder("aero") is not None, "the other gateway's claim")


async def test_a_second_device_is_refused_by_another_gateway_too(lab: Lab, other: Lab) -> None:
    async with lab.board() as first:
        await first.send_frame()
        await known_to(other)
        sending = asyncio.create_task(keep_sending(first))
        await eventually(lambda: other.gateway.peers.holder("aero").last_frame_at is not None)
        async with other.board() as second:
            assert (await second.close_code())[0] == 4409
        sending.cancel()


async def keep_sending(board: object) -> None:
    while True:
        await board.send_frame()
        await asyncio.sleep(0.05)


async def test_a_real_device_takes_the_id_from_a_simulated_one_at_another_gateway(
    lab: Lab, other: Lab
) -> None:
    async with lab.board("/aero?simulated=1") as simulated:
        await known_to(other)
        async with other.board():
            assert (await simulated.close_code())[0] == 4409
            await known_to(lab)
            async with lab.board("/aero?simulated=1") as again:
                assert (await again.close_code())[0] == 4409


async def test_only_the_gateway_that_holds_the_device_answers_and_reports(
    lab: Lab, other: Lab, bus: Bus
) -> None:
    async with other.board() as board:
        await held(other)
        await known_to(lab)
        await other.gateway.broker.flush()
        statuses = await bus.collect("aero.remlab.status")
        told = [json.loads(message.data) for message in await take(statuses, 3)]
        assert {status["gateway"] for status in told} == {"gateway-2"}
        answer = asyncio.create_task(bus.command("Kp", 3))
        await board.received()
        await board.send_frame(Kp=3)
        assert (await answer)["outcome"] == "confirmed"
    assert sum(lab.gateway.commander.outcomes.values()) == 0


async def test_a_device_is_free_again_when_it_leaves_the_other_gateway(lab: Lab, other: Lab) -> None:
    async with other.board():
        await known_to(lab)
    await eventually(lambda: lab.gateway.peers.holder("aero") is None)
    async with lab.board("/aero?simulated=1"):
        await held(lab)


async def test_nonsense_in_place_of_a_status_is_ignored(lab: Lab, bus: Bus) -> None:
    for nonsense in (b"", b"\xff", b"[]", b"{}", b'{"device": "aero", "gateway": "x", "connected": true}'):
        await bus.broker.publish("aero.remlab.status", nonsense)
    await bus.broker.flush()
    async with lab.board() as board:
        await board.send_frame()
        await eventually(lambda: lab.gateway.records.get("aero").frames == 1)
