"""The fleet that the moves share. The modules' numbers are their order: each goes on where the former ended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import deployment_of
from tests.moves.fleet import STATELESS, Fleet

# The table has 1000.
_FILLER_MB = int(os.environ.get("REMLAB_MOVE_MB", "100"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat a test for each host or device that it asks for."""
    if "host_name" in metafunc.fixturenames:
        metafunc.parametrize("host_name", sorted(deployment_of(metafunc.config).hosts))
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", [one["id"] for one in deployment_of(metafunc.config).lab["devices"]])


@pytest.fixture(scope="session")
def fleet(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Where everything is now. In the end the front door is where the lab's public address leads."""
    deployment = deployment_of(pytestconfig)
    strangers = [name for name, host in deployment.hosts.items() if not host.is_test_host]
    if strangers:
        pytest.fail(f"moves are tested on hosts that the tests made; {', '.join(strangers)} are none")
    inventory = Path(pytestconfig.getoption("--lab-inventory")).resolve()
    fleet = Fleet(deployment, inventory, tmp_path_factory.mktemp("fleet"))
    yield fleet
    if fleet.inventory.hosts("edge") != [fleet.home]:
        fleet.move(f"edge={fleet.home}", aim=STATELESS)


@pytest.fixture(scope="session")
def filler(fleet: Fleet) -> Iterator[str]:
    """Data in the database that no service knows; its checksum."""
    fleet.database().fill(_FILLER_MB)
    yield fleet.database().checksum()
    fleet.database().empty()
