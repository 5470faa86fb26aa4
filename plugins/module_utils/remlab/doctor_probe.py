"""One host's part of the network doctor: it sends to all others and hears them, in the same few seconds.

All hosts run this at about the same time. Each opens listeners where a port is free, and sends on every
port to every other host, again and again, until the other one says that it has arrived. Each packet
carries what has arrived so far, so a sound network is through in about a second, and only a fault waits.
"""

from __future__ import annotations

import errno
import select
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import doctor_firewall, doctor_socket
from .doctor_socket import Arrival, Message

_ROUND_SECONDS = 0.1
_DIAL_SECONDS = 1.0
# A host that was never heard may still be starting: Ansible reaches one after the other.
_UNHEARD_SECONDS = 12.0
_HEARD_SECONDS = 3.0
# After the last answer; the others have to hear our last word, too.
_LINGER_SECONDS = 0.4
_LONGEST_BYTES = 65_535


@dataclass(frozen=True)
class Plan:
    """What is looked at; the same on all hosts but for `me`.

    addresses: host → IPv4 for the Swarm. checks: "tcp PORT", "udp PORT", "size BYTES" (an unfragmented
    packet of that length on size_port). token: 8 bytes of this run.
    """

    me: str
    addresses: Mapping[str, str]
    checks: Sequence[str]
    size_port: int
    token: bytes

    @property
    def hosts(self) -> list[str]:
        """All hosts in the order that packets mean."""
        return sorted(self.addresses)


