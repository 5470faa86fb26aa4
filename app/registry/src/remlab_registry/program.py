"""The registry's program, as Debian names it."""

from __future__ import annotations

import shutil

from remlab_launch.surroundings import SurroundingsError


def program() -> str:
    """Its path.

    :raises SurroundingsError: it is not installed.
    """
    path = shutil.which("docker-registry", path="/usr/bin:/usr/sbin")
    if not path:
        raise SurroundingsError("there is no docker-registry")
    return path
