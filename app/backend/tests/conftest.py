"""Fixtures of the backend's tests: real servers, each test with what it needs of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.backend.tests.lab import RunningLab, build_dist, database_settings, lab_settings, running_lab
from remlab_backend.migrate import migrate
from remlab_backend.settings import DatabaseSettings
from tests.servers.nats import NatsServer, nats_server  # noqa: F401 - a fixture
from tests.servers.postgres import (  # noqa: F401 - a fixture
    PostgresServer,
    new_database,
    own_postgres_server,
    postgres_server,
)


@pytest.fixture
async def migrated(
    postgres_server: PostgresServer,  # noqa: F811 - a fixture
    new_database: Callable[[], str],  # noqa: F811 - a fixture
) -> DatabaseSettings:
    """Settings of a new database with the current schema."""
    settings = database_settings(postgres_server, new_database())
    await migrate(settings)
    return settings


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A small build of the frontend, some of it compressed as the image does."""
    return build_dist(tmp_path / "dist")


@pytest.fixture(scope="session")
def shared_database(postgres_server: PostgresServer) -> DatabaseSettings:  # noqa: F811 - a fixture
    """Settings of a migrated database for tests that do not mind what others leave in it."""
    settings = database_settings(postgres_server, postgres_server.create_next_database())
    asyncio.run(migrate(settings))
    return settings


@pytest.fixture
async def lab(
    shared_database: DatabaseSettings,
    nats_server: NatsServer,  # noqa: F811 - a fixture
    dist: Path,
) -> AsyncIterator[RunningLab]:
    """A running backend with its database and its broker."""
    async with running_lab(lab_settings(shared_database, broker=nats_server, dist=dist)) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep this machine's environment out of the settings."""
    monkeypatch.setenv("REMLAB_SECRETS_DIRECTORY", str(tmp_path / "no-secrets"))
