"""What goes wrong in real life, on hosts that the tests made: nothing is lost, and it is said what to do."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bad_input.playbooks import ROOT, Outcome, play
from tests.infra.deployment import Deployment
from tests.infra.unhealthy import unhealthy

SECRETS = "/var/lib/remlab/secrets"
AWAY_SECONDS = 60
RECOVERY_SECONDS = 60
pytestmark = [pytest.mark.drives, pytest.mark.usefixtures("own_hosts")]


@pytest.fixture
def mended(deployment: Deployment) -> Iterator[None]:
    """Whatever a test did, a plain deploy puts the lab in order again."""
    yield
    outcome = deploy(deployment)
    assert outcome.code == 0, outcome.output[-4000:]


def deploy(deployment: Deployment, **options: Any) -> Outcome:
    return play("site.yml", inventory=deployment.inventory, **options)


def containers(deployment: Deployment) -> dict[str, str]:
    """Service -> id of its container."""
    return {
        one["Config"]["Labels"]["remlab.service"]: one["Id"]
        for host in deployment.hosts.values()
        for one in host.containers()
    }


def scale(deployment: Deployment, replicas: int, *services: str) -> None:
    wanted = " ".join(f"{service}-1={replicas}" for service in services)
    deployment.manager.machine.check_output(f"docker service scale --detach {wanted}")


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} within {RECOVERY_SECONDS} s"
        time.sleep(0.5)


def signals_arrive(lab: httpx.Client) -> bool:
    answer = lab.get("/api/devices")
    return answer.status_code == 200 and all(one["status"]["connected"] for one in answer.json())


def test_services_recover_by_themselves_when_broker_and_database_were_away(
    deployment: Deployment, lab: httpx.Client
) -> None:
    device = deployment.lab["devices"][0]["id"]
    before = containers(deployment)
    scale(deployment, 0, "broker", "database")
    try:
        end = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < end:
            assert lab.get("/").status_code == 200
            assert lab.get("/api/devices").status_code == 200
            time.sleep(1)
    finally:
        scale(deployment, 1, "broker", "database")
    note = f"/api/devices/{device}/log/{uuid.uuid4()}"
    eventually(lambda: lab.put(note, json={"text": "back again"}).is_success, "a note is written")
    eventually(lambda: signals_arrive(lab), "signals arrive")
    after = containers(deployment)
    others = set(before) - {"broker", "database"}
    assert {name: after[name] for name in others} == {name: before[name] for name in others}


def test_a_missing_folder_of_secrets_stops_the_run_before_it_changes_anything(deployment: Deployment) -> None:
    before, machine = containers(deployment), deployment.manager.machine
    machine.check_output(f"mv {SECRETS} {SECRETS}.away")
    try:
        outcome = play("playbooks/hosts.yml", inventory=deployment.inventory)
        found = machine.run(f"test -e {SECRETS}").rc == 0
    finally:
        machine.check_output(f"rm -rf {SECRETS} && mv {SECRETS}.away {SECRETS}")
    assert outcome.code != 0
    assert f"{SECRETS} is missing on" in outcome.output
    assert "Nothing was changed. Bring the folder back" in outcome.output
    assert not found, "a new folder of secrets was begun"
    assert containers(deployment) == before


@pytest.mark.usefixtures("mended")
def test_a_version_that_never_gets_healthy_leaves_the_old_one_serving(
    deployment: Deployment, lab: httpx.Client
) -> None:
    before = containers(deployment)
    outcome = deploy(deployment, settings=unhealthy("gateway"))
    assert outcome.code != 0
    assert "gateway-1 on lab1 was given back to its old version, which goes on serving" in outcome.output
    assert "./lab logs gateway" in outcome.output
    assert containers(deployment) == before
    assert signals_arrive(lab)


@pytest.mark.usefixtures("mended")
def test_a_first_start_that_never_gets_healthy_fails_and_removes_nothing_else(deployment: Deployment) -> None:
    deployment.manager.machine.check_output("docker service rm simulator-1")
    before = containers(deployment)
    outcome = deploy(deployment, settings=unhealthy("simulator"))
    assert outcome.code != 0
    assert "simulator-1 on lab1 failed" in outcome.output
    after = containers(deployment)
    assert {name: after.get(name) for name in set(before) - {"simulator"}} == {
        name: one for name, one in before.items() if name != "simulator"
    }


def test_a_build_that_fails_shows_the_failing_lines_and_replaces_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    left_out = shutil.ignore_patterns(".git", ".venv", ".cache", "node_modules", "dist", "__pycache__")
    shutil.copytree(ROOT, tree, ignore=left_out)
    dockerfile = tree / "app/gateway/Dockerfile"
    text = dockerfile.read_text(encoding="utf-8")
    broken = 'RUN ["python3", "-c", "raise SystemExit(\'no such wheel\')"]\nENTRYPOINT'
    dockerfile.write_text(text.replace("ENTRYPOINT", broken, 1), encoding="utf-8")
    before = containers(deployment)
    outcome = deploy(deployment, tree=tree)
    assert outcome.code != 0
    assert "The image of gateway was not made" in outcome.output
    assert "no such wheel" in outcome.output
    assert containers(deployment) == before


# Stage -> the line at which it is killed, and a setting that gives this run something to do. Each of the later
# ones has its own, since what a killed run began may go on to its end on the host.
STAGES = {
    "hosts": ("PLAY [Make the Swarm and its secrets]", "debug"),
    "images": ("PLAY [Build the images that are missing]", "debug"),
    "first update": ("… media-1: update", "debug"),
    "later update": ("… gateway-1: update", "warning"),
    "verify": ("PLAY [Ask the deployed laboratory", "warning"),
}


@pytest.mark.usefixtures("mended")
def test_a_deploy_that_is_killed_at_any_stage_is_finished_by_the_next(
    deployment: Deployment, lab: httpx.Client
) -> None:
    device = deployment.lab["devices"][0]["id"]
    note = f"/api/devices/{device}/log/{uuid.uuid4()}"
    assert lab.put(note, json={"text": "written before"}).status_code == 201
    reached = []
    for stage, (line, level) in STAGES.items():
        if deploy(deployment, settings={"lab_log_level": level}, kill_at=line).code < 0:
            reached.append(stage)
    assert reached == list(STAGES)
    outcome = deploy(deployment, settings={"lab_log_level": "warning"})
    assert outcome.code == 0, outcome.output[-4000:]
    assert lab.put(note, json={"text": "written before"}).status_code == 200, "the note was lost"
