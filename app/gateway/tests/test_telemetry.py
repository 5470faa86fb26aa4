import asyncio
import json
import time

import pytest

from remlab_common.frames import EXAMPLE_FRAME

from .lab import Bus, Lab, eventually, take


async def test_a_frame_reaches_the_bus_with_its_bytes_unchanged(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames()
    async with lab.board() as board:
        await board.socket.send(EXAMPLE_FRAME)
        (message,) = await take(frames)
    assert message.data == EXAMPLE_FRAME


async def test_headers_carry_sequence_time_and_connection(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames()
    before = int(time.time() * 1000)
    async with lab.board() as board:
        for _ in range(3):
            await board.send_frame()
        messages = await take(frames, 3)
    headers = [message.headers or {} for message in messages]
    assert [header["Remlab-Sequence"] for header in headers] == ["1", "2", "3"]
    assert before <= int(headers[0]["Remlab-Received"]) <= time.time() * 1000 + 1
    assert len({header["Remlab-Connection"] for header in headers}) == 1
    assert int(headers[0]["Remlab-Connection"], 16)
    assert headers[0]["Remlab-Simulated"] == "0"


async def test_each_connection_counts_its_own_frames(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("sim")
    seen = []
    for _ in range(2):
        async with lab.board("/sim?simulated=1") as board:
            await board.send_frame()
            seen += await take(frames)
    headers = [message.headers or {} for message in seen]
    assert [header["Remlab-Sequence"] for header in headers] == ["1", "1"]
    assert len({header["Remlab-Connection"] for header in headers}) == 2
    assert {header["Remlab-Simulated"] for header in headers} == {"1"}


async def test_the_subprotocol_is_echoed_when_asked_for(lab: Lab) -> None:
    async with lab.board() as board:
        assert board.socket.subprotocol == "arduino"


async def test_the_greeting_is_tolerated(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames()
    async with lab.board() as board:
        await board.socket.send("Hola desde el ESP32")
        await board.send_frame()
        await take(frames)
    assert lab.gateway.records.get("aero").unknown_frames == 0


@pytest.mark.parametrize("length", [44, 60])
async def test_frames_of_older_firmware_pass_unchanged(lab: Lab, bus: Bus, length: int) -> None:
    frames = await bus.frames()
    async with lab.board() as board:
        await board.socket.send(EXAMPLE_FRAME[:length])
        (message,) = await take(frames)
    assert message.data == EXAMPLE_FRAME[:length]


async def test_gateway_keeps_the_connection_after_a_frame_of_unknown_length(lab: Lab, bus: Bus) -> None:
    frames, statuses = await bus.frames(), await bus.collect("aero.remlab.status")
    async with lab.board() as board:
        await board.socket.send(bytes(48))
        await board.socket.send(b"")
        await board.socket.send(bytes(63))
        await board.send_frame()
        (message,) = await take(frames)
        assert (message.headers or {})["Remlab-Sequence"] == "1"
        assert frames.empty()

        async def shown() -> bool:
            (status,) = await take(statuses)
            told = json.loads(status.data)
            return (told["unknown_frames"], told["last_unknown_length"], told["frames"]) == (3, 63, 1)

        await eventually(shown, "the status tells of the unknown frames")


async def test_many_devices_are_served_at_once(lab: Lab, bus: Bus) -> None:
    frames = await bus.collect("*.esp32.state")
    async with lab.board("/") as real, lab.board("/sim?simulated=1") as simulated:
        for _ in range(5):
            await asyncio.gather(real.send_frame(), simulated.send_frame())
        messages = await take(frames, 10)
    subjects = [message.subject for message in messages]
    assert subjects.count("aero.esp32.state") == subjects.count("sim.esp32.state") == 5


async def test_a_device_that_vanishes_leaves_the_others_alone(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("sim")
    async with lab.board("/") as real, lab.board("/sim") as other:
        real.socket.transport.abort()
        await eventually(lambda: lab.gateway.records.get("aero").connection is None)
        await other.send_frame()
        await take(frames)


async def test_what_is_sent_to_a_device_that_is_gone_is_told_as_not_sent(lab: Lab) -> None:
    record = lab.gateway.records.get("aero")
    async with lab.board() as board:
        await eventually(lambda: record.connection is not None)
        connection = record.connection
        board.socket.transport.abort()
        await eventually(lambda: record.connection is None)
    assert await connection.send("{}") is False
    await connection.close(1000, "")


async def test_a_device_that_answers_no_pings_is_dropped(lab: Lab) -> None:
    impatient = Lab(lab.broker, ping_interval_seconds=0.1, ping_timeout_seconds=0.2)
    async with impatient.running(), impatient.board() as board:
        record = impatient.gateway.records.get("aero")
        await eventually(lambda: record.connection is not None)
        board.socket.transport.pause_reading()
        await eventually(lambda: record.connection is None, "the gateway drops it")
        board.socket.transport.abort()


async def test_a_huge_message_ends_only_its_own_connection(lab: Lab) -> None:
    async with lab.board() as board:
        await board.socket.send(bytes(1024 * 1024))
        assert (await board.close_code())[0] == 1009
    assert await lab.status("/healthz") == 200
