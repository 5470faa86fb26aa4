"""H.264 out of RTP packets (RFC 3550 §5.1, RFC 6184 §5): single units, STAP-A and FU-A."""

from dataclasses import dataclass

_STAP_A, _FU_A = 24, 28
# An access unit beyond this is no picture of a camera but a fault; memory stays bounded.
_LARGEST_ACCESS_UNIT_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """The NAL units of one picture and its time by the camera's clock (rising, in ticks, not wrapped)."""

    units: tuple[bytes, ...]
    ticks: int
    # Something is missing here or directly before: what follows refers to a picture that nobody has.
    damaged: bool = False

    @property
    def is_key(self) -> bool:
        """Whether a decoder can begin here."""
        return any(unit[0] & 0x1F == 5 for unit in self.units)


class Depacketiser:
    """Puts the packets of one stream together."""

    def __init__(self) -> None:
        self._units: list[bytes] = []
        self._fragment: bytearray | None = None
        self._size = 0
        self._damaged = False
        self._sequence: int | None = None
        self._timestamp: int | None = None
        self._ticks = 0

    def feed(self, packet: bytes) -> list[AccessUnit]:
        """Take one packet; return the access units that are complete with it (usually none or one)."""
        parsed = _payload(packet)
        if parsed is None:
            return []
        sequence, timestamp, marker, payload = parsed
        finished: list[AccessUnit] = []
        if self._timestamp is not None and timestamp != self._timestamp:
            # A camera that does not mark its last packets: the next picture ends this one.
            finished += self._finish()
        if self._sequence is not None and sequence != (self._sequence + 1) & 0xFFFF:
            self._damaged, self._fragment = True, None
        self._sequence = sequence
        self._advance(timestamp)
        self._take(payload)
        if marker:
            finished += self._finish()
        return finished

    def _advance(self, timestamp: int) -> None:
        if self._timestamp is not None:
            step = (timestamp - self._timestamp) & 0xFFFFFFFF
            self._ticks += step - (1 << 32) if step >> 31 else step
        self._timestamp = timestamp

    def _finish(self) -> list[AccessUnit]:
        """Close the picture. Parameter sets that came alone are kept for the picture after them."""
        if not any(1 <= unit[0] & 0x1F <= 5 for unit in self._units):
            return []
        finished = AccessUnit(tuple(self._units), self._ticks, self._damaged or self._fragment is not None)
        self._units, self._fragment, self._damaged, self._size = [], None, False, 0
        return [finished]

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F
        if 1 <= kind <= 23:
            self._add(payload)
        elif kind == _STAP_A:
            self._split(payload)
        elif kind == _FU_A and len(payload) > 2:
            self._join(payload)

    def _split(self, payload: bytes) -> None:
        at = 1
        while at + 2 < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            self._add(payload[at + 2 : at + 2 + size])
            at += 2 + size

    def _join(self, payload: bytes) -> None:
        indicator, header = payload[0], payload[1]
        if header & 0x80:
            self._fragment = bytearray((indicator & 0xE0 | header & 0x1F,))
        if self._fragment is None:
            self._damaged = True
            return
        self._fragment += payload[2:]
        if len(self._fragment) > _LARGEST_ACCESS_UNIT_BYTES:
            self._damaged, self._fragment = True, None
        elif header & 0x40:
            self._add(bytes(self._fragment))
            self._fragment = None

    def _add(self, unit: bytes) -> None:
        self._size += len(unit)
        if self._size > _LARGEST_ACCESS_UNIT_BYTES:
            self._damaged, self._units, self._size = True, [], 0
        elif unit:
            self._units.append(unit)


def _payload(packet: bytes) -> tuple[int, int, bool, bytes] | None:
    """Return sequence number, timestamp, marker and payload; None for what is not RTP."""
    if len(packet) < 13 or packet[0] >> 6 != 2:
        return None
    begin = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    if begin >= end:
        return None
    sequence, timestamp = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[4:8], "big")
    return sequence, timestamp, bool(packet[1] & 0x80), packet[begin:end]
