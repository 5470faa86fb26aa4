"""The only manager is lost for good: it is explained, and a new Swarm is built over the data that is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from tests.bad_input.playbooks import Outcome
from tests.moves import engine
from tests.moves.fleet import Fleet

pytestmark = pytest.mark.slow

_TAIL_CHARACTERS = 6000
_ANSWER_SECONDS = 20


class Lost(NamedTuple):
    """What came of the manager's death."""

    host: str
    refused: Outcome
    without_secrets: Outcome
    run: Outcome


def _deployed(fleet: Fleet, **settings: bool) -> Outcome:
    run = fleet.deploy(settings=settings)
    assert run.code == 0, run.output[-_TAIL_CHARACTERS:]
    fleet.settle()
    return run


@pytest.fixture(scope="module")
def lost(fleet: Fleet, filler: str) -> Iterator[Lost]:
    """Nothing but the manager is on its host when that dies; in the end it is back."""
    (victim,) = fleet.inventory.hosts("manager")
    assert fleet.home != victim, "the front door's host is the one that stays"
    here = [*fleet.deployment.wanted_on(victim), "builder"]
    alone = [name for name in here if fleet.inventory.hosts(name) == [victim]]
    fleet.edit(*(f"{name}={fleet.home}" for name in alone))
    _deployed(fleet)
    before, container = fleet.inventory.state(), engine.container(victim)
    engine.ask("kill", container)
    try:
        fleet.edit(f"manager={fleet.home}", f"-{victim}")
        refused = fleet.deploy()
        without_secrets = fleet.deploy(settings={"lab_new_swarm": True})
        run = _deployed(fleet, lab_new_swarm=True, lab_new_secrets=True)
        yield Lost(victim, refused, without_secrets, run)
    finally:
        engine.ask("start", container)
        engine.ask("exec", container, "sh", "-c", "until docker swarm leave --force; do sleep 1; done")
        fleet.inventory.go_back(before)
        fleet.edit()
        _deployed(fleet)


def test_it_is_explained_and_nothing_changed(lost: Lost) -> None:
    words = " ".join(lost.refused.output.split())
    assert lost.refused.code != 0
    assert f"Nothing was changed. Mend this first: {lost.host}" in words, lost.refused.output[-3000:]
    assert "alone managed the laboratory's Swarm and does not answer" in words
    assert "./lab deploy --new-swarm" in words


def test_secrets_that_are_nowhere_are_asked_for(lost: Lost) -> None:
    words = " ".join(lost.without_secrets.output.split())
    assert lost.without_secrets.code != 0
    assert (
        "no host has these secrets, which were on the lost manager: registry_ca_key, registry_password"
        in words
    )


def test_everything_runs_in_the_new_swarm_over_its_data(lost: Lost, fleet: Fleet, filler: str) -> None:
    assert lost.host not in fleet.deployment.hosts
    assert fleet.deployment.misplaced() == {}
    assert fleet.database().checksum() == filler
    assert fleet.database().takes_writes()


def test_services_find_each_other_from_host_to_host(lost: Lost, fleet: Fleet) -> None:
    device = fleet.deployment.lab["devices"][0]["id"]
    with httpx.Client(base_url=fleet.deployment.public_url, timeout=_ANSWER_SECONDS, trust_env=False) as lab:
        assert lab.get(f"/api/devices/{device}/log").status_code == 200
        assert all(one["status"]["connected"] for one in lab.get("/api/devices").json())


def test_the_option_is_refused_while_a_manager_answers(lost: Lost, fleet: Fleet) -> None:
    again = fleet.deploy(settings={"lab_new_swarm": True})
    assert again.code != 0
    assert "Nothing was changed" in again.output
    assert fleet.deployment.misplaced() == {}
