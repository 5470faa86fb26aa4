"""How Caddy is called in this container."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError

CONFIGURATION = Path("/etc/remlab/edge/Caddyfile")
# The volume with the certificates. The Caddyfile's option `storage` names the same.
STORAGE = Path("/var/lib/remlab/edge")
# Only this container can reach it. The Caddyfile's option `admin` names the same.
ADMIN_ADDRESS = "unix//tmp/caddy-admin.sock"
_ADAPTER = ("--adapter", "caddyfile")


def command(verb: str, *options: str, configuration: Path = CONFIGURATION) -> list[str]:
    """The command line for `run`, `validate` or `reload`.

    :raises SurroundingsError: Caddy or its configuration is not there.
    """
    program = shutil.which("caddy")
    if not program:
        raise SurroundingsError("this image has no caddy")
    if not configuration.is_file():
        raise SurroundingsError(f"{configuration} is missing; the role front_door writes it on this host")
    return [program, verb, *_ADAPTER, "--config", str(configuration), *options]


def become(line: list[str]) -> None:
    """Does not return: this process is Caddy afterwards."""
    os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - the container's own tmpfs
    os.environ.setdefault("XDG_CONFIG_HOME", "/tmp")  # noqa: S108 - the container's own tmpfs
    os.environ.setdefault("XDG_DATA_HOME", "/tmp")  # noqa: S108 - the container's own tmpfs
    os.execv(line[0], line)  # noqa: S606 - no shell wanted
