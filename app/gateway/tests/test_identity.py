import json

import pytest

from remlab_common.frames import STALE_AFTER_SECONDS
from remlab_gateway.connections import Decision, Holder, decide

from .lab import Bus, Lab, eventually, take

NOW = 1_000_000
FRESH = NOW - int(STALE_AFTER_SECONDS * 1000) + 1
SILENT = NOW - int(STALE_AFTER_SECONDS * 1000)


@pytest.mark.parametrize(
    ("newcomer_simulated", "holder", "decision"),
    [
        (False, None, Decision.ADMIT),
        (True, None, Decision.ADMIT),
        (False, Holder(True, FRESH), Decision.REPLACE),
        (False, Holder(True, None), Decision.REPLACE),
        (True, Holder(False, FRESH), Decision.REFUSE),
        (True, Holder(False, SILENT), Decision.REFUSE),
        (True, Holder(False, None), Decision.REFUSE),
        (False, Holder(False, FRESH), Decision.REFUSE),
        (False, Holder(False, SILENT), Decision.REPLACE),
        (False, Holder(False, None), Decision.REPLACE),
        (True, Holder(True, FRESH), Decision.REFUSE),
        (True, Holder(True, SILENT), Decision.REPLACE),
    ],
)
def test_who_gets_an_id(newcomer_simulated: bool, holder: Holder | None, decision: Decision) -> None:
    assert decide(newcomer_simulated, holder, now=NOW)[0] is decision


async def test_a_device_without_id_is_the_default_one(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("aero")
    async with lab.board("/") as board:
        await board.send_frame()
        await take(frames)


async def test_an_unknown_id_is_closed_with_4404_and_counted(lab: Lab, bus: Bus) -> None:
    for path in ("/nobody", "/aero/more", "/healthz"):
        async with lab.board(path) as board:
            code, reason = await board.close_code()
            assert code == 4404
            assert "lab_devices" in reason
    statuses = await bus.collect("remlab.gateway.status")
    (status,) = await take(statuses)
    told = json.loads(status.data)
    assert told["gateway"] == "gateway-1"
    assert told["unknown_device_connections"] == 3
    assert told["last_unknown_device"] == "healthz"


async def test_a_real_device_takes_the_id_from_a_simulated_one(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("aero")
    async with lab.board("/aero?simulated=1") as simulated:
        await simulated.send_frame()
        async with lab.board("/") as real:
            assert (await simulated.close_code())[0] == 4409
            await take(frames)
            await real.send_frame()
            (message,) = await take(frames)
    assert (message.headers or {})["Remlab-Simulated"] == "0"
    assert lab.gateway.records.get("aero").connections_replaced == 1


async def test_a_simulated_device_is_refused_while_the_real_one_is_there(lab: Lab) -> None:
    record = lab.gateway.records.get("aero")
    async with lab.board("/"):
        await eventually(lambda: record.connection is not None)
        async with lab.board("/aero?simulated=1") as simulated:
            assert (await simulated.close_code())[0] == 4409
    await eventually(lambda: record.connection is None)
    assert record.connections_refused == 1
    async with lab.board("/aero?simulated=1"):
        await eventually(lambda: record.connection is not None, "it is admitted once the real one left")


async def test_a_second_device_with_one_id_is_refused_while_the_first_sends(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("aero")
    async with lab.board("/") as first:
        await first.send_frame()
        await take(frames)
        async with lab.board("/aero") as second:
            code, reason = await second.close_code()
            assert code == 4409
            assert "another device" in reason
        await first.send_frame()
        await take(frames)
    assert lab.gateway.records.get("aero").connections_refused == 1


async def test_a_second_device_takes_over_from_one_that_is_silent(lab: Lab, bus: Bus) -> None:
    frames = await bus.frames("aero")
    record = lab.gateway.records.get("aero")
    async with lab.board("/") as first:
        await first.send_frame()
        await take(frames)
        record.connection.last_frame_at -= int(STALE_AFTER_SECONDS * 1000)
        async with lab.board("/") as second:
            assert (await first.close_code())[0] == 4409
            await second.send_frame()
            (message,) = await take(frames)
            assert (message.headers or {})["Remlab-Connection"] == record.connection.id


async def test_the_status_tells_who_is_connected(lab: Lab, bus: Bus) -> None:
    statuses = await bus.collect("aero.remlab.status")

    async def told(**expected: object) -> bool:
        (status,) = await take(statuses)
        return expected.items() <= json.loads(status.data).items()

    await eventually(lambda: told(connected=False, connection=None, connected_at=None))
    async with lab.board("/aero?simulated=1") as board:
        await board.send_frame()
        await eventually(lambda: told(connected=True, simulated=True, frames=1, gateway="gateway-1"))
    await eventually(lambda: told(connected=False, simulated=None, frames=1))
