"""Writes the configuration and serves Canaille, in one process."""

from __future__ import annotations

import asyncio
import os
import signal

from remlab_launch.surroundings import SurroundingsError, refuse

from .configuration import FILE, PORT, configuration, write_configuration
from .server import serve


def main() -> None:
    """Serves until it is told to stop; requests that are under way get a few seconds."""
    try:
        write_configuration(configuration())
    except SurroundingsError as error:
        refuse("auth", error)
    os.environ["CANAILLE_CONFIG"] = str(FILE)
    asyncio.run(_serve())


async def _serve() -> None:
    # Canaille reads its configuration while it is imported.
    from canaille.hypercorn.app import create_app

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(create_app(), address=f"0.0.0.0:{PORT}", stop=stop)


main()
