import json
import math

import pytest

from remlab_common.frames import Event, Mode, to_float32
from remlab_simulator.firmware import READY_BLOCK_SECONDS, Firmware


class Clock:
    """A firmware whose time a test advances."""

    def __init__(self, **options: bool) -> None:
        self.firmware = Firmware(**options)
        self.now = 0.0

    def send(self, seconds: float = 1.0, /, **message: object) -> Mode:
        """Send a message, let time pass and give the state."""
        self.firmware.receive(json.dumps(message))
        self.firmware.work(self.now)
        self.now += seconds
        self.firmware.work(self.now)
        return self.firmware.mode


@pytest.fixture
def clock() -> Clock:
    return Clock()


def in_mode(mode: Mode) -> Clock:
    clock = Clock(fault_events=True)
    if mode is not Mode.STANDBY:
        clock.send(event="1")
    if mode is Mode.PID:
        clock.send(ctrl_mode="1", event="3")
    if mode is Mode.TEST:
        clock.send(ctrl_mode="0", event="3")
    if mode is Mode.ALARM:
        clock.send(event="6")
    assert clock.firmware.mode is mode
    return clock


TRANSITIONS = {
    (Mode.STANDBY, Event.POWERON): Mode.READY,
    (Mode.READY, Event.START): Mode.PID,
    (Mode.READY, Event.POWEROFF): Mode.STANDBY,
    (Mode.PID, Event.STOP): Mode.READY,
    (Mode.PID, Event.POWEROFF): Mode.STANDBY,
    (Mode.TEST, Event.STOP): Mode.READY,
    (Mode.TEST, Event.POWEROFF): Mode.STANDBY,
    (Mode.ALARM, Event.RESET): Mode.STANDBY,
    **{(mode, Event.FAULT): Mode.ALARM for mode in Mode},
}


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.STARTING])
def test_every_event_leads_where_the_protocol_says_and_nowhere_else(mode: Mode, event: Event) -> None:
    clock = in_mode(mode)
    assert clock.send(event=str(int(event))) is TRANSITIONS.get((mode, event), mode)


def test_start_leads_to_test_or_pid_by_the_control_mode(clock: Clock) -> None:
    clock.send(event="1")
    assert clock.send(ctrl_mode="0", event="3") is Mode.TEST
    clock.send(event="4")
    assert clock.send(ctrl_mode="1", event="3") is Mode.PID


def test_the_control_mode_is_applied_before_the_event_whatever_their_order(clock: Clock) -> None:
    clock.send(event="1")
    clock.firmware.receive('{"event":"3","ctrl_mode":"0"}')
    clock.firmware.work(clock.now)
    assert clock.firmware.mode is Mode.TEST


def test_reset_and_fault_are_ignored_as_by_todays_firmware(clock: Clock) -> None:
    assert clock.send(event="6") is Mode.STANDBY
    clock.firmware.fail(clock.now)
    assert clock.send(event="5") is Mode.ALARM
    assert clock.send(event="1") is Mode.ALARM


def test_numbers_are_ignored_since_only_strings_are_read(clock: Clock) -> None:
    assert clock.send(event=1, Kp=3, vel_man=100.5) is Mode.STANDBY
    assert clock.firmware.gains == (7, 0, 0)
    assert clock.firmware.stored["vel_man"] == 0


def test_gains_and_speed_are_stored_unchecked(clock: Clock) -> None:
    clock.send(Kp="4.3", Ki="-5", Kd="1e9", vel_man="99999")
    assert clock.firmware.gains == (to_float32(4.3), -5, 1e9)
    assert clock.firmware.stored["vel_man"] == 99999
    clock.send(Kp="nan", Ki="inf")
    assert math.isnan(clock.firmware.stored["Kp"])
    assert clock.firmware.stored["Ki"] == math.inf


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4.3abc", to_float32(4.3)),
        ("", 0),
        ("hello", 0),
        (" -2", -2),
        (".5", 0.5),
        ("1e2", 100),
        ("1e99", math.inf),
    ],
)
def test_text_is_read_as_atof_reads_it(clock: Clock, text: str, number: float) -> None:
    clock.send(Kp=text)
    assert clock.firmware.stored["Kp"] == number


@pytest.mark.parametrize("text", ["", "hello", "[1]", "1", '"event"', "{", '{"event": null}', '{"x": "1"}'])
def test_what_it_does_not_understand_has_no_effect(clock: Clock, text: str) -> None:
    clock.firmware.receive(text)
    clock.firmware.work(0.0)
    assert clock.firmware.mode is Mode.STANDBY
    assert clock.firmware.gains == (7, 0, 0)


def test_entering_ready_blocks_telemetry_and_events_for_a_while(clock: Clock) -> None:
    clock.send(READY_BLOCK_SECONDS / 2, event="1")
    assert clock.firmware.is_blocked(clock.now)
    assert clock.send(READY_BLOCK_SECONDS / 4, event="3") is Mode.READY
    clock.now = READY_BLOCK_SECONDS
    clock.firmware.work(clock.now)
    assert not clock.firmware.is_blocked(clock.now)
    assert clock.firmware.mode is Mode.PID
