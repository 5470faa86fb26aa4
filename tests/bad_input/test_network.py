"""The network doctor alone, on hosts in network namespaces: what it can tell apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from remlab import doctor
from tests.servers.network import Network, impossible, network

CHECKS = doctor.checks([5000], 1500)
DROP_VXLAN = ("iptables", "-A", "INPUT", "-p", "udp", "--dport", "4789", "-j", "DROP")

pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())


@pytest.fixture
def net() -> Iterator[Network]:
    with network("a", "b") as made:
        yield made


def faults(net: Network, late: str = "") -> list[str]:
    return doctor.faults(net.probe(CHECKS, late=[late]), net.addresses, CHECKS)


def hold_vxlan(net: Network, host: str) -> None:
    """The kernel takes UDP 4789, as Docker has it done."""
    net.on(host, "ip", "link", "add", "vx", "type", "vxlan", "id", "4097", "dstport", "4789", "dev", "eth0")
    net.on(host, "ip", "link", "set", "dev", "vx", "up")


def test_a_host_that_starts_later_is_waited_for(net: Network) -> None:
    assert faults(net, late="b") == []


def test_a_port_that_vxlan_holds_is_looked_at_all_the_same(net: Network) -> None:
    hold_vxlan(net, "b")
    assert faults(net) == []
    net.on("b", *DROP_VXLAN)
    assert faults(net) == [
        "a → b: UDP 4789 arrives, but the firewall of b itself drops it (the rule -A INPUT -p udp -m udp "
        "--dport 4789 -j DROP); let 10.99.1.2 in (VXLAN, the overlay's traffic)"
    ]


def test_the_hosts_own_firewall_is_told_from_one_between(net: Network) -> None:
    net.on("b", *DROP_VXLAN)
    assert faults(net) == [
        "a → b: UDP 4789 arrives, but the firewall of b itself drops it (iptables or nftables, chain INPUT); "
        "let 10.99.1.2 in (VXLAN, the overlay's traffic)"
    ]


def test_a_new_host_that_the_laboratorys_firewall_does_not_know_is_no_fault(net: Network) -> None:
    net.on("b", "iptables", "-N", "REMLAB")
    net.on("b", "iptables", "-A", "REMLAB", "-s", "10.99.7.7", "-j", "RETURN")
    net.on("b", "iptables", "-A", "REMLAB", "-j", "DROP")
    for protocol, ports in (("tcp", "2377,7946,5000"), ("udp", "7946,4789")):
        net.on(
            "b",
            "iptables",
            "-I",
            "INPUT",
            "-p",
            protocol,
            "-m",
            "multiport",
            "--dports",
            ports,
            "-j",
            "REMLAB",
        )
    assert faults(net) == []
