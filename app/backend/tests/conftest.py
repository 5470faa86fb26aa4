"""Fixtures of the backend's tests: real servers, each test with what it needs of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from remlab_backend.migrate import migrate
from remlab_backend.settings import DatabaseSettings

from app.backend.tests.lab import database_settings
from tests.servers.postgres import (  # noqa: F401
    PostgresServer,
    new_database,
    own_postgres_server,
    postgres_server,
)


@pytest.fixture
async def migrated(
    postgres_server: PostgresServer, new_database: Callable[[], str]  # noqa: F811
) -> DatabaseSettings:
    """Settings of a new database with the current schema."""
    settings = database_settings(postgres_server, new_database())
    await migrate(settings)
    return settings


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep this machine's environment out of the settings."""
    monkeypatch.setenv("REMLAB_SECRETS_DIRECTORY", str(tmp_path / "no-secrets"))
