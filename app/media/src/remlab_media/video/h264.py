"""What has to be known of H.264 (ITU-T H.264) without decoding it."""

SPS, PPS, IDR = 7, 8, 5
_ACCESS_UNIT_DELIMITER, _FILLER = 9, 12
_B_SLICES = (1, 6)


def kind(unit: bytes) -> int:
    """Return the type of a NAL unit."""
    return unit[0] & 0x1F


def codec(sps: bytes) -> str:
    """Return the name that browsers know the stream by (RFC 6381), as `avc1.42C01E`."""
    return f"avc1.{sps[1]:02X}{sps[2]:02X}{sps[3]:02X}"


def has_b_slice(units: tuple[bytes, ...]) -> bool:
    """Tell whether a picture is predicted from a later one, so that times do not rise any more."""
    return any(_slice_type(unit) in _B_SLICES for unit in units if kind(unit) in (1, IDR))


def sample(units: tuple[bytes, ...]) -> bytes:
    """Return the units as a sample of MP4: each behind its length, without what the file's head holds."""
    left_out = (SPS, PPS, _ACCESS_UNIT_DELIMITER, _FILLER)
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units if kind(unit) not in left_out)


def byte_stream(units: tuple[bytes, ...]) -> bytes:
    """Return the units behind start codes, as decoders take them (Annex B)."""
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def _slice_type(unit: bytes) -> int:
    """Return slice_type (§7.4.3), the second Exp-Golomb number of a slice's header; −1 if it is cut off."""
    bits = int.from_bytes(unit[1:13].ljust(12, b"\0"), "big")
    position = 96

    def exp_golomb() -> int:
        nonlocal position
        zeros = 0
        while position > 0 and not bits >> (position - 1) & 1:
            zeros, position = zeros + 1, position - 1
        position -= zeros + 1
        if position < 0:
            return -1
        return (bits >> position & ((1 << zeros + 1) - 1)) - 1

    exp_golomb()  # first_mb_in_slice
    return exp_golomb()
