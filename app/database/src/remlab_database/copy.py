"""Copies another server's cluster onto an empty volume: python3 -m remlab_database.copy.

Told by DATABASE_COPY_FROM (name or address) and DATABASE_COPY_SLOT. The copy is whole or
not there, so a job that was killed can be run again. With --look it only says what the
volume holds: `empty`, `follower` or `writer`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from remlab_launch.surroundings import SECRETS, SurroundingsError, refuse, setting
from remlab_launch.volume_lock import lock

from . import sql
from .cluster import LOCK, sync_folder
from .following import Source, follow, source_of
from .settings import Settings, settings

# Copying at full speed hurts those who work with the old server.
_MAX_RATE = "60M"
_SPARE_BYTES = 512 * 1024 * 1024
# The job of a killed run still has the volume until the engine has ended it.
_LOCK_PATIENCE_SECONDS = 90.0
_FACTS = "SELECT current_setting('server_version_num'), sum(pg_database_size(oid)) FROM pg_database"


def main(arguments: list[str], environment: Mapping[str, str] = os.environ, secrets: Path = SECRETS) -> int:
    # Process 1 gets no signal that it does not handle.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        wanted = settings(environment, secrets)
        lock(wanted.volume, _LOCK_PATIENCE_SECONDS, name=LOCK)
        if "--look" in arguments:
            print(contents(wanted.cluster))
            return 0
        source = Source(
            setting("DATABASE_COPY_FROM", environment),
            setting("DATABASE_COPY_SLOT", environment),
            int(environment.get("DATABASE_COPY_PORT", "5432")),
        )
        copy(wanted, source)
    except (SurroundingsError, sql.SqlError, OSError) as error:
        refuse("copy of the database", error)
    return 0


def contents(cluster: Path) -> str:
    """What lies there: ``empty``, ``follower`` (was never written to) or ``writer``."""
    if not cluster.is_dir():
        return "empty"
    return "writer" if source_of(cluster) is None else "follower"


def copy(wanted: Settings, source: Source) -> None:
    """Copies, unless this very copy is there already. Call it with the lock held.

    :raises SurroundingsError: the volume holds a database of its own, or has no room.
    """
    cluster = wanted.cluster
    if cluster.is_dir():
        there = source_of(cluster)
        if there is None:
            raise SurroundingsError(f"the volume {wanted.volume} is not empty, it holds another database")
        if there == source:
            print(f"the copy of {source.host} is already there", flush=True)
            return
        # A copy of a move that was given up. Nobody ever wrote to it, and its slot is gone.
        _remove(cluster)
    unfinished = wanted.volume / "data.copying"
    _remove(unfinished)
    server = sql.Server(source.host, wanted.superuser_password, source.port)
    _check(wanted, server)
    _copy(wanted, server, source.slot, unfinished)
    follow(unfinished, source)
    sync_folder(unfinished)
    unfinished.rename(cluster)
    sync_folder(wanted.volume)
    print(f"copied the database of {source.host}", flush=True)


def _check(wanted: Settings, server: sql.Server) -> None:
    [[version, size]] = sql.ask(server, _FACTS, timeout_seconds=60)
    ours = wanted.programs.parent.name
    theirs = str(int(version) // 10000)
    if theirs != ours:
        raise SurroundingsError(
            f"{server.host} is PostgreSQL {theirs}, this is {ours}: move it first, then update"
        )
    free, needed = shutil.disk_usage(wanted.volume).free, int(size) * 11 // 10 + _SPARE_BYTES
    if free < needed:
        raise SurroundingsError(
            f"the database of {server.host} needs {needed // 1_000_000} MB here, "
            f"{free // 1_000_000} MB are free: make room on this host"
        )


def _copy(wanted: Settings, server: sql.Server, slot: str, folder: Path) -> None:
    command = [
        str(wanted.programs / "pg_basebackup"),
        f"--pgdata={folder}",
        "--wal-method=stream",
        f"--slot={slot}",
        "--checkpoint=fast",
        f"--max-rate={_MAX_RATE}",
        "--no-password",
        "--no-manifest",
    ]
    with sql.login(server) as environment:
        done = subprocess.run(command, env=environment, check=False)
    if done.returncode:
        raise SurroundingsError(f"pg_basebackup ended with status {done.returncode}, see above")


def _remove(folder: Path) -> None:
    """Removes a copy; under another name first, so that half of one is never taken for a whole."""
    removed = folder.with_name("data.removed")
    shutil.rmtree(removed, ignore_errors=True)
    if folder.exists():
        folder.rename(removed)
        shutil.rmtree(removed)


def _stop(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
