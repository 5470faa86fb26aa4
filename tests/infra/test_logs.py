"""What must not stand where many can read it."""

import json
from pathlib import PurePosixPath

import pytest

from tests.infra.deployment import Deployment, Replica

SECRETS = "/var/lib/remlab/secrets"
LINES = 2000
SHORTEST_TELLING = 12


@pytest.fixture(scope="module")
def secrets(deployment: Deployment) -> dict[str, str]:
    """Every secret of one line, by name; a certificate is none."""
    command = (
        f"cd {SECRETS} && for file in *; do test -f $file || continue; "
        "printf '%s\\t' $file; head -c 4000 $file | tr '\\n' ' '; echo; done"
    )
    found = {}
    for line in deployment.manager.machine.check_output(command).splitlines():
        name, _, value = line.partition("\t")
        if "certificate" not in name and len(value.strip()) >= SHORTEST_TELLING:
            found[name] = _core(value.strip())
    assert found, f"no secret lies in {SECRETS}"
    return found


def _core(value: str) -> str:
    """A line of a key's body tells it as well as the whole."""
    return value.split("-----")[2].split()[0] if value.startswith("-----") else value


def _told(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, value in secrets.items() if value in text]


def test_what_the_engine_tells_of_a_container_holds_no_secret(
    deployment: Deployment, replica: Replica, secrets: dict[str, str]
) -> None:
    assert _told(json.dumps(deployment.container(replica)), secrets) == []


def test_what_the_swarm_tells_of_a_service_holds_no_secret(
    deployment: Deployment, replica: Replica, secrets: dict[str, str]
) -> None:
    text = deployment.manager.machine.check_output("docker service inspect %s", replica.name)
    assert _told(text, secrets) == []


def test_the_log_tells_no_secret(deployment: Deployment, replica: Replica, secrets: dict[str, str]) -> None:
    assert _told(deployment.log(replica, LINES), secrets) == []


def test_the_log_shows_no_traceback(deployment: Deployment, replica: Replica) -> None:
    log = deployment.log(replica, LINES)
    where = log.find("Traceback (most recent call last)")
    assert where == -1, log[max(where - 200, 0) : where + 2000]


def test_the_secrets_are_root_s_alone(deployment: Deployment) -> None:
    machine = deployment.manager.machine
    listing = machine.check_output(f"find {PurePosixPath(SECRETS)} -type f -printf '%m %U\\n'").splitlines()
    assert set(listing) == {"600 0"}
