"""A deploy of what is deployed already changes nothing and restarts nothing, and a plan never does."""

import re

import pytest

from tests.bad_input.playbooks import play
from tests.infra.deployment import Deployment

pytestmark = [pytest.mark.drives, pytest.mark.usefixtures("own_hosts")]


def _start_times(deployment: Deployment) -> dict[str, str]:
    return {
        one["Id"]: one["State"]["StartedAt"]
        for host in deployment.hosts.values()
        for one in host.containers()
    }


def test_a_second_run_changes_nothing_and_restarts_nothing(deployment: Deployment) -> None:
    before = _start_times(deployment)
    done = play("site.yml", inventory=deployment.inventory)
    assert done.code == 0, done.output[-4000:]
    assert set(re.findall(r"changed=(\d+)", done.output)) == {"0"}, done.output[-4000:]
    assert _start_times(deployment) == before


def test_a_plan_ends_with_what_a_deploy_would_do_and_changes_nothing(deployment: Deployment) -> None:
    before = _start_times(deployment)
    planned = play("site.yml", inventory=deployment.inventory, settings={"lab_title": "Another"}, check=True)
    assert planned.code == 0, planned.output[-4000:]
    said = " ".join(planned.output.partition("Nothing was changed.")[2].split())
    assert "backend-1: update" in said, planned.output[-4000:]
    assert "gateway-1: nothing to do" in said
    assert _start_times(deployment) == before
