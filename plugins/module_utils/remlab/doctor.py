"""What the network doctor looks at, when it is due, and what its findings mean in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

MEMORY = Path("/var/lib/remlab/doctor.json")

VXLAN_PORT = 4789
# A packet of the overlay travels inside one of the hosts', which needs 50 bytes for itself.
OVERLAY_BYTES = 50
_PURPOSES = {
    "tcp 2377": "the Swarm's managers",
    "tcp 7946": "the Swarm's members",
    "udp 7946": "the Swarm's members",
    f"udp {VXLAN_PORT}": "VXLAN, the overlay's traffic",
}
_REGISTRY = "the registry"
# Sizes below the wanted one, to find out which still arrives: those of tunnels, PPPoE, clouds and IPv6's least.
_LADDER = (
    8950,
    4000,
    1500,
    1492,
    1480,
    1476,
    1460,
    1450,
    1442,
    1420,
    1400,
    1380,
    1350,
    1300,
    1280,
    1200,
    1000,
    576,
)


def checks(registry_ports: Sequence[int], packet_bytes: int) -> list[str]:
    """What is looked at between each pair, as `doctor_probe.Plan` takes it.

    :param registry_ports: TCP ports besides the Swarm's that the hosts need of each other.
    :param packet_bytes: the longest packet that the overlay will cause between hosts.
    """
    tcp = [2377, 7946, *(port for port in registry_ports if port not in (2377, 7946))]
    sizes = [packet_bytes, *(size for size in _LADDER if size < packet_bytes)]
    return [
        *(f"tcp {port}" for port in tcp),
        "udp 7946",
        f"udp {VXLAN_PORT}",
        *(f"size {size}" for size in sizes),
    ]


def fingerprint(machines: Mapping[str, Mapping[str, Any]], looked_at: Sequence[str]) -> str:
    """Changes when a host joins, leaves, is installed anew or gets another address, or other things are looked at.

    :param machines: host → address and machine_id.
    """
    known = [[name, its["address"], its.get("machine_id", "")] for name, its in sorted(machines.items())]
    return hashlib.sha256(json.dumps([known, list(looked_at)]).encode()).hexdigest()[:16]


def remembered(file: Path = MEMORY) -> str:
    """The fingerprint with which the doctor last found nothing wrong; "" when it never did."""
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["passed"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def remember(passed: str, file: Path = MEMORY) -> bool:
    """Keeps a fingerprint; tells whether that changed the file."""
    if remembered(file) == passed:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.write_text(json.dumps({"passed": passed}) + "\n", encoding="utf-8")
    new.replace(file)
    return True


def faults(
    results: Mapping[str, Mapping[str, Any]], addresses: Mapping[str, str], looked_at: Sequence[str]
) -> list[str]:
    """One sentence for each fault; a pair of hosts reads as sender → receiver.

    :param results: host → what `doctor_probe.probe` gave there: address_is_here, captures (whether it saw
        packets before its own firewall), held (ports that somebody had, so that only their arrival at the
        interface is known), from[peer]: arrived, delivered, open (our own firewall knows the peer), dropping
        (check → rule); to[peer]: connected, errors (check → why).
    :param addresses: host → IPv4 for the Swarm.
    :param looked_at: as from `checks`.
    """
    absent = [host for host in sorted(results) if not results[host]["address_is_here"]]
    found = [
        f"{host} has no interface with the address {addresses[host]}; correct its lab_swarm_address"
        for host in absent
    ]
    here = [host for host in sorted(results) if host not in absent]
    least = _least_size(results, here)
    pairs = [
        _Pair(sender, receiver, results, addresses, looked_at)
        for sender in here
        for receiver in here
        if sender != receiver
    ]
    mute = {(pair.sender, pair.receiver) for pair in pairs if pair.mute()}
    for pair in pairs:
        found += pair.faults(least, answered=(pair.receiver, pair.sender) not in mute)
    return found


def _least_size(results: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> int:
    """The longest packet that arrives between every two hosts between which any arrives."""
    longest = []
    for receiver in hosts:
        for heard in results[receiver]["from"].values():
            sizes = [int(check.split()[1]) for check in heard["arrived"] if check.startswith("size")]
            longest += [max(sizes)] if sizes else []
    return min(longest, default=0)


class _Pair:
    """One direction between two hosts."""

    def __init__(
        self,
        sender: str,
        receiver: str,
        results: Mapping[str, Mapping[str, Any]],
        addresses: Mapping[str, str],
        looked_at: Sequence[str],
    ) -> None:
        self.sender, self.receiver = sender, receiver
        self.source, self.target = addresses[sender], addresses[receiver]
        self.told: Mapping[str, Any] = results[sender]["to"].get(receiver, {"connected": [], "errors": {}})
        self.heard: Mapping[str, Any] = results[receiver]["from"].get(
            sender, {"arrived": [], "delivered": [], "open": True, "dropping": {}}
        )
        self.held: Sequence[str] = results[receiver]["held"]
        self.captures: bool = results[receiver]["captures"]
        self.looked_at = looked_at

    def mute(self) -> bool:
        """Whether nothing at all arrives in this direction."""
        return (
            not self.told["connected"] and not self.heard["arrived"] and not self._blocked_here(self._ports())
        )

    def faults(self, least_size: int, *, answered: bool) -> list[str]:
        """Sentences about this direction; `answered`: something arrives in the other one."""
        if self.mute():
            names = ", ".join(_name(check) for check in self._ports())
            return [
                f"{self}: nothing arrives at {self.target} ({names}); a firewall between them, no route, or an "
                f"address that {self.sender} cannot reach (then set lab_swarm_address of {self.receiver})"
            ]
        # Where no answer comes back, a connection fails for that alone.
        ports = [check for check in self._ports() if answered or not check.startswith("tcp")]
        found = [sentence for check in ports if (sentence := self._of_port(check))]
        return [*found, *self._of_size(least_size)]

    def _ports(self) -> list[str]:
        return [check for check in self.looked_at if not check.startswith("size")]

    def __str__(self) -> str:
        return f"{self.sender} → {self.receiver}"

    def _blocked_here(self, ports: Sequence[str]) -> bool:
        return any(self.told["errors"].get(check) in ("EPERM", "EACCES") for check in ports)

    def _of_port(self, check: str) -> str:
        tcp = check.startswith("tcp")
        arrived = check in self.heard["arrived"]
        purpose = _PURPOSES.get(check, _REGISTRY)
        if tcp and check in self.told["connected"]:
            return ""
        if arrived and not self.heard["open"]:
            return ""  # our own firewall lets this host in later in the run
        if arrived and (tcp or self._dropped(check)):
            rule = self.heard["dropping"].get(check)
            shown = f"the rule {rule}" if rule else "iptables or nftables, chain INPUT"
            return (
                f"{self}: {_name(check)} arrives, but the firewall of {self.receiver} itself drops it ({shown}); "
                f"let {self.source} in ({purpose})"
            )
        if arrived or (not tcp and check in self.held and not self.captures):
            return ""
        if self._blocked_here([check]):
            return (
                f"{self}: {_name(check)} does not leave {self.sender}; its own firewall forbids it "
                f"(iptables or nftables, chain OUTPUT) ({purpose})"
            )
        return f"{self}: {_name(check)} does not arrive; a firewall between them ({purpose})"

    def _dropped(self, check: str) -> bool:
        return check in self.heard["dropping"] or (
            check not in self.held and check not in self.heard["delivered"]
        )

    def _of_size(self, least_size: int) -> Iterator[str]:
        if f"udp {VXLAN_PORT}" not in self.heard["arrived"] or not self.captures:
            return
        sizes = [int(check.split()[1]) for check in self.looked_at if check.startswith("size")]
        arrived = [size for size in sizes if f"size {size}" in self.heard["arrived"]]
        if not arrived:
            yield (
                f"{self}: packets of {min(sizes)} bytes and more do not arrive; a much smaller MTU on the way, "
                "or a firewall that drops long packets"
            )
        elif max(arrived) < max(sizes):
            yield (
                f"{self}: packets of {max(sizes)} bytes do not arrive but {max(arrived)} do: a smaller MTU on "
                f"the way; set lab_network_mtu: {least_size - OVERLAY_BYTES}"
            )


def _name(check: str) -> str:
    kind, port = check.split()
    return f"{kind.upper()} {port}"


def report(hosts: Sequence[str], looked_at: Sequence[str]) -> list[str]:
    """What the doctor says when it found nothing wrong."""
    if len(hosts) < 2:
        return ["One host: there is no network between hosts to look at. The host itself is fit."]
    ports = ", ".join(_name(check) for check in looked_at if not check.startswith("size"))
    size = next(check.split()[1] for check in looked_at if check.startswith("size"))
    pairs = len(hosts) * (len(hosts) - 1)
    return [
        f"{len(hosts)} hosts ({', '.join(hosts)}), {pairs} directions: all well.",
        f"In each direction {ports} and unfragmented packets of {size} bytes arrive.",
        "Clocks, disks, architecture, names and addresses fit together.",
    ]
