"""A run that is killed while the database moves: the next one brings it to its end, and no row is lost.

Requests may fail meanwhile: nobody is there who could go on with the move until the next run comes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from remlab.control_container import LABEL as CONTROL
from tests.bad_input.playbooks import Outcome
from tests.load.beside import Verdict
from tests.moves import volumes
from tests.moves.fleet import DATA, Fleet
from tests.moves.killing import POINTS, TRACES, Killer

pytestmark = pytest.mark.slow

# Where the run was started the process dies in each case; at first the mover on the manager goes on.
KILLS = [("copying", False), *((point, True) for point in POINTS)]
_TAIL_CHARACTERS = 6000


class Survived(NamedTuple):
    """A killed run and the one after it."""

    reached: bool
    killed: Outcome
    next: Outcome
    verdict: Verdict


@pytest.fixture(
    scope="module",
    params=KILLS,
    ids=lambda kill: f"{kill[0]}{'' if kill[1] else ', mover goes on'}",
)
def survived(request: pytest.FixtureRequest, fleet: Fleet, filler: str) -> Survived:
    """The database is on its way to another host, killed, and brought there."""
    point, mover = request.param
    before = fleet.inventory.state()
    fleet.edit(f"database={fleet.inventory.elsewhere('database')}")
    killer = Killer(fleet.deployment.manager, point, mover=mover)
    with fleet.load(DATA) as load:
        killed = fleet.deploy(load, started=killer.watch)
        reached = killer.reached()
        following = fleet.deploy(load)
        verdict = load.finish()
    if following.code != 0:
        fleet.go_back(before)
        raise AssertionError(f"the run after the kill failed:\n{following.output[-_TAIL_CHARACTERS:]}")
    fleet.settle()
    return Survived(reached, killed, following, verdict)


def test_the_run_was_killed_at_that_point(survived: Survived) -> None:
    assert survived.reached, survived.killed.output[-_TAIL_CHARACTERS:]
    assert survived.killed.code < 0


def test_no_row_is_lost(survived: Survived, record_property: Callable[[str, object], None]) -> None:
    figures = survived.verdict.figures
    assert figures.get("rows"), survived.verdict.text
    record_property("rows", figures["rows"]["acknowledged"])
    record_property("requests_failed", figures["requests"]["failed"])
    assert figures["rows"]["good"], survived.verdict.text


def test_the_data_is_the_same(survived: Survived, fleet: Fleet, filler: str) -> None:
    assert fleet.database().checksum() == filler


def test_one_database_runs_where_the_inventory_says(survived: Survived, fleet: Fleet) -> None:
    assert fleet.deployment.misplaced() == {}
    assert fleet.database().takes_writes()


def test_no_retired_volume_is_in_use(survived: Survived, fleet: Fleet) -> None:
    assert volumes.retired(fleet.deployment) & volumes.mounted(fleet.deployment) == set()


def test_no_control_container_is_left(survived: Survived, fleet: Fleet) -> None:
    machine = fleet.deployment.manager.machine
    assert machine.check_output("docker ps --all --quiet --filter label=%s", CONTROL) == ""


@pytest.mark.parametrize("trace", TRACES)
def test_nothing_of_the_move_is_left(survived: Survived, fleet: Fleet, trace: str) -> None:
    found = fleet.deployment.manager.machine.check_output(
        "docker service ls --quiet --filter label=%s", trace
    )
    assert found == ""
