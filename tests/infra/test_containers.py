"""Every container is held as short as the service files promise; exceptions stand there with their reason."""

from typing import Any

import pytest

from tests.infra.deployment import Deployment, Replica

MEBIBYTE = 1024 * 1024


@pytest.fixture
def container(deployment: Deployment, replica: Replica) -> dict[str, Any]:
    return deployment.container(replica)


@pytest.fixture
def limits(deployment: Deployment, replica: Replica) -> dict[str, Any]:
    found: dict[str, Any] = deployment.services[replica.service]["limits"]
    return found


@pytest.fixture
def exceptions(deployment: Deployment, replica: Replica) -> dict[str, str]:
    found: dict[str, str] = deployment.services[replica.service]["exceptions"]
    return found


def test_it_does_not_run_as_root(container: dict[str, Any], exceptions: dict[str, str]) -> None:
    user = container["Config"]["User"].split(":")[0]
    assert ("user" in exceptions) or user not in {"", "0", "root"}


def test_its_root_filesystem_is_read_only(container: dict[str, Any], exceptions: dict[str, str]) -> None:
    assert container["HostConfig"]["ReadonlyRootfs"] is ("read_only" not in exceptions)


def test_it_has_no_capabilities(container: dict[str, Any], exceptions: dict[str, str]) -> None:
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert not container["HostConfig"]["CapAdd"] or "capabilities" in exceptions
    assert not container["HostConfig"]["Privileged"]


def test_its_memory_processor_and_processes_are_limited(
    container: dict[str, Any], limits: dict[str, Any]
) -> None:
    given = container["HostConfig"]
    assert given["Memory"] == limits["memory_mb"] * MEBIBYTE
    assert given["NanoCpus"] == limits["cpus"] * 1_000_000_000
    assert given["PidsLimit"] == limits["pids"]


def test_its_health_is_asked(container: dict[str, Any]) -> None:
    assert container["Config"]["Healthcheck"]["Test"][0].startswith("CMD")


def test_its_log_is_rotated(container: dict[str, Any]) -> None:
    options = container["HostConfig"]["LogConfig"]["Config"]
    assert options["max-size"]
    assert int(options["max-file"]) > 1


def test_it_has_an_init(container: dict[str, Any], exceptions: dict[str, str]) -> None:
    assert bool(container["HostConfig"]["Init"]) is ("init" not in exceptions)


def test_it_cannot_reach_the_engine(container: dict[str, Any]) -> None:
    sources = [mount.get("Source", "") for mount in container["Mounts"]]
    assert not [source for source in sources if source.endswith("docker.sock")]


def test_every_exception_has_its_reason(exceptions: dict[str, str]) -> None:
    assert all(len(reason) > 10 for reason in exceptions.values())
