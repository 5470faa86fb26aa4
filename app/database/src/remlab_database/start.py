"""From an unknown volume to a running server, in the order that is safe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from remlab_launch.surroundings import SECRETS, SurroundingsError, refuse
from remlab_launch.volume_lock import lock

from . import following
from .cluster import LOCK, prepare
from .configuration import write_configuration
from .provision import provision
from .settings import Settings, settings


def start(environment: Mapping[str, str] = os.environ, secrets: Path = SECRETS) -> None:
    """Does not return: this process is the server afterwards, and keeps the lock.

    In a container it is process 1, so that PostgreSQL gets the signals itself.
    """
    try:
        wanted = settings(environment, secrets)
        lock(wanted.volume, name=LOCK)
        prepare(wanted)
        configuration = write_configuration(wanted)
        provision(wanted, configuration)
    except (SurroundingsError, OSError) as error:
        refuse("database", error)
    _become_server(wanted, configuration)


def _become_server(wanted: Settings, configuration: Path) -> None:
    server = str(wanted.programs / "postgres")
    os.execve(  # noqa: S606 - no shell wanted
        server,
        [server, "-D", str(wanted.cluster), "-c", f"config_file={configuration}"],
        {**os.environ, **following.environment(wanted.cluster)},
    )
