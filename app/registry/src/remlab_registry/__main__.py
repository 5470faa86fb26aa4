"""Becomes the registry, the only writer on its volume."""

from __future__ import annotations

import os

from remlab_launch.surroundings import SurroundingsError, refuse
from remlab_launch.volume_lock import claim

from .configuration import STORAGE, settings, write_configuration
from .program import program


def main() -> None:
    """Does not return: the process is the server afterwards."""
    try:
        server, configuration = program(), write_configuration(settings())
        claim(STORAGE)
    except SurroundingsError as error:
        refuse("registry", error)
    os.execv(server, [server, "serve", str(configuration)])  # noqa: S606 - no shell wanted


main()
