"""What is special about a copy that follows another server, until it is promoted.

All of it stands in the copy's `standby.signal`, whose contents PostgreSQL ignores and
which it deletes when it is promoted: nothing of a move is left to clean up.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError, write_private

from .settings import Settings
from .sql import password_line

_SIGNAL = "standby.signal"
_ALTERED = "postgresql.auto.conf"
# A move has its copy wait for each write for some seconds, and its watchdog lives for an hour.
_FORGOTTEN_AFTER_SECONDS = 3600
_SLOT = re.compile(r"[a-z0-9_]{1,63}")
# What a move sets on the old server; a copy of that server's settings must not have it.
_OF_A_MOVE = ("synchronous_standby_names", "primary_conninfo", "primary_slot_name")


@dataclass(frozen=True)
class Source:
    """Whom a copy follows: a host name or address, and the slot that is kept for it there."""

    host: str
    slot: str
    port: int = 5432

    def __post_init__(self) -> None:
        if not _SLOT.fullmatch(self.slot):
            raise SurroundingsError(f"'{self.slot}' cannot be the name of a replication slot")


def source_of(cluster: Path) -> Source | None:
    """Whom the cluster follows; None when it is a server of its own.

    :raises SurroundingsError: it follows one that we did not choose.
    """
    try:
        text = (cluster / _SIGNAL).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Source(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise SurroundingsError(f"{cluster / _SIGNAL} does not say whom to follow") from error


def follow(cluster: Path, source: Source) -> None:
    """Makes a copy one that follows its source."""
    drop_settings_of_a_move(cluster)
    path = cluster / _SIGNAL
    path.write_text(json.dumps(asdict(source)), encoding="utf-8")
    path.chmod(0o600)


def drop_settings_of_a_move(cluster: Path) -> None:
    """Takes what a move altered out of the settings that lie on the volume."""
    path = cluster / _ALTERED
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.partition("=")[0].strip() not in _OF_A_MOVE]
    if kept != lines:
        new = path.with_suffix(".new")
        new.write_text("".join(kept), encoding="utf-8")
        new.chmod(0o600)
        new.replace(path)


def forget_old_move(cluster: Path) -> None:
    """A server that is started long after an unfinished move waits for no copy any more.

    One that merely restarts in the middle of a move goes on waiting: a write that it alone
    had would be lost when the copy takes over.
    """
    path = cluster / _ALTERED
    if path.exists() and time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER_SECONDS:
        drop_settings_of_a_move(cluster)


# glibc's resolver: once the old server is gone its name is asked for elsewhere, for 10 s, and a promotion waits for it.
_RESOLVER = {"RES_OPTIONS": "timeout:1 attempts:1"}


def environment(cluster: Path) -> dict[str, str]:
    """What the server's environment has beside the rest; empty for a server of its own."""
    return _RESOLVER if source_of(cluster) else {}


def options(settings: Settings) -> dict[str, str]:
    """What postgresql.conf says beside the rest; empty for a server of its own.

    The password lies beside it in the tmpfs, never on the volume.
    """
    source = source_of(settings.cluster)
    if source is None:
        return {}
    passwords = write_private(
        settings.runtime / "source-password", password_line(settings.superuser_password)
    )
    connection = {
        "host": source.host,
        "port": str(source.port),
        "user": "postgres",
        "passfile": str(passwords),
        # The old server waits for the copy of this name, and for no other.
        "application_name": source.slot,
        "connect_timeout": "3",
        "keepalives_idle": "5",
        "keepalives_interval": "2",
        "keepalives_count": "3",
    }
    return {
        "primary_conninfo": " ".join(f"{name}={value}" for name, value in connection.items()),
        "primary_slot_name": source.slot,
        # The old server may be restarted in the middle.
        "wal_retrieve_retry_interval": "500ms",
    }
