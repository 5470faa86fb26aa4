import math
import struct

import pytest

from remlab_common.frames import (
    EXAMPLE_FRAME,
    INDEX,
    KEYS,
    KNOWN_LENGTHS,
    Mode,
    UnknownFrameError,
    decode,
    decode_value,
    encode,
    encode_value,
    to_float32,
)

EXAMPLE_VALUES = (2.0, -45.5, 15.0, 0.0, 60.5, 812.0, 812.0, 0, 0, 1.0, 0, 0, 0, 7.0, 0, 0)


def test_the_test_vector_of_the_protocol_is_decoded() -> None:
    values = decode(EXAMPLE_FRAME)
    assert values == EXAMPLE_VALUES
    assert values[INDEX["mode"]] == Mode.READY
    assert values[INDEX["Kp"]] == 7.0


def test_encoding_gives_the_test_vector_back() -> None:
    assert encode(EXAMPLE_VALUES) == EXAMPLE_FRAME


def test_frames_of_fifteen_values_lack_the_last_gain() -> None:
    values = decode(EXAMPLE_FRAME[:60])
    assert values[:15] == EXAMPLE_VALUES[:15]
    assert values[15] is None


def test_frames_of_eleven_values_carry_the_gains_at_the_end() -> None:
    payload = struct.pack("<11f", 3, -45.5, 15, 0, 60.5, 812, 812, 30, 7, 2, 1)
    values = decode(payload)
    assert values[:8] == (3, -45.5, 15, 0, 60.5, 812, 812, 30)
    assert values[8:13] == (None,) * 5
    assert values[13:] == (7, 2, 1)


@pytest.mark.parametrize("length", sorted(KNOWN_LENGTHS))
def test_every_known_layout_survives_encoding_and_decoding(length: int) -> None:
    values = decode(encode(tuple(range(16)), length=length))
    assert len(values) == len(KEYS)
    assert [value for value in values if value is not None] == [
        float(index) for index, value in enumerate(values) if value is not None
    ]


@pytest.mark.parametrize("length", [0, 1, 43, 45, 48, 63, 65, 128])
def test_a_frame_of_unknown_length_is_refused_with_its_length(length: int) -> None:
    with pytest.raises(UnknownFrameError) as refusal:
        decode(bytes(length))
    assert refusal.value.length == length


def test_values_that_are_not_finite_are_decoded_as_missing() -> None:
    payload = struct.pack("<16f", 3, math.nan, math.inf, -math.inf, *range(12))
    assert decode(payload)[:5] == (3, None, None, None, 0)


def test_a_command_is_one_float32() -> None:
    assert encode_value(4.3) == struct.pack("<f", 4.3)
    assert decode_value(struct.pack("<f", 4.5)) == 4.5
    with pytest.raises(ValueError, match="not 8 bytes"):
        decode_value(bytes(8))


def test_what_float32_cannot_hold_becomes_infinite() -> None:
    assert to_float32(1e300) == math.inf
    assert to_float32(-1e300) == -math.inf
