"""A machine that cannot take the laboratory is refused with all its reasons."""

from __future__ import annotations

import socket
from dataclasses import replace

from remlab.host_check import HostFacts, faults, published_ports, read

GOOD = HostFacts(
    name="lab1",
    system="Linux",
    cores=2,
    memory_mb=4000,
    disk_free_mb=20_000,
    disk_path="/var/lib",
    engine=False,
    taken_ports={},
    dead_mirrors={},
)
MINIMUM = {"cores": 2, "memory_mb": 3800, "disk_mb": 15_000}


def test_a_machine_that_is_big_enough_has_no_fault() -> None:
    assert faults(GOOD, MINIMUM, [8080]) == []


def test_each_shortage_is_named_with_what_is_there_and_what_is_needed() -> None:
    small = replace(GOOD, cores=1, memory_mb=900, disk_free_mb=100)
    found = " ".join(faults(small, MINIMUM, []))
    assert "1 core; it needs 2" in found
    assert "900 MB of memory; it needs 3800" in found
    assert "100 MB free on the disk of /var/lib; it needs 15000" in found


def test_a_machine_that_has_deployed_needs_room_for_one_more_release_only() -> None:
    used = replace(GOOD, engine=True, disk_free_mb=4000)
    assert faults(used, MINIMUM, []) == []
    assert faults(replace(used, disk_free_mb=2000), MINIMUM, []) != []


def test_a_taken_port_is_named_with_who_has_it_and_the_way_out() -> None:
    found = faults(replace(GOOD, taken_ports={8080: "nginx (process 12)"}), MINIMUM, [8080, 8765])
    assert found == [
        "lab1: port 8080 is taken by nginx (process 12). Stop that, or choose another port "
        "in the inventory (lab_http_port with lab_public_url, lab_device_port)"
    ]


def test_a_dead_mirror_is_named() -> None:
    found = faults(replace(GOOD, dead_mirrors={"http://mirror.example": "timed out"}), MINIMUM, [])
    assert "the package mirror http://mirror.example cannot be reached (timed out)" in found[0]


def test_a_port_in_use_is_seen_and_one_of_ours_is_not_counted() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert port in read("here", [port], ours=[]).taken_ports
        assert read("here", [port], ours=[port]).taken_ports == {}


def test_published_ports_are_read_from_the_engines_list() -> None:
    containers = [{"Ports": [{"PrivatePort": 80, "PublicPort": 8080}, {"PrivatePort": 81}]}]
    assert published_ports(containers) == [8080]
