"""Options of the tests that ask a deployed lab. Everything they expect is read from its inventory."""

import os
from pathlib import Path

import pytest

from tests.infra.deployment import Deployment, describe
from tests.moves.derived_inventory import current

ROOT = Path(__file__).resolve().parents[1]
_DEPLOYMENT = pytest.StashKey[Deployment]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("remlab")
    group.addoption("--lab-inventory", help="inventory of the deployed lab (default: inventory/local.yml)")
    group.addoption(
        "--lab-url", help="address of the deployed lab (default: lab_public_url of the inventory)"
    )
    group.addoption("--lab-any-certificate", action="store_true", help="accept the lab's certificate unseen")


def pytest_configure(config: pytest.Config) -> None:
    """The end-to-end tests need only an address; with an inventory it comes from there."""
    if config.getoption("--lab-inventory"):
        deployment = deployment_of(config)
        config.option.lab_url = config.option.lab_url or os.environ.get("REMLAB_URL") or deployment.public_url
        config.option.lab_any_certificate = config.option.lab_any_certificate or deployment.own_authority


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser comes last: until it ends, its event loop holds the thread, and no async test could run."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


def deployment_of(config: pytest.Config) -> Deployment:
    """What the inventory of this run says, as the tests of moves left it; read once."""
    if _DEPLOYMENT not in config.stash:
        inventory = config.getoption("--lab-inventory") or ROOT / "inventory" / "local.yml"
        config.stash[_DEPLOYMENT] = describe(current(Path(inventory).resolve()))
    return config.stash[_DEPLOYMENT]
