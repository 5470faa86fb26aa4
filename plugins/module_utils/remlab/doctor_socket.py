"""Sockets of the network doctor: the ports of a host, and a raw look at what reaches its interfaces."""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from contextlib import suppress
from typing import NamedTuple

# First bytes of each of our packets. Their bit 0x08 of the first byte is 0, so a VXLAN socket that holds
# port 4789 drops them without a further look.
MAGIC = b"RLdr"
_HEADER = struct.Struct("!4s8sHHQB")
_SO_ATTACH_FILTER = 26
_IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE = 10, 3
_IP_AND_UDP_BYTES = 28
_ETH_P_IP = 0x0800
_TCP, _UDP = 6, 17
_SYN, _SYN_AND_ACK = 0x02, 0x12
_MAX_PACKET_BYTES = 65_535


class Message(NamedTuple):
    """What one host tells another in each packet.

    sender: place of the sender in the sorted list of hosts; check: place in the list of checks;
    received: bit n is 1 when check n from the receiver has reached the sender; done: nothing is left
    that the sender waits for.
    """

    sender: int
    check: int
    received: int
    done: bool


class Arrival(NamedTuple):
    """A packet that reached an interface. A TCP one has no message: it only asks for a connection."""

    source: str
    destination: str
    protocol: str
    port: int
    packet_bytes: int
    message: Message | None


def pack(message: Message, token: bytes, packet_bytes: int = 0) -> bytes:
    """The payload of a UDP packet; the IP packet is `packet_bytes` long, where that is more than needed.

    :param token: 8 bytes that tell this run from others.
    """
    payload = _HEADER.pack(MAGIC, token, *message)
    return payload.ljust(packet_bytes - _IP_AND_UDP_BYTES, b"\0")


def unpack(payload: bytes, token: bytes) -> Message | None:
    """The message in a payload; None when it is not of this run."""
    if len(payload) < _HEADER.size:
        return None
    magic, its, sender, check, received, done = _HEADER.unpack_from(payload)
    return Message(sender, check, received, bool(done)) if magic == MAGIC and its == token else None


def listener(port: int) -> socket.socket | None:
    """A TCP listener on all addresses; None where somebody listens already."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("0.0.0.0", port))  # noqa: S104 (the engine will listen on all, too)
        taken.listen(64)
    except OSError:
        taken.close()
        return None
    taken.setblocking(False)
    return taken


def receiver(port: int) -> socket.socket | None:
    """A UDP socket on all addresses; None where somebody has the port (the kernel's VXLAN, say)."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        taken.bind(("0.0.0.0", port))  # noqa: S104 (the engine will listen on all, too)
    except OSError:
        taken.close()
        return None
    taken.setblocking(False)
    return taken


def sender(address: str) -> socket.socket | None:
    """A UDP socket whose packets are never cut into fragments; None where the address is not of this host.

    It probes: a smaller MTU that the kernel has learned and remembers is not believed, but tried anew.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
    try:
        made.bind((address, 0))
    except OSError:
        made.close()
        return None
    made.setblocking(False)
    return made


def dial(address: str, port: int, source: str) -> socket.socket:
    """A TCP connection that is being made; it is writable once it is decided."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    # Closing sends a reset, so that no port stays in TIME_WAIT.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        made.bind((source, 0))
    with suppress(OSError):
        made.connect((address, port))
    return made


def decided(connection: socket.socket) -> str:
    """How a connection came out: "" when it was made."""
    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    # Made, and closed from the other side before we looked.
    if code in (0, errno.ECONNRESET, errno.EPIPE):
        return ""
    return {errno.ECONNREFUSED: "refused", errno.ETIMEDOUT: "no answer"}.get(code, errno.errorcode[code])


def capture() -> socket.socket | None:
    """A raw look at IPv4 packets as they reach the interfaces, before this host's own firewall.

    Sees only our own packets and requests for TCP connections. None without the right to look.
    """
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
    except PermissionError:
        return None
    magic = int.from_bytes(MAGIC, "big")
    accept, reject = 14, 15
    program = (
        (0x30, 0, 0, 9),  # protocol
        (0x15, 0, 5, _UDP),  # → 7 when it is another
        (0x28, 0, 0, 6),
        (0x45, reject - 4, 0, 0x3FFF),  # fragments
        (0xB1, 0, 0, 0),  # length of the IP header
        (0x40, 0, 0, 8),  # first bytes of the payload
        (0x15, accept - 7, reject - 7, magic),
        (0x15, 0, reject - 8, _TCP),
        (0x28, 0, 0, 6),
        (0x45, reject - 10, 0, 0x1FFF),
        (0xB1, 0, 0, 0),
        (0x50, 0, 0, 13),  # flags
        (0x54, 0, 0, _SYN_AND_ACK),
        (0x15, accept - 14, reject - 14, _SYN),
        (0x06, 0, 0, _MAX_PACKET_BYTES),
        (0x06, 0, 0, 0),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    fprog = struct.pack("HP", len(program), ctypes.addressof(code))
    raw.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    raw.setblocking(False)
    return raw


def parse(packet: bytes, token: bytes) -> Arrival | None:
    """What an IPv4 packet is to the doctor; None when it is nothing, or a fragment."""
    header = (packet[0] & 0x0F) * 4
    # What came before the filter was in place is unsorted.
    if len(packet) < header + 8 or packet[9] not in (_TCP, _UDP) or packet[6] & 0x3F or packet[7]:
        return None
    packet_bytes = int.from_bytes(packet[2:4], "big")
    source, destination = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    port = int.from_bytes(packet[header + 2 : header + 4], "big")
    if packet[9] == _TCP:
        if packet[header + 13 : header + 14] == b"" or packet[header + 13] & _SYN_AND_ACK != _SYN:
            return None
        return Arrival(source, destination, "tcp", port, packet_bytes, None)
    message = unpack(packet[header + 8 :], token)
    return Arrival(source, destination, "udp", port, packet_bytes, message) if message else None
