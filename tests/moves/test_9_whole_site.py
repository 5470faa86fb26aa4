"""Every group moves to one host, and a host leaves the inventory: nothing of the lab is left on it but data."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.bad_input.playbooks import Outcome, play
from tests.infra.deployment import Deployment, Host
from tests.moves import volumes
from tests.moves.fleet import DATA, Fleet, Moved

pytestmark = pytest.mark.slow


class Former(NamedTuple):
    """The host that leaves, and the lab as it was before."""

    host: Host
    deployment: Deployment
    volumes: dict[str, set[str]]
    """Service -> its volumes on that host."""


@pytest.fixture(scope="module")
def former(fleet: Fleet) -> Former:
    """The manager leaves, unless that is where everything goes."""
    leaving = [*fleet.inventory.hosts("manager"), *fleet.inventory.everyone()]
    host = fleet.deployment.hosts[next(name for name in leaving if name != fleet.home)]
    found = {service: volumes.in_use(host, service) for service in fleet.deployment.services}
    return Former(host, fleet.deployment, found)


@pytest.fixture(scope="module")
def move(fleet: Fleet, former: Former, filler: str) -> Moved:
    return fleet.move(f"*={fleet.home}", f"-{former.host.name}", aim=DATA)


def test_no_request_fails_no_row_is_lost_and_none_waits_long(
    move: Moved, record_property: Callable[[str, object], None]
) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text


def test_everything_runs_on_the_one_host(move: Moved, fleet: Fleet) -> None:
    assert move.misplaced() == {}
    assert set(move.deployment.hosts[fleet.home].services()) == set(move.deployment.lab["placement"])


def test_the_data_is_the_same(move: Moved, fleet: Fleet, filler: str) -> None:
    assert fleet.database().checksum() == filler
    assert fleet.database().takes_writes()


def test_the_former_host_runs_nothing_of_the_lab(move: Moved, former: Former) -> None:
    label = f"label=remlab.project={former.host.project}"
    assert former.host.machine.check_output("docker ps --all --quiet --filter %s", label) == ""


def test_the_former_host_is_in_no_swarm(move: Moved, former: Former) -> None:
    state = former.host.machine.check_output("docker info --format '{{.Swarm.LocalNodeState}}'")
    assert state == "inactive"


@pytest.mark.parametrize(
    "path", ["/var/lib/remlab/secrets", "/etc/remlab", "/usr/local/sbin/remlab-firewall"]
)
def test_the_former_host_has_no_files_of_the_lab(move: Moved, former: Former, path: str) -> None:
    assert former.host.machine.run("test -e %s", path).rc == 1


@pytest.mark.parametrize("tool", ["iptables", "ip6tables"])
def test_the_former_host_has_no_firewall_rules_of_the_lab(move: Moved, former: Former, tool: str) -> None:
    assert "REMLAB" not in former.host.machine.check_output(f"{tool} -w 10 -S")


def test_the_former_host_does_not_know_the_registry(move: Moved, former: Former) -> None:
    name = former.deployment.lab["registry"].partition(":")[0]
    assert former.host.machine.run("grep -qwF %s /etc/hosts", name).rc == 1


def test_the_former_host_keeps_only_retired_volumes(move: Moved, former: Former) -> None:
    found = {one for service in former.deployment.services for one in volumes.there(former.host, service)}
    assert {one for names in former.volumes.values() for one in names} <= found
    retired = {volume for host, volume in volumes.retired(move.deployment) if host == former.host.name}
    assert found == retired


def test_no_retired_volume_is_in_use(move: Moved) -> None:
    assert volumes.retired(move.deployment) & volumes.mounted(move.deployment) == set()


def test_the_swarm_has_forgotten_the_former_host(move: Moved, former: Former) -> None:
    labels = move.deployment.manager.machine.check_output(
        "docker node inspect --format '{{json .Spec.Labels}}' $(docker node ls --quiet)"
    )
    assert former.host.name not in labels


@pytest.fixture(scope="module")
def pruned(move: Moved, fleet: Fleet) -> Outcome:
    return play("playbooks/prune.yml", inventory=fleet.inventory.path, settings={"retired_remove": True})


def test_pruning_removes_what_was_left_behind_also_on_the_former_host(
    pruned: Outcome, move: Moved, former: Former
) -> None:
    assert pruned.code == 0, pruned.output[-6000:]
    assert volumes.retired(move.deployment) == set()
    left = {one for service in former.deployment.services for one in volumes.there(former.host, service)}
    assert left == set()


def test_pruning_leaves_what_is_in_use(pruned: Outcome, move: Moved, fleet: Fleet, filler: str) -> None:
    assert move.misplaced() == {}
    assert fleet.database().checksum() == filler
