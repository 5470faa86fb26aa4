"""Asks one HTTP address whether a service is well: python3 -m remlab_launch.probe URL.

A health check runs every few seconds in each container, so this does without
http.client, whose import takes longer than everything else here.
"""

from __future__ import annotations

import socket
import sys

_TIMEOUT_SECONDS = 2.0
_STATUS_LINE_BYTES = 64


def status_of(host: str, port: int, path: str, *, host_header: str, timeout_seconds: float) -> int:
    """The status code that a GET is answered with.

    :raises OSError: nobody answers.
    :raises ValueError: what answers does not speak HTTP.
    """
    with socket.create_connection((host, port), timeout=timeout_seconds) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host_header}\r\n\r\n".encode())
        line = b""
        while b"\n" not in line and len(line) < _STATUS_LINE_BYTES:
            received = connection.recv(_STATUS_LINE_BYTES)
            if not received:
                break
            line += received
    return parsed_status(line)


def parsed_status(line: bytes) -> int:
    """The status code of an HTTP status line.

    :raises ValueError: it is none.
    """
    words = line.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError(f"not an HTTP answer: {line[:_STATUS_LINE_BYTES]!r}")
    return int(words[1])


def parts_of(url: str) -> tuple[str, int, str]:
    """Host, port and path of an http:// address.

    :raises ValueError: it is of another kind.
    """
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, _, port = authority.partition(":")
    if scheme != "http" or not host or (port and not port.isdigit()):
        raise ValueError(f"not an address that can be asked: {url}")
    return host, int(port or 80), slash + path or "/"


def main(arguments: list[str]) -> int:
    """Exit status 0 when the address answers with a 2xx; otherwise 1 and a line that says why."""
    url = arguments[0]
    host, port, path = parts_of(url)
    header = arguments[1] if len(arguments) > 1 else f"{host}:{port}"
    try:
        status = status_of(host, port, path, host_header=header, timeout_seconds=_TIMEOUT_SECONDS)
    except (OSError, ValueError) as error:
        print(f"{url}: {error}")
        return 1
    print(f"{url}: {status}")
    return 0 if 200 <= status < 300 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
