"""Health check of a container: `python3 -m remlab_common.probe URL` ends with 0 if all is well.

    http://host:port/path    a status of 200 to 399
    https://host:port/path   the same; the certificate is checked only against --ca
    tcp://host:port          somebody accepts the connection

Only the parts of the standard library that load quickly: it runs every few seconds in every
container of the lab, so HTTP is spoken by hand (version 1.0, one request per connection).
"""

import socket
import sys
from typing import NamedTuple

DEFAULT_TIMEOUT_SECONDS = 2.5
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXPLANATION_BYTES = 300


class Target(NamedTuple):
    """What to ask: `path` is empty for tcp."""

    scheme: str
    host: str
    port: int
    path: str


class ProbeError(Exception):
    """Why the service does not count as healthy."""


def parse(url: str) -> Target:
    """Split a URL of one of the three schemes. Raises ProbeError for anything else."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, str(_DEFAULT_PORTS.get(scheme, ""))
    if not separator or scheme not in ("http", "https", "tcp") or not host or not port.isdigit():
        raise ProbeError(f"{url}: expected http://, https:// or tcp://, a host and a port")
    return Target(scheme, host.strip("[]"), int(port), slash + path if scheme == "tcp" else "/" + path)


def probe(
    url: str, *, host_header: str = "", ca: str = "", timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
) -> str:
    """Ask once and say what came back. Raises ProbeError or OSError if that is not good."""
    target = parse(url)
    with socket.create_connection((target.host, target.port), timeout=timeout_seconds) as plain:
        if target.scheme == "tcp":
            return "accepts connections"
        if target.scheme == "http":
            return _ask(plain, target, host_header)
        with _encrypt(plain, host_header or target.host, ca) as encrypted:
            return _ask(encrypted, target, host_header)


def _encrypt(plain: socket.socket, name: str, ca: str) -> socket.socket:
    import ssl  # here, since it is slow to load and most probes do without

    context = ssl.create_default_context(cafile=ca or None)
    if not ca:
        # A service asks itself here: what counts is that it answers, not who signed for it.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)


def _ask(connection: socket.socket, target: Target, host_header: str) -> str:
    host = host_header or f"{target.host}:{target.port}"
    request = f"GET {target.path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: remlab-probe\r\n\r\n"
    connection.sendall(request.encode())
    head, _, body = _read(connection).partition(b"\r\n\r\n")
    version, _, status = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    if not version.startswith("HTTP/") or not status[:3].isdigit():
        raise ProbeError("the answer is not HTTP")
    if not 200 <= int(status[:3]) < 400:
        raise ProbeError(f"{status} {body[:_EXPLANATION_BYTES].decode(errors='replace')}".strip())
    return status


def _read(connection: socket.socket) -> bytes:
    answer = b""
    while len(answer) < 4096:
        part = connection.recv(4096)
        if not part:
            break
        answer += part
    return answer


def main(arguments: list[str]) -> int:
    """Probe the URL given; print one line; give the exit code."""
    options = {"--host": "", "--ca": "", "--timeout": str(DEFAULT_TIMEOUT_SECONDS)}
    urls = []
    rest = iter(arguments)
    for argument in rest:
        if argument in options:
            options[argument] = next(rest, "")
        else:
            urls.append(argument)
    if len(urls) != 1:
        sys.stderr.write("usage: probe [--host NAME] [--ca FILE] [--timeout SECONDS] URL\n")
        return 2
    try:
        answer = probe(
            urls[0],
            host_header=options["--host"],
            ca=options["--ca"],
            timeout_seconds=float(options["--timeout"]),
        )
    except (OSError, ProbeError, ValueError) as error:
        sys.stdout.write(f"{urls[0]}: {error}\n")
        return 1
    sys.stdout.write(f"{urls[0]}: {answer}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
