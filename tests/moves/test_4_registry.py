"""The registry moves with its images; its name leads to the new host from every host."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.infra.pulling import by_digest, pull
from tests.moves.fleet import DATA, Fleet, Moved
from tests.moves.volumes import Left, left_by


@pytest.fixture(scope="module")
def left(fleet: Fleet) -> Left:
    return left_by("registry", fleet.host_of("registry"))


@pytest.fixture(scope="module")
def move(fleet: Fleet, left: Left) -> Moved:
    return fleet.move(f"registry={fleet.inventory.elsewhere('registry')}", aim=DATA)


def test_nobody_outside_notices(move: Moved, record_property: Callable[[str, object], None]) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text


def test_it_runs_where_the_inventory_says(move: Moved) -> None:
    assert move.misplaced() == {}


def test_its_name_leads_to_the_new_host(move: Moved, fleet: Fleet, host_name: str) -> None:
    name = move.deployment.lab["registry"].partition(":")[0]
    found = move.deployment.hosts[host_name].machine.check_output("getent hosts %s", name).split()[0]
    assert found == fleet.host_of("registry").address


def test_a_host_pulls_by_digest(move: Moved, host_name: str) -> None:
    deployment, host = move.deployment, move.deployment.hosts[host_name]
    pulled_ones = [one for one in deployment.replicas if one.service != "registry"]
    here = deployment.wanted_on(host_name)
    # A host that runs everything asks the registry for what it has.
    replica = next((one for one in pulled_ones if one.service not in here), pulled_ones[0])
    image = deployment.container(replica)["Config"]["Image"]
    host.machine.run("docker image rm --force %s", by_digest(image))
    pulled = pull(deployment, host, image)
    assert pulled.rc == 0, pulled.stderr


def test_the_old_volume_is_kept_and_never_mounted_again(move: Moved, left: Left) -> None:
    assert left.is_kept()


def test_the_old_volume_is_recorded_as_retired(move: Moved, left: Left) -> None:
    assert left.is_recorded(move.deployment)
