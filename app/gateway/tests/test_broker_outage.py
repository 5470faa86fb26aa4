import asyncio

from remlab_common.frames import EXAMPLE_FRAME
from tests.servers.nats import NatsServer

from .lab import Bus, Lab, eventually, take


async def test_devices_stay_connected_while_the_broker_is_away_and_frames_flow_when_it_is_back(
    lab: Lab, bus: Bus, nats_server: NatsServer
) -> None:
    frames = await bus.frames()
    record = lab.gateway.records.get("aero")
    async with lab.board() as board:
        await board.send_frame()
        await take(frames)
        nats_server.stop()
        await eventually(lambda: not lab.gateway.broker.is_connected)
        for _ in range(5):
            await board.send_frame()
        await eventually(lambda: record.dropped_frames == 5, "frames are counted, not queued")
        assert await lab.status("/healthz") == 200
        assert await lab.status("/readyz") == 503

        nats_server.start()
        async with asyncio.timeout(10):
            await lab.gateway.broker.wait_connected()
            await bus.broker.wait_connected()
        await board.send_frame()
        (message,) = await take(frames)
        assert (message.headers or {})["Remlab-Sequence"] == "7", "the gap shows in the sequence"
        assert await lab.status("/readyz") == 200


async def test_commands_work_again_after_the_broker_was_away(
    lab: Lab, bus: Bus, nats_server: NatsServer
) -> None:
    async with lab.board() as board:
        await eventually(lambda: lab.gateway.records.get("aero").connection is not None)
        nats_server.stop()
        await eventually(lambda: not lab.gateway.broker.is_connected)
        nats_server.start()
        async with asyncio.timeout(10):
            await lab.gateway.broker.wait_connected()
            await bus.broker.wait_connected()
        answer = asyncio.create_task(bus.command("Kp", 2))
        await board.received()
        await board.send_frame(Kp=2)
        assert (await answer)["outcome"] == "confirmed"


async def test_a_gateway_that_starts_before_the_broker_serves_devices_and_waits(
    nats_server: NatsServer,
) -> None:
    nats_server.stop()
    lab = Lab(nats_server)
    async with lab.running(wait_for_broker=False), lab.board() as board:
        await board.socket.send(EXAMPLE_FRAME)
        await eventually(lambda: lab.gateway.records.get("aero").dropped_frames == 1)
        assert await lab.status("/healthz") == 503, "a new version must not replace one that works"
        nats_server.start()
        async with asyncio.timeout(10):
            await lab.gateway.broker.wait_connected()
        assert await lab.status("/healthz") == 200
