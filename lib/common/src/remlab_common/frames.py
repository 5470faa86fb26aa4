"""Telemetry frames of the aeropendulum's firmware, as they arrive from the device.

A frame is one binary message of IEEE-754 float32 values, little-endian, without header or
version, so its exact length tells its layout. Today's firmware sends 16 values (64 bytes) in
the order of `KEYS`; older ones send the first 15 (60 bytes), or 11 (44 bytes: indices 0 to 7,
then the three gains). Source: the device protocol of the platform, section 1.
"""

import math
import struct
from collections.abc import Sequence
from enum import IntEnum

KEYS = (
    "mode",
    "yk",
    "rk",
    "uk",
    "ek",
    "M1",
    "M2",
    "vel_man",
    "pos_man",
    "ctrl_mode",
    "ref_type",
    "freq",
    "amp",
    "Kp",
    "Ki",
    "Kd",
)
INDEX = {key: index for index, key in enumerate(KEYS)}

FRAME_HZ = 10.0
STALE_AFTER_SECONDS = 1.5
"""Entering READY silences the firmware for about 0.6 s, so less than this is no sign of trouble."""

_VALUE_BYTES = 4
_LAYOUTS: dict[int, tuple[int, ...]] = {
    64: tuple(range(16)),
    60: tuple(range(15)),
    44: (0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 15),
}
_PACKERS = {length: struct.Struct(f"<{len(layout)}f") for length, layout in _LAYOUTS.items()}
_FULL_LENGTH = 64
_FULL = _PACKERS[_FULL_LENGTH]
_FLOAT32 = struct.Struct("<f")

KNOWN_LENGTHS = frozenset(_LAYOUTS)
"""Lengths in bytes of the frames that can be decoded."""

EXAMPLE_FRAME = bytes.fromhex(
    "00000040000036c200007041000000000000724200004b4400004b44000000000000"
    "00000000803f0000000000000000000000000000e0400000000000000000"
)
"""READY, yk -45.5, rk 15, ek 60.5, M1 = M2 = 812, ctrl_mode PID, Kp 7."""

Values = tuple[float | None, ...]
"""16 values in the order of `KEYS`; None for what a frame does not carry or is not finite."""


class Mode(IntEnum):
    """State of the device: value 0 of a frame."""

    STANDBY = 0
    STARTING = 1
    READY = 2
    PID = 3
    TEST = 4
    ALARM = 5


class Event(IntEnum):
    """Values of the command `event`. Today's firmware ignores RESET and FAULT."""

    POWERON = 1
    POWEROFF = 2
    START = 3
    STOP = 4
    RESET = 5
    FAULT = 6


class ControlMode(IntEnum):
    """Values of `ctrl_mode`: which state START leads to."""

    TEST = 0
    PID = 1


class UnknownFrameError(ValueError):
    """A frame of a length that no known firmware sends."""

    def __init__(self, length: int) -> None:
        super().__init__(f"no firmware sends frames of {length} bytes")
        self.length = length


def decode(payload: bytes) -> Values:
    """Give the 16 values of a frame, widened with None where an older firmware sends fewer.

    Values that are not finite become None too, since JSON cannot carry them.
    Raises UnknownFrameError for any length not in `KNOWN_LENGTHS`.
    """
    length = len(payload)
    if length == _FULL_LENGTH:
        values: Values = _FULL.unpack(payload)
        return values if math.isfinite(sum(values)) else _finite(values)  # type: ignore[arg-type]
    if length not in _LAYOUTS:
        raise UnknownFrameError(length)
    widened: list[float | None] = [None] * len(KEYS)
    for index, value in zip(_LAYOUTS[length], _PACKERS[length].unpack(payload), strict=True):
        widened[index] = value
    return _finite(widened)


def encode(values: Sequence[float], *, length: int = _FULL_LENGTH) -> bytes:
    """Pack 16 values (order of `KEYS`) into a frame of `length` bytes, as a firmware would.

    Raises UnknownFrameError for a length not in `KNOWN_LENGTHS`.
    """
    if length not in _LAYOUTS:
        raise UnknownFrameError(length)
    return _PACKERS[length].pack(*(to_float32(values[index]) for index in _LAYOUTS[length]))


def decode_value(payload: bytes) -> float:
    """Give the value of a command on the bus: one float32. Raises ValueError for another length."""
    if len(payload) != _VALUE_BYTES:
        raise ValueError(f"a command is one float32 (4 bytes), not {len(payload)} bytes")
    return float(_FLOAT32.unpack(payload)[0])


def encode_value(value: float) -> bytes:
    """Pack the value of a command for the bus: one float32, little-endian."""
    return _FLOAT32.pack(to_float32(value))


def to_float32(value: float) -> float:
    """Round to what a float32 can hold; what is too large becomes an infinity, as in C."""
    try:
        return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _finite(values: Sequence[float | None]) -> Values:
    return tuple(value if value is not None and math.isfinite(value) else None for value in values)
