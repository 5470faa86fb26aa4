"""Keeps a move from stopping the old server's writes: python3 -m remlab_database.watchdog.

Near its end a move has the old server wait for the copy at each write. If the copy dies
and the mover with it, nobody would take that back, and each write would hang for ever.
This is the main process of the control container, which outlives the mover; it ends an
hour after it was last spoken to.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from remlab_launch.surroundings import write_private

from .sql import Server, SqlError, ask

_LIFE_SECONDS = 3600
_LOOK_SECONDS = 0.5
RESET = "ALTER SYSTEM RESET synchronous_standby_names; SELECT pg_reload_conf()"
# A copy whose host died without a word stays listed for a minute, so look also at who waits for it.
_LOOK = """\
SELECT current_setting('synchronous_standby_names') <> '',
    (SELECT coalesce(max(flush_lsn)::text, '') FROM pg_stat_replication WHERE sync_state = 'sync'),
    (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep')
"""


@dataclass(frozen=True)
class Look:
    """What one look at the old server showed."""

    waits_for_copy: bool
    # How far the copy has confirmed; empty without a copy.
    confirmed: str
    waiting: int

    def stuck_since(self, before: Look | None) -> bool:
        """Whether nothing was confirmed between two looks although it should have been."""
        if not self.waits_for_copy:
            return False
        if not self.confirmed:
            return True
        return (
            before is not None
            and bool(self.waiting and before.waiting)
            and self.confirmed == before.confirmed
        )


def arm(server: Server, patience_seconds: float) -> None:
    """From now on the server's writes hang for no longer than so."""
    write_private(_orders(), json.dumps({"server": asdict(server), "patience_seconds": patience_seconds}))


def disarm() -> None:
    _orders().unlink(missing_ok=True)


def note_a_sign_of_life() -> None:
    """The mover lives."""
    (_runtime() / "asked").touch()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    note_a_sign_of_life()
    before, stuck_since = None, None
    while time.time() - (_runtime() / "asked").stat().st_mtime < _LIFE_SECONDS:
        time.sleep(_LOOK_SECONDS)
        look, patience_seconds, server = _look()
        if look is None or server is None or not look.stuck_since(before):
            before, stuck_since = look, None
            continue
        before = look
        stuck_since = stuck_since or time.monotonic()
        if time.monotonic() - stuck_since > patience_seconds:
            _reset(server, patience_seconds)
    return 0


def _look() -> tuple[Look | None, float, Server | None]:
    try:
        orders = json.loads(_orders().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, 0, None
    server = Server(**orders["server"])
    try:
        [[waits, confirmed, waiting]] = ask(server, _LOOK, timeout_seconds=5)
    except SqlError:
        return None, 0, server
    return Look(waits == "t", confirmed, int(waiting)), orders["patience_seconds"], server


def _reset(server: Server, patience_seconds: float) -> None:
    print(
        f"{server.host}: its copy has confirmed nothing for {patience_seconds:.0f} s, it goes on alone",
        flush=True,
    )
    try:
        ask(server, RESET)
    except SqlError as error:
        print(f"{server.host}: {error}", flush=True)


def _orders() -> Path:
    return _runtime() / "watchdog.json"


def _runtime() -> Path:
    return Path(os.environ.get("DATABASE_RUNTIME", "/tmp"))  # noqa: S108 - the container's own


if __name__ == "__main__":
    raise SystemExit(main())
