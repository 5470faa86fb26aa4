"""A bare host is added to the inventory, takes a service over, and leaves again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.bad_input.playbooks import Outcome, play
from tests.infra.deployment import Host
from tests.moves import engine
from tests.moves.fleet import STATELESS, Fleet, Moved

_PORT_STEP = 20
_TAIL_CHARACTERS = 6000


class Run(NamedTuple):
    """A run of `site.yml` that has nothing to do."""

    outcome: Outcome
    seconds: float


def _again(fleet: Fleet) -> Run:
    fleet.edit()
    began = time.monotonic()
    return Run(fleet.deploy(), round(time.monotonic() - began, 1))


@pytest.fixture(scope="module")
def bare(fleet: Fleet) -> Iterator[str]:
    """The new host, booted and in the inventory; in the end it is not there any more."""
    last = fleet.inventory.everyone()[-1]
    host = re.sub(r"\d+$", lambda number: str(int(number[0]) + 1), last)
    port = int(fleet.inventory.variables(last)["ansible_port"]) + _PORT_STEP
    fleet.inventory.add(host, last, ansible_port=port, test_hosts_published=[])
    fleet.inventory.write()
    for playbook in ("create", "prepare"):
        made = play(
            f"molecule/shared/{playbook}.yml",
            inventory=fleet.inventory.path,
            settings={"test_hosts_members": [host]},
        )
        assert made.code == 0, made.output[-_TAIL_CHARACTERS:]
    yield host
    container = engine.container(host)
    volume = engine.ask("inspect", "--format", "{{.Name}}", container).strip().lstrip("/")
    engine.ask("rm", "--force", "--volumes", container)
    engine.ask("volume", "rm", volume)


@pytest.fixture(scope="module")
def without(fleet: Fleet) -> Run:
    """Nothing is changed before the host is there."""
    return _again(fleet)


@pytest.fixture(scope="module")
def move(fleet: Fleet, without: Run, bare: str) -> Moved:
    return fleet.move(f"media={bare}", aim=STATELESS)


def test_it_joins_and_takes_a_service_and_no_request_fails(
    move: Moved, bare: str, record_property: Callable[[str, object], None]
) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text
    assert move.misplaced() == {}
    assert move.deployment.hosts[bare].services() == ["media"]


@pytest.fixture(scope="module")
def with_it(fleet: Fleet, move: Moved) -> Run:
    return _again(fleet)


def test_a_run_that_has_nothing_to_do_changes_nothing_on_five_hosts(
    without: Run, with_it: Run, record_property: Callable[[str, object], None]
) -> None:
    record_property("run_seconds_without_it", without.seconds)
    record_property("run_seconds_with_it", with_it.seconds)
    for run in (without, with_it):
        assert run.outcome.code == 0, run.outcome.output[-_TAIL_CHARACTERS:]
        assert set(re.findall(r"changed=(\d+)", run.outcome.output)) == {"0"}


@pytest.fixture(scope="module")
def left(fleet: Fleet, with_it: Run, bare: str) -> Host:
    """It is taken out of the inventory again."""
    host = fleet.deployment.hosts[bare]
    fleet.move(f"media={fleet.home}", f"-{bare}", aim=STATELESS)
    return host


def test_it_leaves_with_nothing_of_the_lab_on_it(left: Host, fleet: Fleet) -> None:
    assert left.name not in fleet.deployment.hosts
    assert fleet.deployment.misplaced() == {}
    label = f"label=remlab.project={left.project}"
    assert left.machine.check_output("docker ps --all --quiet --filter %s", label) == ""
    assert left.machine.check_output("docker info --format '{{.Swarm.LocalNodeState}}'") == "inactive"
