"""The cluster on its volume: one writer at a time, made once, never made by accident."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError, write_private

from .following import forget_old_move
from .settings import SUPERUSER, Settings

# Volumes have it since before there was a common name.
LOCK = "lock"


def prepare(settings: Settings) -> None:
    """Makes the cluster if the volume is empty and may be; otherwise readies it for a start.

    Call it with the volume's lock held: two servers in two containers do not see each other's
    processes, would both start on one volume, and silently ruin it.

    :raises SurroundingsError: the volume holds no database although it should, or one that
        this server cannot read.
    """
    cluster = settings.cluster
    if cluster.is_dir():
        _check_version(settings)
        # Under the lock nobody runs, and process 1 of a dead container would seem to be this one.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        forget_old_move(cluster)
        return
    if settings.expect_existing:
        raise SurroundingsError(
            f"the volume {settings.volume} holds no database, but one is expected there "
            "(DATABASE_EXPECT_EXISTING=1): is it the right volume?"
        )
    _create(settings)


def _check_version(settings: Settings) -> None:
    version_file = settings.cluster / "PG_VERSION"
    there = version_file.read_text().strip() if version_file.is_file() else "an unknown version"
    ours = settings.programs.parent.name
    if there != ours:
        raise SurroundingsError(f"the volume holds a database of PostgreSQL {there}, this is {ours}")


def _create(settings: Settings) -> None:
    """Makes it under another name first, so that a cluster is whole or not there."""
    unfinished = settings.volume / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = write_private(settings.runtime / "superuser-password", settings.superuser_password + "\n")
    print("database: the volume is new, making a cluster", flush=True)
    try:
        subprocess.run(
            [
                settings.programs / "initdb",
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                # Sorts the same on every host, whatever its C library.
                "--locale=C.UTF-8",
                "--encoding=UTF8",
                "--data-checksums",
                "--auth-local=peer",
                "--auth-host=scram-sha-256",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    except subprocess.CalledProcessError as error:
        raise SurroundingsError(f"initdb failed with status {error.returncode}") from error
    finally:
        password_file.unlink()
    unfinished.rename(settings.cluster)
    sync_folder(settings.volume)


def sync_folder(folder: Path) -> None:
    """Names that were made or changed in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)
