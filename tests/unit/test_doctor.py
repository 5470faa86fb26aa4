"""What the network doctor's findings mean, in exact words, and when it is due."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from remlab import doctor, doctor_firewall, doctor_socket

CHECKS = doctor.checks([5000], 1500)
ADDRESSES = {"a": "10.0.0.1", "b": "10.0.0.2"}
TCP = ["tcp 2377", "tcp 7946", "tcp 5000"]
UDP = ["udp 7946", "udp 4789"]
SIZES = [check for check in CHECKS if check.startswith("size")]


def sound() -> dict[str, Any]:
    """Results of two hosts between which all is well."""
    return {
        me: {
            "address_is_here": True,
            "captures": True,
            "held": [],
            "from": {
                other: {"arrived": [*TCP, *UDP, *SIZES], "delivered": list(UDP), "open": True, "dropping": {}}
            },
            "to": {other: {"connected": list(TCP), "errors": {}}},
        }
        for me, other in (("a", "b"), ("b", "a"))
    }


def faults(results: dict[str, Any]) -> list[str]:
    return doctor.faults(results, ADDRESSES, CHECKS)


def test_the_wanted_size_comes_first_and_the_registry_is_asked_once() -> None:
    assert doctor.checks([5000], 1400)[:6] == [*TCP, *UDP, "size 1400"]
    assert doctor.checks([7946], 1400)[:2] == ["tcp 2377", "tcp 7946"]


def test_a_sound_network_has_no_fault() -> None:
    assert faults(sound()) == []


@pytest.mark.parametrize(
    ("check", "purpose"),
    [("udp 4789", "VXLAN, the overlay's traffic"), ("udp 7946", "the Swarm's members")],
)
def test_what_does_not_arrive_names_the_pair_the_port_and_its_purpose(check: str, purpose: str) -> None:
    results = sound()
    results["b"]["from"]["a"]["arrived"].remove(check)
    results["b"]["from"]["a"]["delivered"].remove(check)
    assert faults(results) == [f"a → b: {check.upper()} does not arrive; a firewall between them ({purpose})"]


def test_a_tcp_port_that_does_not_arrive_is_named() -> None:
    results = sound()
    results["b"]["from"]["a"]["arrived"].remove("tcp 5000")
    results["a"]["to"]["b"] = {"connected": TCP[:2], "errors": {"tcp 5000": "no answer"}}
    assert faults(results) == ["a → b: TCP 5000 does not arrive; a firewall between them (the registry)"]


def test_what_arrives_but_is_not_delivered_is_the_receivers_own_firewall() -> None:
    results = sound()
    results["b"]["from"]["a"]["delivered"].remove("udp 4789")
    results["a"]["to"]["b"]["connected"].remove("tcp 2377")
    assert faults(results) == [
        "a → b: TCP 2377 arrives, but the firewall of b itself drops it (iptables or nftables, chain INPUT); "
        "let 10.0.0.1 in (the Swarm's managers)",
        "a → b: UDP 4789 arrives, but the firewall of b itself drops it (iptables or nftables, chain INPUT); "
        "let 10.0.0.1 in (VXLAN, the overlay's traffic)",
    ]


def test_a_port_that_is_in_use_is_well_when_it_arrives_unless_a_rule_drops_it() -> None:
    results = sound()
    results["b"]["held"] = ["udp 4789"]
    results["b"]["from"]["a"]["delivered"].remove("udp 4789")
    assert faults(results) == []
    results["b"]["from"]["a"]["dropping"] = {"udp 4789": "-A INPUT -j DROP"}
    assert faults(results) == [
        "a → b: UDP 4789 arrives, but the firewall of b itself drops it (the rule -A INPUT -j DROP); "
        "let 10.0.0.1 in (VXLAN, the overlay's traffic)"
    ]


def test_a_new_host_that_our_own_firewall_does_not_know_yet_is_no_fault() -> None:
    results = sound()
    results["b"]["from"]["a"] |= {"open": False, "delivered": []}
    results["a"]["to"]["b"] = {"connected": [], "errors": dict.fromkeys(TCP, "no answer")}
    assert faults(results) == []


def test_what_does_not_leave_the_sender_is_the_senders_own_firewall() -> None:
    results = sound()
    results["b"]["from"]["a"]["arrived"].remove("udp 7946")
    results["b"]["from"]["a"]["delivered"].remove("udp 7946")
    results["a"]["to"]["b"]["errors"] = {"udp 7946": "EPERM"}
    assert faults(results) == [
        "a → b: UDP 7946 does not leave a; its own firewall forbids it (iptables or nftables, chain OUTPUT) "
        "(the Swarm's members)"
    ]


def test_a_silent_direction_is_one_sentence_and_not_blamed_on_the_other() -> None:
    results = sound()
    results["b"]["from"]["a"] |= {"arrived": [], "delivered": []}
    results["a"]["to"]["b"] = {"connected": [], "errors": dict.fromkeys(TCP, "no answer")}
    results["b"]["to"]["a"] = {"connected": [], "errors": dict.fromkeys(TCP, "no answer")}
    assert faults(results) == [
        "a → b: nothing arrives at 10.0.0.2 (TCP 2377, TCP 7946, TCP 5000, UDP 7946, UDP 4789); a firewall "
        "between them, no route, or an address that a cannot reach (then set lab_swarm_address of b)"
    ]


def test_a_smaller_mtu_is_named_with_the_setting_that_fits_every_pair() -> None:
    results = sound()
    for me, other, longest in (("a", "b", 1400), ("b", "a", 1300)):
        results[me]["from"][other]["arrived"] = [
            *TCP, *UDP, *(size for size in SIZES if int(size.split()[1]) <= longest),
        ]  # fmt: skip
    assert faults(results) == [
        "a → b: packets of 1500 bytes do not arrive but 1300 do: a smaller MTU on the way; "
        "set lab_network_mtu: 1250",
        "b → a: packets of 1500 bytes do not arrive but 1400 do: a smaller MTU on the way; "
        "set lab_network_mtu: 1250",
    ]


def test_an_address_that_is_not_the_hosts_own_is_named_alone() -> None:
    results = sound()
    results["b"]["address_is_here"] = False
    assert faults(results) == ["b has no interface with the address 10.0.0.2; correct its lab_swarm_address"]


def test_the_fingerprint_changes_with_hosts_addresses_and_what_is_looked_at(tmp_path: Path) -> None:
    machines = {"a": {"address": "x", "machine_id": "1"}, "b": {"address": "y", "machine_id": "2"}}
    known = doctor.fingerprint(machines, CHECKS)
    assert known == doctor.fingerprint(dict(reversed(machines.items())), CHECKS)
    others = [machines | {"b": {"address": "z", "machine_id": "2"}}, {"a": machines["a"]}]
    assert known not in [doctor.fingerprint(other, CHECKS) for other in others]
    assert known != doctor.fingerprint(machines, CHECKS[:-1])
    file = tmp_path / "remlab/doctor.json"
    assert doctor.remembered(file) == ""
    assert doctor.remember(known, file)
    assert not doctor.remember(known, file)
    assert doctor.remembered(file) == known
    file.write_text("[]")
    assert doctor.remembered(file) == ""


def test_only_packets_of_this_run_are_understood() -> None:
    message = doctor_socket.Message(sender=1, check=4, received=0b101, done=True)
    payload = doctor_socket.pack(message, b"12345678", 1400)
    assert len(payload) == 1400 - 28
    assert doctor_socket.unpack(payload, b"12345678") == message
    assert doctor_socket.unpack(payload, b"another!") is None
    assert doctor_socket.unpack(b"RLdr", b"12345678") is None


def test_a_fragment_and_an_answer_are_no_arrival() -> None:
    def packet(protocol: int, rest: bytes, offset: int = 0) -> bytes:
        ends = socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2")
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(rest), 0, offset, 64, protocol, 0) + ends + rest

    syn = struct.pack("!HHIIBBHHH", 9, 2377, 0, 0, 0x50, 0x02, 0, 0, 0)
    found = doctor_socket.parse(packet(6, syn, 0x4000), b"12345678")
    assert found == ("10.0.0.1", "10.0.0.2", "tcp", 2377, 40, None)
    assert doctor_socket.parse(packet(6, syn, 0x2000), b"12345678") is None
    answer = struct.pack("!HHIIBBHHH", 9, 2377, 0, 0, 0x50, 0x12, 0, 0, 0)
    assert doctor_socket.parse(packet(6, answer), b"12345678") is None
    assert doctor_socket.parse(packet(17, b"\0" * 8), b"12345678") is None


def test_addresses_that_our_own_firewall_lets_in_are_read_from_its_chain() -> None:
    rules = "-N REMLAB\n-A REMLAB -i lo -j RETURN\n-A REMLAB -s 10.0.0.1/32 -j RETURN\n-A REMLAB -j DROP\n"
    assert doctor_firewall.addresses(rules) == {"10.0.0.1"}


@pytest.mark.parametrize(
    ("rule", "drops"),
    [
        ("-A INPUT -p udp -m udp --dport 4789 -j DROP", True),
        ("-A INPUT -p udp -m multiport --dports 53,4789 -j REJECT --reject-with icmp-port-unreachable", True),
        ("-A INPUT -s 10.0.0.1/32 -p udp -m udp --dport 4789 -j DROP", True),
        ("-A INPUT -s 10.0.0.9/32 -p udp -m udp --dport 4789 -j DROP", False),
        ("-A INPUT -p udp -m multiport --dports 7946,4789 -j REMLAB", False),
        ("-A INPUT ! -s 10.0.0.1/32 -p udp -m udp --dport 4789 -j DROP", False),
        ("-A INPUT -p tcp -m tcp --dport 4789 -j DROP", False),
        ("-P INPUT DROP", False),
    ],
)
def test_a_rule_that_plainly_drops_is_recognised(rule: str, drops: bool) -> None:
    assert doctor_firewall.dropping(rule, 4789, "10.0.0.1") == (rule if drops else "")


def test_the_report_says_what_was_looked_at() -> None:
    assert doctor.report(["a"], CHECKS) == [
        "One host: there is no network between hosts to look at. The host itself is fit."
    ]
    assert doctor.report(["a", "b"], CHECKS) == [
        "2 hosts (a, b), 2 directions: all well.",
        "In each direction TCP 2377, TCP 7946, TCP 5000, UDP 7946, UDP 4789 and unfragmented packets of "
        "1500 bytes arrive.",
        "Clocks, disks, architecture, names and addresses fit together.",
    ]
