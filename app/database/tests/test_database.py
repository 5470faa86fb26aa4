"""The database's entry point, with PostgreSQL itself on volumes of its own."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.database.tests.machine import PATIENCE_SECONDS, START, Machine

_LOCK = """
import sys
from pathlib import Path
from remlab_database.cluster import LOCK
from remlab_launch.volume_lock import lock
lock(Path(sys.argv[1]), 0.3, name=LOCK)
"""


def _killed(process: "subprocess.Popen[str]") -> None:
    """The server and its children gone at once, as when the power fails."""
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    for pid in [process.pid, *(int(child) for child in children.stdout.split())]:
        # The child whose client just went may have ended by itself meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)


async def test_new_volume_gets_a_database_for_each_service(machine: Machine) -> None:
    machine.start()
    for name in ("backend", "auth"):
        connection = await machine.connected(name, f"{name}'s password")
        await connection.execute("CREATE TABLE note (text text)")
        assert await connection.fetchval("SHOW data_checksums") == "on"
        collation = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
        assert await connection.fetchval(collation) == "C.UTF-8"
        await connection.close()
    assert machine.health() == (0, "2 of 2 databases")


async def test_service_cannot_reach_another_services_database(machine: Machine) -> None:
    machine.start()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match=r"no pg_hba\.conf entry"):
        await machine.connected("auth", "auth's password", database="backend")


async def test_wrong_password_is_refused(machine: Machine) -> None:
    machine.start()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await machine.connected("backend", "auth's password")


async def test_data_and_passwords_survive_a_restart_that_changes_nothing(machine: Machine) -> None:
    first = machine.start()
    connection = await machine.connected("backend", "backend's password")
    await connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    await connection.close()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE_SECONDS)
    second = machine.run("-c", START, str(machine.folder / "secrets"))
    assert second.stdout
    said = next(line for line in second.stdout if "up to date" in line or "ready to accept" in line)
    assert "ready to accept" in said
    connection = await machine.connected("backend", "backend's password")
    assert await connection.fetchval("SELECT text FROM note") == "kept"
    await connection.close()


async def test_changed_passwords_and_added_services_are_taken_over_at_a_start(machine: Machine) -> None:
    machine.databases = "backend"
    first = machine.start()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE_SECONDS)
    machine.databases = "backend auth"
    machine.set_password("backend", "another")
    machine.set_password("superuser", "also another")
    machine.start()
    for name, password in (("backend", "another"), ("auth", "auth's password")):
        await (await machine.connected(name, password)).close()
    await (await machine.connected("postgres", "also another")).close()


async def test_server_starts_after_it_was_killed(machine: Machine) -> None:
    first = machine.start()
    connection = await machine.connected("backend", "backend's password")
    await connection.execute("CREATE TABLE note AS SELECT 'kept' AS text")
    connection.terminate()
    _killed(first)
    pid_file = machine.folder / "volume/data/postmaster.pid"
    # As in a new container, where the number belongs to the entry point itself.
    pid_file.write_text("1\n" + pid_file.read_text().split("\n", 1)[1])
    machine.start()
    connection = await machine.connected("backend", "backend's password")
    assert await connection.fetchval("SELECT text FROM note") == "kept"
    await connection.close()


def test_second_server_on_the_same_volume_is_refused(machine: Machine, folder: Path) -> None:
    machine.start()
    said = machine.said_by(machine.run("-c", _LOCK, str(folder / "volume")))
    assert f"the volume {folder}/volume is in use by another container" in said


def test_empty_volume_is_refused_where_a_database_is_expected(machine: Machine) -> None:
    machine.expect_existing = "1"
    assert "holds no database, but one is expected" in machine.refusal()
    assert not (machine.folder / "volume/data").exists()


def test_unfinished_cluster_of_a_killed_start_is_made_anew(machine: Machine) -> None:
    unfinished = machine.folder / "volume/data.unfinished"
    unfinished.mkdir(mode=0o777)
    unfinished.chmod(0o777)
    (unfinished / "PG_VERSION").write_text("")
    machine.start()
    assert not unfinished.exists()
    assert machine.health()[0] == 0


def test_database_of_another_version_is_refused(machine: Machine) -> None:
    data = machine.folder / "volume/data"
    data.mkdir()
    (data / "PG_VERSION").write_text("9.6\n")
    data.chmod(0o755)
    assert "holds a database of PostgreSQL 9.6" in machine.refusal()


def test_database_is_not_well_while_the_server_is_down(machine: Machine) -> None:
    status, said = machine.health()
    assert status == 1
    assert "No such file or directory" in said


def test_database_is_not_well_when_a_service_has_none(machine: Machine) -> None:
    machine.databases = "backend"
    machine.start()
    machine.databases = "backend auth"
    assert machine.health() == (1, "1 of 2 databases")


def test_copy_that_follows_another_server_is_not_well(machine: Machine) -> None:
    machine.start()
    (machine.folder / "volume/data/standby.signal").touch()
    assert machine.health() == (1, "follows another server")


@pytest.mark.parametrize("name", ["postgres", "Backend", "a-b", "a;b"])
def test_name_that_would_need_quotes_is_refused(machine: Machine, name: str) -> None:
    machine.databases = name
    assert f"'{name}' cannot be the name" in machine.refusal()


def test_missing_password_is_named(machine: Machine) -> None:
    machine.databases = "backend logbook"
    assert "database_logbook_password cannot be read" in machine.refusal()
