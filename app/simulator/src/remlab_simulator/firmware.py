"""The device's firmware: its state machine, and how it reads commands.

It stores gains and speeds unchecked, reads only JSON values that are strings, and ignores RESET
and FAULT from outside, as today's firmware does. It knows no dead-man switch: whatever it was told
last goes on when the connection is lost. Source: the device protocol of the platform, section 2.
"""

import json
import math
import re
from collections import deque

from remlab_common.frames import ControlMode, Event, Mode, to_float32

READY_BLOCK_SECONDS = 0.6
"""Entering READY blocks the control task for so long: no telemetry, no event."""

_STORED_KEYS = ("vel_man", "Kp", "Ki", "Kd")
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf))", re.IGNORECASE)

_TRANSITIONS = {
    (Mode.STANDBY, Event.POWERON): Mode.READY,
    (Mode.READY, Event.POWEROFF): Mode.STANDBY,
    (Mode.PID, Event.STOP): Mode.READY,
    (Mode.TEST, Event.STOP): Mode.READY,
    (Mode.PID, Event.POWEROFF): Mode.STANDBY,
    (Mode.TEST, Event.POWEROFF): Mode.STANDBY,
    (Mode.ALARM, Event.RESET): Mode.STANDBY,
}


class Firmware:
    """State and stored values; time comes from outside, in seconds since the device was switched on.

    `fault_events`: also obey RESET and FAULT from outside, as a later firmware may.
    """

    def __init__(self, *, fault_events: bool = False) -> None:
        self.mode = Mode.STANDBY
        self.ctrl_mode = float(ControlMode.PID)
        self.stored = {"vel_man": 0.0, "Kp": 7.0, "Ki": 0.0, "Kd": 0.0}
        self.entered_at = 0.0
        self._fault_events = fault_events
        self._blocked_until = 0.0
        self._events: deque[float] = deque()

    @property
    def gains(self) -> tuple[float, float, float]:
        """Kp, Ki, Kd as they were stored."""
        return self.stored["Kp"], self.stored["Ki"], self.stored["Kd"]

    def is_blocked(self, now: float) -> bool:
        """Whether the control task is blocked, because READY was entered just now."""
        return now < self._blocked_until

    def receive(self, text: str) -> None:
        """Take a message from the gateway; whatever it does not understand has no effect."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        values = {key: _number(value) for key, value in message.items() if isinstance(value, str)}
        for key in _STORED_KEYS:
            if key in values:
                self.stored[key] = values[key]
        if "ctrl_mode" in values:
            self.ctrl_mode = values["ctrl_mode"]
        if "event" in values:
            self._events.append(values["event"])

    def work(self, now: float) -> None:
        """Handle the events that wait, as the control task does at each of its steps."""
        while self._events and not self.is_blocked(now):
            number = self._events.popleft()
            if number in set(Event):
                self._handle(Event(int(number)), now)

    def fail(self, now: float) -> None:
        """Enter ALARM, as a fault of the device itself makes it do."""
        self._enter(Mode.ALARM, now)

    def _handle(self, event: Event, now: float) -> None:
        if event in (Event.RESET, Event.FAULT) and not self._fault_events:
            return
        if event is Event.FAULT:
            self.fail(now)
        elif event is Event.START and self.mode is Mode.READY:
            self._enter(Mode.PID if self.ctrl_mode == ControlMode.PID else Mode.TEST, now)
        elif (self.mode, event) in _TRANSITIONS:
            self._enter(_TRANSITIONS[self.mode, event], now)

    def _enter(self, mode: Mode, now: float) -> None:
        self.mode = mode
        self.entered_at = now
        if mode is Mode.READY:
            self._blocked_until = now + READY_BLOCK_SECONDS


def _number(text: str) -> float:
    """Read as C's atof does: the number at the beginning, or else 0."""
    match = _NUMBER.match(text)
    value = float(match[1]) if match else 0.0
    return value if math.isnan(value) else to_float32(value)
