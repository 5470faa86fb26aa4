"""Migrations: safe to run twice, patient, and only ever adding."""

import ast
import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app.backend.tests.lab import database_settings
from remlab_backend.migrate import MigrationError, alembic_config, migrate, newest_revision
from remlab_backend.settings import DatabaseSettings
from tests.servers.postgres import PASSWORD, PostgresServer

VERSIONS = sorted(Path(str(alembic_config().get_main_option("script_location")), "versions").glob("m*.py"))
ADDING = {"create_table", "create_index", "add_column"}


def current_revision(server: PostgresServer, database: str) -> str:
    return server.sql("SELECT version_num FROM alembic_version", database=database)


async def start_job(settings: DatabaseSettings) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "BACKEND_DATABASE_HOST": settings.database_host,
        "BACKEND_DATABASE_PORT": str(settings.database_port),
        "BACKEND_DATABASE_NAME": settings.database_name,
        "BACKEND_DATABASE_USER": settings.database_user,
        "database_backend_password": PASSWORD,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "remlab_backend.migrate", env=environment, stdout=PIPE, stderr=STDOUT
    )


async def test_migrating_again_changes_nothing(
    postgres_server: PostgresServer, new_database: Callable[[], str]
) -> None:
    name = new_database()
    settings = database_settings(postgres_server, name)
    await migrate(settings)
    await migrate(settings)
    assert current_revision(postgres_server, name) == newest_revision()


async def test_two_migrations_at_once_are_safe(
    postgres_server: PostgresServer, new_database: Callable[[], str]
) -> None:
    name = new_database()
    settings = database_settings(postgres_server, name)
    jobs = [await start_job(settings) for _ in range(3)]
    outputs = await asyncio.gather(*(job.communicate() for job in jobs))
    assert [job.returncode for job in jobs] == [0, 0, 0], outputs
    assert current_revision(postgres_server, name) == newest_revision()


async def test_a_migration_waits_for_the_database(own_postgres_server: PostgresServer) -> None:
    own_postgres_server.create_database("backend")
    own_postgres_server.stop()
    migration = asyncio.create_task(migrate(database_settings(own_postgres_server, "backend")))
    await asyncio.wait({migration}, timeout=1)
    assert not migration.done()
    await asyncio.to_thread(own_postgres_server.start)
    await migration
    assert current_revision(own_postgres_server, "backend") == newest_revision()


async def test_a_migration_without_a_database_says_where_it_looked(
    postgres_server: PostgresServer,
) -> None:
    settings = database_settings(postgres_server, "no_such_role", migrate_timeout_seconds=0.1)
    with pytest.raises(MigrationError, match=rf"127\.0\.0\.1:{postgres_server.port}.*no_such_role"):
        await migrate(settings)


def test_revisions_form_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_bases() == [VERSIONS[0].name[1:5]]
    assert len(script.get_heads()) == 1


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_only_adds(path: Path) -> None:
    """The old version works on with the new schema: so nothing it uses may go or change."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "op"
    ]
    assert calls
    assert {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)} <= ADDING
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_column":
            added = ast.unparse(call)
            assert "nullable=True" in added or "server_default=" in added, added
