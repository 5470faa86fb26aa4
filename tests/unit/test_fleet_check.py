"""What the machines of one laboratory must be to each other, in exact words."""

from __future__ import annotations

from typing import Any

import pytest

from remlab.fleet_check import faults, lost_managers, unreachable


def machine(number: int, **other: Any) -> dict[str, Any]:
    return {
        "machine_id": f"id{number}",
        "hostname": f"host{number}",
        "architecture": "x86_64",
        "address": f"10.0.0.{number}",
        "clock_seconds": 0.0,
    } | other


def test_machines_that_fit_together_have_no_fault() -> None:
    assert faults({"a": machine(1), "b": machine(2, clock_seconds=29.0)}) == []


def test_one_host_alone_needs_no_address() -> None:
    assert faults({"a": machine(1, address="", clock_seconds=-900.0)}) == []


@pytest.mark.parametrize(
    ("strange", "sentence"),
    [
        (
            {"machine_id": "id1"},
            "a and b have one machine-id (id1): "
            "A copied machine gets a new one with: rm /etc/machine-id; systemd-machine-id-setup",
        ),
        (
            {"machine_id": "id1", "hostname": "host1", "address": "10.0.0.1"},
            "a and b have one machine-id (id1): two names of one machine? Then keep one of them. "
            "A copied machine gets a new one with: rm /etc/machine-id; systemd-machine-id-setup",
        ),
        (
            {"hostname": "host1"},
            "a and b are different machines that both call themselves host1; "
            "give one another name with: hostnamectl set-hostname NAME",
        ),
        (
            {"address": "10.0.0.1"},
            "a and b have one address, 10.0.0.1, on their default routes; "
            "set lab_swarm_address of each to one that the other hosts reach",
        ),
        (
            {"address": ""},
            "b has no IPv4 address on a default route; set its lab_swarm_address to one that the other hosts reach",
        ),
        (
            {"architecture": "aarch64"},
            "the hosts are of different architectures (aarch64: b; x86_64: a, c). Images are built for one of "
            "them; take the others out of the inventory",
        ),
        (
            {"clock_seconds": -600.4},
            "b: its clock is 10 min 0 s behind the other hosts'. "
            "Set it right and keep it so with: timedatectl set-ntp true",
        ),
    ],
)
def test_each_strangeness_is_one_sentence(strange: dict[str, Any], sentence: str) -> None:
    assert faults({"a": machine(1), "b": machine(2, **strange), "c": machine(3)}) == [sentence]


def test_of_two_clocks_the_one_that_differs_from_the_controllers_is_wrong() -> None:
    found = faults({"a": machine(1, clock_seconds=0.4), "b": machine(2, clock_seconds=45.0)})
    assert [sentence.split(" of ")[0] for sentence in found] == ["b: its clock is 45 s ahead"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nOffending RSA key in /root/known:3\n",
            "a (10.0.0.1 port 2222) shows another SSH host key than the one that is known here. If the machine "
            "was installed anew, accept it with: ssh-keygen -f /root/known -R '[10.0.0.1]:2222', then "
            "ssh -p 2222 lab@10.0.0.1 once. If it was not, somebody may be in between",
        ),
        (
            "Host key verification failed.",
            "a (10.0.0.1 port 2222) shows an SSH host key that is not known here. Look at it and accept it with: "
            "ssh -p 2222 lab@10.0.0.1",
        ),
        (
            "lab@10.0.0.1: Permission denied (publickey).",
            "a (10.0.0.1 port 2222) refuses the login. Try: ssh -p 2222 lab@10.0.0.1 "
            "(ansible_user, ansible_ssh_private_key_file)",
        ),
        (
            "connect to host 10.0.0.1 port 2222: Connection timed out",
            "a (10.0.0.1 port 2222) does not answer. Is it switched on, is ansible_host right, "
            "is a firewall in between?",
        ),
        (
            "first\nsomething new",
            "a (10.0.0.1 port 2222) cannot be reached: something new. Try: ssh -p 2222 lab@10.0.0.1",
        ),
    ],
)
def test_a_host_that_cannot_be_reached_is_named_with_what_to_try(said: str, sentence: str) -> None:
    way = {"ansible_host": "10.0.0.1", "ansible_port": 2222, "ansible_user": "lab"}
    assert unreachable({"a": {"unreachable": True, "msg": said}, "b": {}}, {"a": way}) == [sentence]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Missing sudo password",
            "a: the login works, but sudo asks for a password. Add --ask-become-pass, or allow that user sudo "
            "without one",
        ),
        (
            "/bin/sh: 1: /usr/bin/python3: not found",
            "a: the login works, but there is no Python 3. Install it with: apt-get install python3",
        ),
        ("disk on fire", "a: the login works, but reading the machine failed: disk on fire"),
    ],
)
def test_a_host_that_cannot_be_read_is_named_with_what_to_try(said: str, sentence: str) -> None:
    answer = {"failed": True, "msg": "failed to execute", "failed_modules": {"setup": {"msg": said}}}
    assert unreachable({"a": answer}, {"a": {}}) == [sentence]


AWAY = {"unreachable": True, "msg": "timed out"}


def test_without_the_only_manager_the_way_out_is_named() -> None:
    assert lost_managers({"a": AWAY, "b": {}, "c": {}}, ["a"]) == [
        "a is the only host of group manager. Until it is back, the services on b, c go on and nothing can be changed. "
        "If lost for good: take it out of the inventory, put another host into group manager, and ./lab plan says "
        "what is left and how a new Swarm is built over it (docs/fleet.md)"
    ]


def test_without_most_managers_it_is_named_too() -> None:
    (sentence,) = lost_managers({"a": AWAY, "b": AWAY, "c": {}}, ["a", "b", "c"])
    assert sentence.startswith(
        "a and b are most of the hosts of group manager. Until they are back, the services on c"
    )


@pytest.mark.parametrize("away", [["b"], ["a", "b", "c", "d"], []])
def test_others_that_are_away_are_no_matter_of_managers(away: list[str]) -> None:
    answers = {host: AWAY if host in away else {} for host in ("a", "b", "c", "d")}
    assert lost_managers(answers, ["a", "c", "d"]) == []
