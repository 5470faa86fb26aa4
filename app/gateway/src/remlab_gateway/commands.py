"""Commands for devices: what is allowed, and how it is written for the firmware.

The firmware stores what it gets without checking, so nothing passes here that the lab's limits do
not allow. It reads TEXT JSON in which every value is a string; a number is ignored.
"""

import json
import math
from collections.abc import Mapping
from decimal import Decimal

from remlab_common.devices import Range
from remlab_common.frames import ControlMode, Event, decode_value, to_float32

KEYS = (
    "event",
    "ctrl_mode",
    "vel_man",
    "Kp",
    "Ki",
    "Kd",
    "pos_man",
    "ref_type",
    "freq",
    "amp",
)

_CHOICES = {"event": tuple(map(int, Event)), "ctrl_mode": tuple(map(int, ControlMode))}
_SIGNIFICANT_DIGITS = 9


class RefusedCommandError(Exception):
    """A command that is not sent; says why, for the user."""

    def __init__(self, reason: str, value: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value


def check(key: str, payload: bytes, limits: Mapping[str, Range]) -> float:
    """Give the value of a command from the bus. Raises RefusedCommandError."""
    if key not in KEYS:
        raise RefusedCommandError(f"unknown command {key!r}; known: {', '.join(KEYS)}")
    try:
        value = decode_value(payload)
    except ValueError as error:
        raise RefusedCommandError(str(error)) from None
    if not math.isfinite(value):
        raise RefusedCommandError(f"{key} must be a finite number")
    choices = _CHOICES.get(key)
    if choices is not None and value not in choices:
        raise RefusedCommandError(f"{key} must be one of {', '.join(map(str, choices))}", value)
    lowest, highest = limits.get(key, (-math.inf, math.inf))
    # A limit such as 0.1 is no float32; the value was rounded, so the limit is as well.
    if not to_float32(lowest) <= value <= to_float32(highest):
        raise RefusedCommandError(f"{key} must lie between {lowest:g} and {highest:g}", value)
    return value


def decimal(value: float) -> str:
    """Write a finite float32 with the fewest digits that give it back: 4.3, not 4.30000019.

    At most 9 significant digits, which is enough for any float32; never an exponent.
    """
    for digits in range(1, _SIGNIFICANT_DIGITS + 1):
        text = f"{value:.{digits}g}"
        if to_float32(float(text)) == value:
            break
    return f"{Decimal(text) + 0:f}"  # + 0 turns -0 into 0


def message(key: str, value: float) -> str:
    """Give the text message that carries one command to the device."""
    return json.dumps({key: decimal(value)}, separators=(",", ":"))
