import math

import pytest

from remlab_common.devices import DEFAULT_LIMITS
from remlab_common.frames import encode_value, to_float32
from remlab_gateway.commands import KEYS, RefusedCommandError, check, decimal, message


def value_of(key: str, value: float) -> float:
    return check(key, encode_value(value), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("event", 1),
        ("event", 6),
        ("ctrl_mode", 0),
        ("vel_man", -600),
        ("vel_man", 600),
        ("Kp", 0),
        ("Kp", 100),
        ("freq", -1e6),
    ],
)
def test_what_is_allowed_passes(key: str, value: float) -> None:
    assert value_of(key, value) == to_float32(value)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("event", 0, "event must be one of 1, 2, 3, 4, 5, 6"),
        ("event", 1.5, "must be one of"),
        ("event", math.nan, "finite"),
        ("ctrl_mode", 2, "must be one of 0, 1"),
        ("vel_man", 600.1, "vel_man must lie between -600 and 600"),
        ("Kp", -0.001, "Kp must lie between 0 and 100"),
        ("Kp", math.nan, "Kp must be a finite number"),
        ("Ki", math.inf, "finite"),
        ("Kd", -math.inf, "finite"),
        ("amp", math.nan, "finite"),
        ("state", 1, "unknown command 'state'"),
        ("kp", 1, "unknown command 'kp'"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_reason(key: str, value: float, reason: str) -> None:
    with pytest.raises(RefusedCommandError, match=reason):
        value_of(key, value)


@pytest.mark.parametrize("payload", [b"", b"1", bytes(8), b"hello"])
def test_a_payload_that_is_no_float32_is_refused(payload: bytes) -> None:
    with pytest.raises(RefusedCommandError, match="one float32"):
        check("Kp", payload, DEFAULT_LIMITS)


def test_a_limit_that_is_no_float32_is_itself_allowed() -> None:
    assert check("Kp", encode_value(0.1), {"Kp": (0.0, 0.1)}) == to_float32(0.1)
    assert check("Kp", encode_value(0.7), {"Kp": (0.7, 1.0)}) == to_float32(0.7)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (600.0, "600"),
        (-600.0, "-600"),
        (4.3, "4.3"),
        (100.0, "100"),
        (0.1, "0.1"),
        (1e-5, "0.00001"),
        (123456.789, "123456.79"),
        (16777216.0, "16777216"),
    ],
)
def test_numbers_are_written_short_and_without_exponent(value: float, text: str) -> None:
    assert decimal(to_float32(value)) == text


def test_every_float32_is_given_back_by_at_most_nine_digits() -> None:
    value = to_float32(0.001)
    while value < 1e9:
        text = decimal(value)
        assert to_float32(float(text)) == value
        assert len(text.replace(".", "").strip("0")) <= 9
        assert "e" not in text
        value = to_float32(value * 1.0173)


@pytest.mark.parametrize("key", KEYS)
def test_the_message_to_the_device_carries_a_string(key: str) -> None:
    assert message(key, 1.0) == f'{{"{key}":"1"}}'
