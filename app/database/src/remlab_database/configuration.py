"""PostgreSQL's configuration files.

They come with the image and lie in a tmpfs; the volume holds data and what ALTER SYSTEM
wrote, so a moved volume takes no settings of an older image with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from remlab_launch.surroundings import write_private

from . import following
from .settings import SUPERUSER, Settings

_MAIN = "postgresql.conf"
_ACCESS = "pg_hba.conf"
_IDENTITIES = "pg_ident.conf"


def write_configuration(settings: Settings) -> Path:
    """Writes all three files.

    :returns: the main one, which names the others.
    """
    folder = settings.runtime
    write_private(folder / _ACCESS, access(settings.databases))
    write_private(folder / _IDENTITIES, f"container {settings.system_user} {SUPERUSER}\n")
    return write_private(folder / _MAIN, main_file(settings))


def main_file(settings: Settings) -> str:
    """postgresql.conf."""
    options = {
        "listen_addresses": settings.listen,
        "port": str(settings.port),
        "unix_socket_directories": str(settings.runtime),
        "hba_file": str(settings.runtime / _ACCESS),
        "ident_file": str(settings.runtime / _IDENTITIES),
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_checkpoints": "off",
        # The image has no LLVM.
        "jit": "off",
        # Parallel queries want more shared memory than a container has by default.
        "max_parallel_workers_per_gather": "0",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "max_wal_size": "512MB",
        # What a move to another host needs. A slot that was left behind does not fill the disk.
        "wal_level": "replica",
        "max_slot_wal_keep_size": "8GB",
        # Sessions of a host that died without a word end after 25 s and free their locks.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "idle_in_transaction_session_timeout": "60s",
        **following.options(settings),
    }
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in options.items())


def access(databases: Mapping[str, str]) -> str:
    """pg_hba.conf: who may connect to what, and from where.

    Each role reaches its own database alone. The last lines are for moving the
    database: a control container sends SQL, and the new host copies from the old.
    """
    lines = [
        f"local all {SUPERUSER} peer map=container",
        *(f"host {name} {name} all scram-sha-256" for name in databases),
        f"host all {SUPERUSER} samenet scram-sha-256",
        f"host replication {SUPERUSER} samenet scram-sha-256",
    ]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
