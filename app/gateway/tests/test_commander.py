import asyncio
import json
import math
import time

import pytest
from nats.errors import NoRespondersError

from remlab_common.frames import Mode, encode_value

from .lab import Bus, Lab, eventually


async def test_a_gain_is_sent_as_text_and_confirmed_by_its_echo(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = asyncio.create_task(bus.command("Kp", 4.3))
        assert json.loads(await board.received()) == {"Kp": "4.3"}
        await board.send_frame(Kp=7)
        assert not answer.done()
        await board.send_frame(Kp=4.3)
        assert await answer == {
            "outcome": "confirmed",
            "reason": None,
            "device": "aero",
            "key": "Kp",
            "value": pytest.approx(4.3),
        }


@pytest.mark.parametrize(("key", "value"), [("ctrl_mode", 0), ("vel_man", -120.5), ("Ki", 0.1), ("Kd", 3)])
async def test_every_stored_value_is_confirmed(lab: Lab, bus: Bus, key: str, value: float) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = asyncio.create_task(bus.command(key, value))
        await board.received()
        await board.send_frame(**{key: value * (1 + 1e-6)})
        assert (await answer)["outcome"] == "confirmed"


@pytest.mark.parametrize(
    ("event", "ctrl_mode", "mode"),
    [
        (1, 1, Mode.READY),
        (2, 1, Mode.STANDBY),
        (3, 1, Mode.PID),
        (3, 0, Mode.TEST),
        (4, 1, Mode.READY),
        (5, 1, Mode.STANDBY),
        (6, 1, Mode.ALARM),
    ],
)
async def test_an_event_is_confirmed_by_the_mode(
    lab: Lab, bus: Bus, event: int, ctrl_mode: int, mode: Mode
) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = asyncio.create_task(bus.command("event", event))
        assert json.loads(await board.received()) == {"event": str(event)}
        await board.send_frame(mode=Mode.STARTING, ctrl_mode=ctrl_mode)
        assert not answer.done()
        await board.send_frame(mode=mode)
        assert (await answer)["outcome"] == "confirmed"


async def test_a_command_that_is_not_echoed_is_unconfirmed_in_time(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        begin = time.monotonic()
        answer = asyncio.create_task(bus.command("Kp", 4.3))
        await board.received()
        await board.send_frame(Kp=7)
        result = await answer
    assert result["outcome"] == "unconfirmed"
    assert "did not confirm" in result["reason"]
    assert time.monotonic() - begin == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize("key", ["pos_man", "ref_type", "freq", "amp"])
async def test_what_the_firmware_does_not_echo_is_forwarded_but_never_confirmed(
    lab: Lab, bus: Bus, key: str
) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = await bus.command(key, 1)
        assert json.loads(await board.received()) == {key: "1"}
    assert answer["outcome"] == "unconfirmed"
    assert answer["reason"] == f"the device does not echo {key}"


async def test_a_gain_that_the_frames_do_not_carry_is_unconfirmed_with_that_reason(
    lab: Lab, bus: Bus
) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = asyncio.create_task(bus.command("Kd", 1))
        await board.received()
        await board.socket.send(bytes(60))
        assert (await answer)["reason"] == "the device's frames do not carry Kd"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Kp", math.nan),
        ("Kp", 101),
        ("vel_man", math.inf),
        ("event", 7),
        ("nonsense", 1),
        ("Kp", b"too long"),
    ],
)
async def test_a_refused_command_never_reaches_the_device(
    lab: Lab, bus: Bus, key: str, value: float | bytes
) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = await bus.command(key, value)
        assert answer["outcome"] == "refused"
        assert answer["reason"]
        await bus.broker.publish("aero.esp32.Kp", encode_value(1))
        assert json.loads(await board.received()) == {"Kp": "1"}, "the first message it ever gets"


async def test_a_command_without_reply_subject_is_sent_all_the_same(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        await bus.broker.publish("aero.esp32.event", encode_value(2))
        assert json.loads(await board.received()) == {"event": "2"}


async def test_commands_are_sent_in_their_order_without_waiting_for_echoes(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        for value in range(20):
            await bus.broker.publish("aero.esp32.Kp", encode_value(value))
        await bus.broker.publish("aero.esp32.event", encode_value(2))
        received = [json.loads(await board.received()) for _ in range(21)]
    assert received == [{"Kp": str(value)} for value in range(20)] + [{"event": "2"}]


async def test_a_newer_command_leaves_the_older_one_unconfirmed(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        older = asyncio.create_task(bus.command("Kp", 4))
        await board.received()
        newer = asyncio.create_task(bus.command("Kp", 5))
        await board.received()
        await board.send_frame(Kp=5)
        assert (await newer)["outcome"] == "confirmed"
        assert (await older)["outcome"] == "unconfirmed"
        assert "newer" in (await older)["reason"]


async def test_a_connection_lost_meanwhile_leaves_the_command_unconfirmed(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        answer = asyncio.create_task(bus.command("Kp", 4))
        await board.received()
        board.socket.transport.abort()
        assert "lost" in (await answer)["reason"]


async def test_nobody_answers_for_a_device_that_is_not_connected(lab: Lab, bus: Bus) -> None:
    with pytest.raises(NoRespondersError):
        await bus.command("Kp", 1)
    async with lab.board():
        await held(lab)
    await eventually(lambda: lab.gateway.records.get("aero").connection is None)
    await lab.gateway.broker.flush()
    with pytest.raises(NoRespondersError):
        await bus.command("Kp", 1)


async def test_outcomes_are_counted(lab: Lab, bus: Bus) -> None:
    async with lab.board() as board:
        await held(lab)
        await bus.command("Kp", 101)
        await bus.command("amp", 1)
        await board.received()
        answer = asyncio.create_task(bus.command("Kp", 4))
        await board.received()
        await board.send_frame(Kp=4)
        await answer
        metrics = (await lab.http.get("/metrics")).text
    for outcome in ("confirmed", "refused", "unconfirmed"):
        assert f'remlab_gateway_commands_total{{outcome="{outcome}"}} 1.0' in metrics
    assert 'remlab_gateway_frames_total{device="aero"} 1.0' in metrics
    assert 'remlab_gateway_device_connected{device="aero",simulated="0"} 1.0' in metrics


async def held(lab: Lab) -> None:
    """Wait until the default device is connected and takes commands."""
    record = lab.gateway.records.get("aero")
    await eventually(lambda: record.connection is not None)
    await lab.gateway.broker.flush()
