"""Writes the configuration from the secrets and becomes the NATS server."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError, refuse, secret, write_private

from .configuration import CLIENT_PORT, MONITORING_PORT, USERS, rendered

_CONFIGURATION = Path("/tmp/nats.conf")  # noqa: S108 - the container's own tmpfs
# Debian puts servers where a user's PATH does not lead.
_SEARCH_PATH = "/usr/sbin:/usr/bin"


def main() -> None:
    """Does not return: the process is the server afterwards."""
    server = shutil.which("nats-server", path=_SEARCH_PATH)
    if not server:
        refuse("broker", "this image has no nats-server")
    try:
        passwords = {user.name: secret(f"broker_{user.name}_password") for user in USERS}
    except SurroundingsError as error:
        refuse("broker", error)
    text = rendered(passwords, listen="0.0.0.0", client_port=CLIENT_PORT, monitoring_port=MONITORING_PORT)  # noqa: S104 - the overlay's address is not known before
    write_private(_CONFIGURATION, text)
    os.execv(server, [server, "--config", str(_CONFIGURATION)])  # noqa: S606 - no shell wanted


main()
