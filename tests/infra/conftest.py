"""Fixtures of the tests that ask a deployed lab, and what they are repeated for."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import deployment_of
from tests.infra.deployment import Deployment, Host, Replica

_ROUTES = Path(__file__).parents[2] / "frontend" / "src" / "config" / "routes.ts"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a test for each replica, service, device, camera, host, port or page that it asks for."""
    wanted = {"replica", "service", "device", "camera", "host_name", "open_port"} & set(metafunc.fixturenames)
    if wanted:
        deployment = deployment_of(metafunc.config)
        values = {
            "replica": deployment.replicas,
            "service": sorted(deployment.services),
            "device": [device["id"] for device in deployment.lab["devices"]],
            "camera": [camera["id"] for camera in deployment.lab["cameras"]],
            "host_name": sorted(deployment.hosts),
            "open_port": deployment.lab["open_ports"],
        }
        for name in wanted:
            metafunc.parametrize(
                name, values[name], ids=lambda one: one.name if isinstance(one, Replica) else str(one)
            )
    if "client_route" in metafunc.fixturenames:
        metafunc.parametrize(
            "client_route", re.findall(r'path: "([^"]+)"', _ROUTES.read_text(encoding="utf-8"))
        )


@pytest.fixture(scope="session")
def deployment(pytestconfig: pytest.Config) -> Deployment:
    return deployment_of(pytestconfig)


@pytest.fixture(scope="session")
def own_hosts(deployment: Deployment) -> None:
    """Skip what deploys or makes trouble on hosts that the tests did not make."""
    if not all(host.is_test_host for host in deployment.hosts.values()):
        pytest.skip("only on hosts that the tests made")


@pytest.fixture
def host(deployment: Deployment, host_name: str) -> Host:
    return deployment.hosts[host_name]


@pytest.fixture(scope="session")
def lab(deployment: Deployment) -> Iterator[httpx.Client]:
    """A client of the front door that follows no redirects."""
    with httpx.Client(
        base_url=deployment.public_url, verify=not deployment.own_authority, timeout=20, trust_env=False
    ) as client:
        yield client


@pytest.fixture(scope="session")
def needs(deployment: Deployment):
    """Skip a test whose service this inventory does not deploy."""

    def check(*services: str) -> None:
        for service in services:
            if service not in deployment.services:
                pytest.skip(f"this inventory deploys no {service}")

    return check
