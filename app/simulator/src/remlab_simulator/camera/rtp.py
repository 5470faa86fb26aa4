"""RTP for H.264 (RFC 3550, RFC 6184): NAL units into packets, and the sender's reports."""

import random
import struct
import time

PAYLOAD_TYPE = 96
CLOCK_HZ = 90_000

_LARGEST_PAYLOAD = 1400
_FU_A = 28
_NTP_EPOCH_SECONDS = 2_208_988_800


class Packetiser:
    """Numbers the packets of one stream. All viewers of a camera get the same packets."""

    def __init__(self) -> None:
        self.ssrc = random.getrandbits(32)
        self.next_sequence = random.getrandbits(16)
        self._offset = random.getrandbits(32)
        self._packets = 0
        self._octets = 0

    def timestamp(self, seconds: float) -> int:
        """Return the stream's 90 kHz time at a moment of the monotonic clock."""
        return (self._offset + round(seconds * CLOCK_HZ)) & 0xFFFFFFFF

    def access_unit(self, units: list[bytes], *, seconds: float) -> list[bytes]:
        """Return the packets of one picture; the last one is marked, so nobody has to wait for the next."""
        timestamp = self.timestamp(seconds)
        payloads = [payload for unit in units for payload in _payloads(unit)]
        last = len(payloads) - 1
        return [
            self._packet(payload, timestamp, marker=index == last) for index, payload in enumerate(payloads)
        ]

    def sender_report(self, *, seconds: float) -> bytes:
        """Return an RTCP packet that says which wall-clock time `seconds` (monotonic) is."""
        ntp = time.time() + _NTP_EPOCH_SECONDS - (time.monotonic() - seconds)
        return struct.pack(
            "!BBHIIIIII",
            0x80,
            200,
            6,
            self.ssrc,
            int(ntp) & 0xFFFFFFFF,
            int(ntp % 1 * (1 << 32)),
            self.timestamp(seconds),
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )

    def _packet(self, payload: bytes, timestamp: int, *, marker: bool) -> bytes:
        header = struct.pack(
            "!BBHII", 0x80, PAYLOAD_TYPE | marker << 7, self.next_sequence, timestamp, self.ssrc
        )
        self.next_sequence = (self.next_sequence + 1) & 0xFFFF
        self._packets += 1
        self._octets += len(payload)
        return header + payload


def _payloads(unit: bytes) -> list[bytes]:
    """Return the unit itself where it fits, otherwise its fragments (FU-A, RFC 6184 §5.8)."""
    if len(unit) <= _LARGEST_PAYLOAD:
        return [unit]
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F
    room = _LARGEST_PAYLOAD - 2
    pieces = [unit[at : at + room] for at in range(1, len(unit), room)]
    last = len(pieces) - 1
    return [
        bytes((indicator, kind | (index == 0) << 7 | (index == last) << 6)) + piece
        for index, piece in enumerate(pieces)
    ]
