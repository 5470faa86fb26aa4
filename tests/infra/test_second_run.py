"""A deploy of what is deployed already changes nothing and restarts nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.deployment import Deployment

ROOT = Path(__file__).resolve().parents[2]


def _start_times(deployment: Deployment) -> dict[str, str]:
    return {
        one["Id"]: one["State"]["StartedAt"]
        for host in deployment.hosts.values()
        for one in host.containers()
    }


@pytest.mark.drives
def test_a_second_run_changes_nothing_and_restarts_nothing(deployment: Deployment) -> None:
    if not all(host.is_test_host for host in deployment.hosts.values()):
        pytest.skip("tests deploy only to hosts that they made")
    before = _start_times(deployment)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(deployment.inventory), "site.yml"],
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert set(re.findall(r"changed=(\d+)", done.stdout)) == {"0"}, done.stdout[-4000:]
    assert _start_times(deployment) == before
