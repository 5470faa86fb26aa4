"""Well = over TLS, with a certificate that the clients trust, the registry asks for a password."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

from remlab_launch.probe import parsed_status
from remlab_launch.surroundings import SECRETS

from .configuration import PORT

_TIMEOUT_SECONDS = 2.0
_UNAUTHORIZED = 401
_LONGEST_STATUS_LINE_BYTES = 64


def status(authority: Path, name: str, *, port: int = PORT) -> int:
    """What the registry on this host answers to somebody without a password.

    :param authority: certificate of the authority that the clients trust.
    :param name: the name under which the clients know the registry.
    :raises OSError: it does not answer, or not with a certificate for that name.
    """
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=name) as protected,
    ):
        protected.sendall(f"GET /v2/ HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        return parsed_status(protected.recv(_LONGEST_STATUS_LINE_BYTES))


def main() -> int:
    """Exit status 0 when it is well; otherwise 1 and a line that says why."""
    try:
        answer = status(SECRETS / "registry_ca_certificate", os.environ["LAB_REGISTRY_NAME"])
    except (OSError, ValueError) as error:
        print(error)
        return 1
    print(f"status {answer}")
    return 0 if answer == _UNAUTHORIZED else 1


if __name__ == "__main__":
    raise SystemExit(main())
