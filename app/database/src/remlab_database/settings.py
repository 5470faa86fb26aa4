"""What the database is told by its environment and its secrets."""

from __future__ import annotations

import os
import pwd
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from remlab_launch.surroundings import SECRETS, SurroundingsError, secret, setting

SUPERUSER = "postgres"
# Such a name needs no quotes in SQL, in pg_hba.conf and in a secret's name.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_PROGRAMS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Settings:
    """Where the cluster lies, who may use it, and from where it is reached."""

    # Folder on the volume: holds the lock and, beside it, the cluster.
    volume: Path
    # A tmpfs for the socket and for the configuration.
    runtime: Path
    # Folder of PostgreSQL's programs.
    programs: Path
    listen: str
    port: int
    # The volume is that of an existing database, so an empty one is a mistake.
    expect_existing: bool
    # Name of a role and of its database -> the role's password.
    databases: Mapping[str, str]
    superuser_password: str

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.volume / "data"

    @property
    def passwords(self) -> dict[str, str]:
        """Role -> password, the superuser among them."""
        return {SUPERUSER: self.superuser_password, **self.databases}

    @property
    def system_user(self) -> str:
        """The name of the user that this process runs as."""
        return pwd.getpwuid(os.getuid()).pw_name


def settings(environment: Mapping[str, str] = os.environ, secrets: Path = SECRETS) -> Settings:
    """Reads them.

    :raises SurroundingsError: something is missing or not as it has to be.
    """
    return Settings(
        volume=Path(environment.get("DATABASE_VOLUME", "/var/lib/remlab/database")),
        runtime=Path(environment.get("DATABASE_RUNTIME", "/tmp")),  # noqa: S108 - the container's own tmpfs
        programs=programs(),
        # The name of a container leads to its address on the overlay, and to no other network.
        listen=environment.get("DATABASE_LISTEN") or socket.gethostname(),
        port=int(environment.get("DATABASE_PORT", "5432")),
        expect_existing=environment.get("DATABASE_EXPECT_EXISTING", "0") == "1",
        databases={
            name: _password(f"database_{name}_password", secrets)
            for name in _names(setting("DATABASES", environment))
        },
        superuser_password=_password("database_superuser_password", secrets),
    )


def programs() -> Path:
    """The folder of PostgreSQL's programs, of the newest version that is there.

    :raises SurroundingsError: there is none.
    """
    found = sorted(_PROGRAMS.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SurroundingsError(f"there is no PostgreSQL under {_PROGRAMS}")
    return found[-1].parent


def _names(text: str) -> list[str]:
    names = text.split()
    for name in names:
        if not _NAME.fullmatch(name) or name == SUPERUSER:
            raise SurroundingsError(f"DATABASES: '{name}' cannot be the name of a role and database")
    return names


def _password(name: str, secrets: Path) -> str:
    password = secret(name, secrets)
    if not password.isprintable():
        raise SurroundingsError(f"the secret {secrets / name} holds characters that cannot be printed")
    return password
