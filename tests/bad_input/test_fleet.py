"""Hosts that do not fit together and networks that would not carry the laboratory, refused by a real preflight.

The hosts are network namespaces of this machine, with a router between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_input.playbooks import Outcome, play
from tests.servers.fleet import Fleet
from tests.servers.network import impossible, network

PREFLIGHT = "playbooks/preflight.yml"
DOCTOR = "doctor | Look at the network between the hosts"
REFUSAL = "Nothing was changed. Mend this first:"

pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with network("fleet1", "fleet2", "fleet3") as made:
        yield Fleet(made, tmp_path)


def preflight(fleet: Fleet) -> Outcome:
    return play(PREFLIGHT, inventory=fleet.write())


def looked(outcome: Outcome) -> bool:
    return any(DOCTOR in task for task in outcome.tasks)


def refused(outcome: Outcome, *sentences: str) -> None:
    assert outcome.code != 0, outcome.output
    assert REFUSAL in outcome.output, outcome.output
    for sentence in sentences:
        assert sentence in outcome.output, outcome.output


def test_a_sound_network_is_looked_at_once_and_again_only_when_a_host_has_changed(fleet: Fleet) -> None:
    first = preflight(fleet)
    assert first.code == 0, first.output
    assert looked(first)
    second = preflight(fleet)
    assert second.code == 0, second.output
    assert not looked(second)
    assert "changed=0" in second.output
    fleet.machine_ids["fleet3"] = "f" * 32
    assert looked(preflight(fleet))


def test_blocked_vxlan_is_named_with_the_pair_and_nothing_is_remembered(fleet: Fleet) -> None:
    addresses = fleet.network.addresses
    fleet.network.on(
        "router", "iptables", "-A", "FORWARD", "-s", addresses["fleet1"], "-d", addresses["fleet3"],
        "-p", "udp", "--dport", "4789", "-j", "DROP",
    )  # fmt: skip
    sentence = (
        "fleet1 → fleet3: UDP 4789 does not arrive; a firewall between them (VXLAN, the overlay's traffic)"
    )
    refused(preflight(fleet), sentence)
    refused(preflight(fleet), sentence)


def test_a_smaller_mtu_on_the_way_is_named_with_the_setting_that_helps(fleet: Fleet) -> None:
    fleet.network.shrink_way_to("fleet2", 1300)
    refused(
        preflight(fleet),
        "fleet1 → fleet2: packets of 1500 bytes do not arrive but 1300 do: a smaller MTU on the way; "
        "set lab_network_mtu: 1250",
    )
    fleet.variables = {name: {"lab_network_mtu": 1250} for name in fleet.network.names}
    outcome = preflight(fleet)
    assert outcome.code == 0, outcome.output


def test_a_clock_ten_minutes_off_is_named(fleet: Fleet) -> None:
    fleet.before["fleet2"] = "faketime -f +600s"
    refused(
        preflight(fleet), "fleet2: its clock is 10 min", "ahead of the other hosts'", "timedatectl set-ntp"
    )


def test_names_ids_and_architectures_that_do_not_fit_are_all_named_at_once(fleet: Fleet) -> None:
    fleet.machine_ids["fleet2"] = f"{1:032x}"
    fleet.hostnames["fleet3"] = "fleet1"
    fleet.before["fleet3"] = "setarch linux32"
    refused(
        preflight(fleet),
        f"fleet1 and fleet2 have one machine-id ({1:032x})",
        "fleet1 and fleet3 are different machines that both call themselves fleet1",
        "the hosts are of different architectures",
    )


def test_a_changed_host_key_is_named_with_how_to_accept_it(fleet: Fleet) -> None:
    fleet.changed_keys.add("fleet2")
    refused(
        preflight(fleet),
        "fleet2 (10.99.2.2 port 22) shows another SSH host key than the one that is known here",
        "ssh-keygen -f /home/you/.ssh/known_hosts -R '10.99.2.2', then ssh root@10.99.2.2 once",
    )
