"""The database of a deployed lab, asked as its superuser, and the files of one that is stopped."""

from __future__ import annotations

import base64
import re
import shlex
import struct
from dataclasses import dataclass
from typing import NamedTuple

from tests.infra.deployment import Host

FILLER = "harness_filler"
_CONTAINER = "docker ps --quiet --filter label=remlab.service=database --filter label=remlab.replica"
# In pg_control (PostgreSQL 17, catalog/pg_control.h): state at byte 16, last checkpoint at byte 32.
_STATE, _CHECKPOINT = struct.Struct("<i"), struct.Struct("<Q")
_STATE_AT, _CHECKPOINT_AT = 16, 32
# DBState: DB_SHUTDOWNED.
_SHUT_DOWN = 1
# Parent timeline, tab, position in hexadecimal halves, tab, reason.
_HISTORY = re.compile(r"^(\d+)\s+([0-9A-F]+)/([0-9A-F]+)\s", re.MULTILINE)


class Stopped(NamedTuple):
    """How a server left its volume."""

    clean: bool
    """It was shut down, not killed."""
    last_checkpoint: int
    """Position in the log; nothing was written behind it by a clean server."""


def stopped(control: bytes) -> Stopped:
    """Read a file `global/pg_control`."""
    (state,) = _STATE.unpack_from(control, _STATE_AT)
    (checkpoint,) = _CHECKPOINT.unpack_from(control, _CHECKPOINT_AT)
    return Stopped(state == _SHUT_DOWN, checkpoint)


def promoted_at(history: str) -> int:
    """The position at which a server began its own timeline, from that timeline's history file.

    Raises ValueError if it never did.
    """
    found = _HISTORY.findall(history)
    if not found:
        raise ValueError(f"no timeline was left: {history!r}")
    _, high, low = found[-1]
    return (int(high, 16) << 32) + int(low, 16)


@dataclass(frozen=True)
class Database:
    """The one on a host."""

    host: Host

    def ask(self, statement: str) -> str:
        """Run SQL in the backend's database; rows as lines, columns between bars."""
        psql = "exec /usr/lib/postgresql/*/bin/psql -X -q -A -t -v ON_ERROR_STOP=1 -h /tmp -U postgres"
        inside = f"{psql} -c {shlex.quote(statement)} backend"
        return str(self.host.machine.check_output(f"docker exec $({_CONTAINER}) sh -c %s", inside)).strip()

    def fill(self, megabytes: int, table: str = FILLER) -> None:
        """Rows of 1 KB, too short to be compressed, in a table that no service reads."""
        self.ask(f"DROP TABLE IF EXISTS {table}")
        self.ask(
            f"CREATE TABLE {table} AS SELECT n, "
            "(SELECT string_agg(md5(n::text || i), '') FROM generate_series(1, 32) i) AS filling "
            f"FROM generate_series(1, {megabytes * 1000}) n"
        )

    def empty(self, table: str = FILLER) -> None:
        """Take the filling away."""
        self.ask(f"DROP TABLE IF EXISTS {table}")

    def checksum(self) -> str:
        """Number of the filling's rows and a sum over all of them."""
        return self.ask(f"SELECT count(*), sum(hashtextextended(filling, n)) FROM {FILLER}")

    def takes_writes(self) -> bool:
        """Whether it is no copy of another one."""
        return self.ask("SELECT pg_is_in_recovery()") == "f"

    def promoted_at(self) -> int:
        """See `promoted_at`."""
        timeline = self.ask("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")
        return promoted_at(self.ask(f"SELECT pg_read_file('pg_wal/{timeline}.history')"))


def left_on(host: Host, volume: str) -> Stopped:
    """How the server ended that had a volume, read on its host without mounting it."""
    folder = host.machine.check_output("docker volume inspect --format '{{.Mountpoint}}' %s", volume)
    found = host.machine.check_output("find %s -name pg_control", folder).split()
    assert len(found) == 1, f"{volume} on {host.name} holds {len(found)} clusters"
    return stopped(base64.b64decode(host.machine.check_output("base64 %s", found[0])))