@dataclass
class _Peer:
    name: str
    address: str
    open_here: bool
    heard_at: float = 0.0
    arrived: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)
    dials: dict[str, tuple[socket.socket, float]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    says_done: bool = False


def probe(plan: Plan) -> dict[str, Any]:
    """Looks and listens; what came out, as `doctor.faults` takes it, see there."""
    return _Probe(plan).run()


class _Probe:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.allowed = doctor_firewall.allowed()
        self.peers = {
            name: _Peer(name, address, self.allowed is None or address in self.allowed)
            for name, address in plan.addresses.items()
            if name != plan.me
        }
        self.sender = doctor_socket.sender(plan.addresses[plan.me])
        self.capture = doctor_socket.capture()
        ports = [check.split() for check in plan.checks]
        self.listeners = [doctor_socket.listener(int(port)) for kind, port in ports if kind == "tcp"]
        self.receivers = {
            f"udp {port}": doctor_socket.receiver(int(port)) for kind, port in ports if kind == "udp"
        }

    def run(self) -> dict[str, Any]:
        if self.sender is None:
            return self._result()
        started = time.monotonic()
        complete_since = 0.0
        while True:
            now = time.monotonic()
            waiting = [peer for peer in self.peers.values() if not self._complete(peer)]
            complete_since = 0.0 if waiting else complete_since or now
            if not waiting and now - complete_since > _LINGER_SECONDS:
                break
            if waiting and all(self._expired(peer, started, now) for peer in waiting):
                break
            for peer in self.peers.values():
                self._send(peer)
                self._dial(peer, now)
            self._hear(now + _ROUND_SECONDS)
        return self._result()

    def _complete(self, peer: _Peer) -> bool:
        return peer.says_done and self._done(peer)

    def _expired(self, peer: _Peer, started: float, now: float) -> bool:
        return now > (peer.heard_at + _HEARD_SECONDS if peer.heard_at else started + _UNHEARD_SECONDS)

    def _done(self, peer: _Peer) -> bool:
        """All of mine has reached the peer, and all of its has reached me."""
        mine = all(not self._pending(peer, check) for check in self.plan.checks)
        return mine and all(
            self._received(peer, check) for check in self.plan.checks if not check.startswith("tcp")
        )

    def _pending(self, peer: _Peer, check: str) -> bool:
        return check not in peer.acknowledged and check not in peer.connected

    def _received(self, peer: _Peer, check: str) -> bool:
        if check in peer.delivered:
            return True
        if check.startswith("udp") and peer.open_here and self.receivers[check] is not None:
            return False
        # A connection is its maker's to report, but for one that our own firewall will let in only later.
        return check in peer.arrived and not (check.startswith("tcp") and peer.open_here)

    def _send(self, peer: _Peer) -> None:
        received = sum(
            1 << place for place, check in enumerate(self.plan.checks) if self._received(peer, check)
        )
        sent = [c for c in self.plan.checks if not c.startswith("tcp") and self._pending(peer, c)]
        # Nothing pending: the word goes on that we have heard, on every port, one of which will do.
        for check in sent or self.receivers:
            place = self.plan.checks.index(check)
            message = Message(self.plan.hosts.index(self.plan.me), place, received, self._done(peer))
            kind, number = check.split()
            port, size = (self.plan.size_port, int(number)) if kind == "size" else (int(number), 0)
            try:
                assert self.sender is not None
                payload = doctor_socket.pack(message, self.plan.token, size)
                self.sender.sendto(payload, (peer.address, port))
                peer.errors.pop(check, None)
            except OSError as error:
                peer.errors[check] = errno.errorcode.get(error.errno or 0, str(error))

    def _dial(self, peer: _Peer, now: float) -> None:
        for check in self.plan.checks:
            if not check.startswith("tcp") or not self._pending(peer, check):
                continue
            if check not in peer.dials:
                port = int(check.split()[1])
                connection = doctor_socket.dial(peer.address, port, self.plan.addresses[self.plan.me])
                peer.dials[check] = connection, now
            elif now - peer.dials[check][1] > _DIAL_SECONDS:
                self._hang_up(peer, check, "no answer")

    def _hang_up(self, peer: _Peer, check: str, error: str) -> None:
        connection, _ = peer.dials.pop(check)
        connection.close()
        if error:
            peer.errors[check] = error
        else:
            peer.connected.add(check)
            peer.errors.pop(check, None)

    def _hear(self, until: float) -> None:
        reading = [s for s in (self.capture, *self.listeners, *self.receivers.values()) if s is not None]
        while (left := until - time.monotonic()) > 0:
            dialled = {
                connection: (peer, check)
                for peer in self.peers.values()
                for check, (connection, _) in peer.dials.items()
            }
            readable, writable, _ = select.select(reading, list(dialled), [], left)
            for connection in writable:
                peer, check = dialled[connection]
                self._hang_up(peer, check, doctor_socket.decided(connection))
            for one in readable:
                self._read(one)

    def _read(self, one: socket.socket) -> None:
        if one in self.listeners:
            connection, _ = one.accept()
            connection.close()
            return
        packet = one.recv(_LONGEST_BYTES)
        if one is self.capture:
            if (arrival := doctor_socket.parse(packet, self.plan.token)) is not None:
                self._arrived(arrival)
        elif (message := doctor_socket.unpack(packet, self.plan.token)) is not None:
            self._take(message, delivered=True)

    def _arrived(self, arrival: Arrival) -> None:
        if arrival.destination != self.plan.addresses[self.plan.me]:
            return  # on its way to somebody else
        if arrival.message is not None:
            self._take(arrival.message, delivered=False)
            return
        for peer in self.peers.values():
            if peer.address == arrival.source and f"tcp {arrival.port}" in self.plan.checks:
                peer.arrived.add(f"tcp {arrival.port}")

    def _take(self, message: Message, *, delivered: bool) -> None:
        peer = self.peers.get(self.plan.hosts[message.sender])
        if peer is None:
            return
        peer.heard_at = peer.heard_at or time.monotonic()
        check = self.plan.checks[message.check]
        (peer.delivered if delivered else peer.arrived).add(check)
        peer.acknowledged |= {
            its for place, its in enumerate(self.plan.checks) if message.received >> place & 1
        }
        peer.says_done = peer.says_done or message.done

    def _result(self) -> dict[str, Any]:
        held = [check for check, its in self.receivers.items() if its is None]
        rules = doctor_firewall.input_rules() if held else ""
        for peer in self.peers.values():
            for connection, _ in peer.dials.values():
                connection.close()
        for one in (self.capture, self.sender, *self.listeners, *self.receivers.values()):
            if one is not None:
                one.close()
        return {
            "address_is_here": self.sender is not None,
            "captures": self.capture is not None,
            "held": held,
            "from": {
                peer.name: {
                    "arrived": sorted(peer.arrived | peer.delivered),
                    "delivered": sorted(peer.delivered),
                    "open": peer.open_here,
                    "dropping": {
                        check: rule
                        for check in held
                        if (rule := doctor_firewall.dropping(rules, int(check.split()[1]), peer.address))
                    },
                }
                for peer in self.peers.values()
            },
            "to": {
                peer.name: {"connected": sorted(peer.connected), "errors": peer.errors}
                for peer in self.peers.values()
            },
        }
