"""A move that cannot come about: the old one serves on where it was, and nobody outside notices."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.bad_input.playbooks import Outcome
from tests.infra.unhealthy import unhealthy
from tests.load.beside import Verdict
from tests.moves import volumes
from tests.moves.fleet import DATA, Fleet

pytestmark = pytest.mark.slow


class Failed(NamedTuple):
    """A move to a version that never gets healthy."""

    service: str
    before: dict[str, list[str]]
    target: str
    run: Outcome
    verdict: Verdict


def _placed(fleet: Fleet) -> dict[str, list[str]]:
    return {name: host.services() for name, host in fleet.deployment.hosts.items()}


@pytest.fixture(scope="module", params=["media", "registry"])
def failed(request: pytest.FixtureRequest, fleet: Fleet) -> Failed:
    state, before = fleet.inventory.state(), _placed(fleet)
    target = fleet.inventory.elsewhere(request.param)
    fleet.edit(f"{request.param}={target}")
    with fleet.load(DATA) as load:
        run = fleet.deploy(load, settings=unhealthy(request.param))
        verdict = load.finish()
    fleet.go_back(state)
    return Failed(request.param, before, target, run, verdict)


def test_the_run_fails_and_says_who_serves(failed: Failed) -> None:
    assert failed.run.code != 0
    words = " ".join(failed.run.output.split())
    serving = {
        "media": "was given back to its old version, which goes on serving",
        "registry": "as before; nothing was lost",
    }
    assert serving[failed.service] in words, failed.run.output[-6000:]


def test_everything_runs_where_it_was(failed: Failed, fleet: Fleet) -> None:
    assert _placed(fleet) == failed.before


def test_no_request_fails_and_no_row_is_lost(failed: Failed) -> None:
    assert failed.verdict.good, failed.verdict.text


def test_a_copy_that_may_have_been_written_on_is_kept_apart(failed: Failed, fleet: Fleet) -> None:
    if failed.service == "media":
        pytest.skip("it has no data")
    host = fleet.deployment.hosts[failed.target]
    left = {(failed.target, volume) for volume in volumes.there(host, failed.service)}
    assert left & volumes.retired(fleet.deployment)


def test_the_next_run_without_the_fault_changes_nothing(failed: Failed, fleet: Fleet) -> None:
    run = fleet.deploy()
    assert run.code == 0, run.output[-6000:]
    assert _placed(fleet) == failed.before
