"""SQL to another server, through PostgreSQL's own psql.

The password goes through a file in the container's tmpfs: whoever lists processes sees
arguments and environments, and those are kept by the engine too.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from remlab_launch.surroundings import write_private

from .settings import SUPERUSER, programs

_CONNECT_TIMEOUT_SECONDS = "3"
# Between two columns of an answer; no value that is asked for has it.
_SEPARATOR = "\t"


class SqlError(Exception):
    """The server did not do it; says what it said."""


@dataclass(frozen=True)
class Server:
    """A server on the overlay and the superuser's password there."""

    host: str
    password: str
    port: int = 5432


def ask(server: Server, statement: str, timeout_seconds: float = 10, **variables: str) -> list[list[str]]:
    """The rows of the answer, as text.

    :param variables: what the statement names as ``:'name'`` or ``:"name"``, quoted by psql.
    :raises SqlError: the server refused, or was not reached or done in time.
    """
    # Debian's /usr/bin/psql is a Perl program, which the image does not have.
    command = [
        str(programs() / "psql"),
        *("--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--quiet"),
        f"--field-separator={_SEPARATOR}",
        "--set=ON_ERROR_STOP=1",
        *(f"--set={name}={value}" for name, value in variables.items()),
        # Variables are replaced in what is read from standard input only.
        "--file=-",
        "dbname=postgres",
    ]
    try:
        with login(server) as environment:
            done = subprocess.run(
                command,
                input=statement + ";",
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout_seconds,
            )
    except subprocess.TimeoutExpired as error:
        raise SqlError(f"{server.host} did not answer within {timeout_seconds:.0f} s") from error
    if done.returncode:
        raise SqlError(done.stderr.strip() or f"psql ended with status {done.returncode}")
    return [line.split(_SEPARATOR) for line in done.stdout.splitlines() if line]


@contextmanager
def login(server: Server) -> Iterator[dict[str, str]]:
    """The environment with which PostgreSQL's programs reach a server as superuser."""
    runtime = Path(os.environ.get("DATABASE_RUNTIME", "/tmp"))  # noqa: S108 - the container's own
    passwords = write_private(runtime / f"passwords-{os.getpid()}", password_line(server.password))
    try:
        yield os.environ | {
            "PGHOST": server.host,
            "PGPORT": str(server.port),
            "PGUSER": SUPERUSER,
            "PGPASSFILE": str(passwords),
            "PGCONNECT_TIMEOUT": _CONNECT_TIMEOUT_SECONDS,
        }
    finally:
        passwords.unlink()


def password_line(password: str) -> str:
    """A libpq password file for any server."""
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    return f"*:*:*:{SUPERUSER}:{escaped}\n"


def taken_from(values: Mapping[str, object]) -> Server:
    """The server that a request names.

    :raises KeyError: host or password is missing.
    """
    return Server(str(values["host"]), str(values["password"]), int(str(values.get("port", 5432))))
