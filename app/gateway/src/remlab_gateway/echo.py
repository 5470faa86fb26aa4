"""Confirmation of commands by their echo in the device's telemetry."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from remlab_common.frames import INDEX, ControlMode, Event, Mode, Values

ECHOED_KEYS = ("ctrl_mode", "vel_man", "Kp", "Ki", "Kd")
"""Keys whose value comes back in the telemetry as it was stored; `event` shows in the mode."""

# The device parses decimal text into a float32, so its last digits may differ from ours.
_RELATIVE_TOLERANCE = 1e-5
_ABSOLUTE_TOLERANCE = 1e-6

_MODE_AFTER = {
    Event.POWERON: Mode.READY,
    Event.POWEROFF: Mode.STANDBY,
    Event.STOP: Mode.READY,
    Event.RESET: Mode.STANDBY,
    Event.FAULT: Mode.ALARM,
}

Verdict = bool | str
"""True: echoed. False: not yet. A sentence: this device's frames can never tell."""
Judge = Callable[[Values], Verdict]


@dataclass(frozen=True)
class Confirmation:
    """How waiting for an echo ended; `reason` says why it was not seen."""

    confirmed: bool
    reason: str | None = None


def judge_for(key: str, value: float) -> Judge | None:
    """Give what recognises a command's echo in a frame, or None if nothing shows there."""
    if key == "event":
        event = Event(int(value))
        return _is_started if event is Event.START else lambda values: _has_mode(values, _MODE_AFTER[event])
    if key in ECHOED_KEYS:
        return lambda values: _has_value(values, key, value)
    return None


def _is_started(values: Values) -> Verdict:
    ctrl_mode = values[INDEX["ctrl_mode"]]
    if ctrl_mode is None:  # firmware that sends 11 values does not say which of both it enters
        return values[0] in (Mode.PID, Mode.TEST)
    return _has_mode(values, Mode.PID if ctrl_mode == ControlMode.PID else Mode.TEST)


def _has_mode(values: Values, mode: Mode) -> Verdict:
    return values[0] == mode


def _has_value(values: Values, key: str, value: float) -> Verdict:
    echoed = values[INDEX[key]]
    if echoed is None:
        return f"the device's frames do not carry {key}"
    return math.isclose(echoed, value, rel_tol=_RELATIVE_TOLERANCE, abs_tol=_ABSOLUTE_TOLERANCE)


class Expectations:
    """The echoes that are waited for from one device: at most one per key, the newest command's."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Judge, asyncio.Future[Confirmation]]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def expect(self, key: str, judge: Judge) -> "asyncio.Future[Confirmation]":
        """Begin to wait; call it just before the command is sent, so that no echo is missed."""
        self._end(key, Confirmation(False, f"a newer {key} was sent before this one was echoed"))
        future: asyncio.Future[Confirmation] = asyncio.get_running_loop().create_future()
        self._waiting[key] = (judge, future)
        return future

    def forget(self, key: str, future: "asyncio.Future[Confirmation]") -> None:
        """Stop waiting for this one."""
        if key in self._waiting and self._waiting[key][1] is future:
            del self._waiting[key]

    def look_at(self, values: Values) -> None:
        """Settle what a decoded frame settles."""
        for key, (judge, _) in list(self._waiting.items()):
            verdict = judge(values)
            if verdict is True:
                self._end(key, Confirmation(True))
            elif verdict:
                self._end(key, Confirmation(False, str(verdict)))

    def give_up(self, reason: str) -> None:
        """Settle everything as unconfirmed: the device is gone."""
        for key in list(self._waiting):
            self._end(key, Confirmation(False, reason))

    def _end(self, key: str, confirmation: Confirmation) -> None:
        _, future = self._waiting.pop(key, (None, None))
        if future is not None and not future.done():
            future.set_result(confirmation)
