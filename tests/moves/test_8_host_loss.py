"""A host dies and is taken out of the inventory: what ran there runs elsewhere; then it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.bad_input.playbooks import Outcome
from tests.load.beside import Verdict
from tests.moves import engine
from tests.moves.fleet import DATA, Fleet

pytestmark = pytest.mark.slow

# They hold data, or are what the others are led by.
KEPT = ("manager", "builder", "registry", "database", "edge")
# Until then the Swarm takes a dead host for one that answers.
NOTICED_SECONDS = 20
BOOT_SECONDS = 60
_TAIL_CHARACTERS = 6000


class Lost(NamedTuple):
    """What came of a host's death."""

    host: str
    before: dict[str, Any]
    """The inventory when it was alive."""
    services: list[str]
    refused: Outcome
    run: Outcome
    verdict: Verdict


@pytest.fixture(scope="module")
def container(fleet: Fleet) -> Iterator[str]:
    """The host that dies, a container on this machine; it is there again in the end."""
    victim = fleet.inventory.elsewhere(*KEPT)
    found = engine.container(victim)
    yield found
    engine.ask("start", found)


@pytest.fixture(scope="module")
def lost(fleet: Fleet, container: str, filler: str) -> Lost:
    victim = fleet.inventory.elsewhere(*KEPT)
    services = fleet.deployment.wanted_on(victim)
    state = fleet.inventory.state()
    fleet.edit()
    with fleet.load(DATA) as load:
        engine.ask("kill", container)
        refused = fleet.deploy(load)
        time.sleep(NOTICED_SECONDS)
        alone = [service for service in services if fleet.inventory.hosts(service) == [victim]]
        fleet.edit(*(f"{service}={fleet.home}" for service in alone), f"-{victim}")
        run = fleet.deploy(load)
        verdict = load.finish()
    if run.code != 0:
        fleet.go_back(state)
        raise AssertionError(f"the run without {victim} failed:\n{run.output[-_TAIL_CHARACTERS:]}")
    fleet.settle()
    return Lost(victim, state, services, refused, run, verdict)


def test_a_host_that_does_not_answer_is_named_and_nothing_changed(lost: Lost) -> None:
    assert lost.refused.code != 0
    assert "Nothing was changed" in lost.refused.output
    assert lost.host in lost.refused.output.partition("Nothing was changed")[2]


def test_everything_runs_elsewhere(lost: Lost, fleet: Fleet) -> None:
    assert lost.services, "nothing ran on the host"
    assert fleet.deployment.misplaced() == {}


def test_no_row_is_lost(
    lost: Lost, fleet: Fleet, filler: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("requests_failed", lost.verdict.figures["requests"]["failed"])
    assert lost.verdict.figures["rows"]["good"], lost.verdict.text
    assert fleet.database().checksum() == filler


def test_the_run_says_what_it_could_not_clean(lost: Lost) -> None:
    words = " ".join(lost.run.output.split())
    assert f"{lost.host} left the inventory and could not be reached" in words


@pytest.fixture(scope="module")
def back(fleet: Fleet, lost: Lost, container: str) -> Outcome:
    """It answers again, and the inventory is what it was."""
    engine.ask("start", container)
    state = fleet.inventory.state()
    fleet.inventory.go_back(lost.before)
    fleet.edit()
    deadline = time.monotonic() + BOOT_SECONDS
    while (run := fleet.deploy()).code != 0 and time.monotonic() < deadline:
        time.sleep(2)
    if run.code != 0:
        fleet.go_back(state)
        raise AssertionError(f"the run with {lost.host} failed:\n{run.output[-_TAIL_CHARACTERS:]}")
    fleet.settle()
    return run


def test_a_host_that_comes_back_joins_again(back: Outcome, lost: Lost, fleet: Fleet) -> None:
    assert lost.host in fleet.deployment.hosts
    assert fleet.deployment.misplaced() == {}
    assert fleet.deployment.wanted_on(lost.host) == lost.services
