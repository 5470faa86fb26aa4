"""What a container is given: its environment, its secrets and a place for its configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

SECRETS = Path("/run/secrets")
# What sysexits.h calls EX_CONFIG.
CONFIGURATION_ERROR = 78


class SurroundingsError(Exception):
    """Something that the container needs was not given; says what and where."""


def setting(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """The value of an environment variable.

    :raises SurroundingsError: it is missing or empty.
    """
    value = environment.get(name, "")
    if not value:
        raise SurroundingsError(f"the environment variable {name} is missing")
    return value


def secret(name: str, folder: Path = SECRETS) -> str:
    """The text of a secret, without the newline that editors leave at its end.

    :raises SurroundingsError: it is missing or empty.
    """
    path = folder / name
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SurroundingsError(f"the secret {path} cannot be read: {error.strerror}") from error
    if not value:
        raise SurroundingsError(f"the secret {path} is empty")
    return value


def write_private(path: Path, content: str) -> Path:
    """Writes a file that only this user can read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.replace(path)
    return path


def refuse(service: str, reason: object) -> NoReturn:
    """Ends the process with a line that an operator finds in the service's log."""
    print(f"{service} does not start: {reason}", flush=True)
    raise SystemExit(CONFIGURATION_ERROR)
