"""SQL of a move: one JSON object on standard input, one on standard output.

    {"do": "status", "host": "database-1", "password": "…"}  →  {"in_recovery": false, …}

Errors are {"error": "…"} and exit status 1. Runs in the control container, beside its
watchdog, so that the mover needs access to neither host.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import watchdog
from .sql import Server, SqlError, ask, taken_from

_CHECKPOINT_TIMEOUT_SECONDS = 600
_PROMOTE_TIMEOUT_SECONDS = 60
_SLOT_TRIES = 20

_STATUS = """\
SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),
    current_setting('synchronous_standby_names'),
    coalesce(extract(epoch FROM now() - (pg_stat_file('/tmp/health-waits', true)).modification), -1)
"""
_SLOTS = """\
SELECT slot_name, active, wal_status IS NOT DISTINCT FROM 'lost'
FROM pg_replication_slots WHERE slot_name LIKE 'remlab\\_move\\_%' ORDER BY slot_name
"""
_REPLICATION = """\
SELECT state, sync_state, pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, '0/0'))::bigint
FROM pg_stat_replication WHERE application_name = :'slot'
"""
_PROGRESS = """\
SELECT coalesce(sum(backup_streamed), 0), coalesce(sum(backup_total), 0) FROM pg_stat_progress_basebackup
"""
_FREE_SLOT = """\
SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
WHERE slot_name = :'slot' AND active
"""
_DROP_SLOT = """\
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = :'slot'
"""
_CREATE_SLOT = """\
SELECT pg_create_physical_replication_slot(:'slot', true)
WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'slot')
"""

Request = Mapping[str, Any]
Answer = dict[str, Any]


def main() -> int:
    """Reads a line, not to the end: whoever asks need not be able to close one direction."""
    request = json.loads(sys.stdin.readline())
    watchdog.note_a_sign_of_life()
    try:
        answer = VERBS[request["do"]](request)
    except KeyError as error:
        answer = {"error": f"the request lacks or does not know {error}"}
    except SqlError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
    return 1 if "error" in answer else 0


def _size(request: Request) -> Answer:
    [[size]] = ask(_server(request), "SELECT sum(pg_database_size(oid)) FROM pg_database", timeout_seconds=60)
    return {"bytes": int(size)}


def _status(request: Request) -> Answer:
    """``probe_age_seconds``: how long the health check of a follower has been waiting; -1 if it does not."""
    [[recovery, system, synchronous, age]] = ask(_server(request), _STATUS)
    return {
        "in_recovery": recovery == "t",
        "system": system,
        "synchronous": synchronous,
        "probe_age_seconds": float(age),
    }


def _slots(request: Request) -> Answer:
    rows = ask(_server(request), _SLOTS)
    return {
        "slots": [{"name": name, "active": active == "t", "lost": lost == "t"} for name, active, lost in rows]
    }


def _create_slot(request: Request) -> Answer:
    ask(_server(request), _CREATE_SLOT, slot=request["slot"])
    return {}


def _drop_slot(request: Request) -> Answer:
    """A copy that still reads from the slot is cut off first."""
    server, slot = _server(request), request["slot"]
    for left in reversed(range(_SLOT_TRIES)):
        ask(server, _FREE_SLOT, slot=slot)
        try:
            ask(server, _DROP_SLOT, slot=slot)
        except SqlError:
            if not left:
                raise
            time.sleep(0.2)
        else:
            break
    return {}


def _progress(request: Request) -> Answer:
    [[streamed, total]] = ask(_server(request), _PROGRESS)
    return {"bytes": int(streamed), "of_bytes": int(total)}


def _replication(request: Request) -> Answer:
    """``state`` is empty while the copy is not connected."""
    rows = ask(_server(request), _REPLICATION, slot=request["slot"])
    state, sync_state, lag = rows[0] if rows else ("", "", "0")
    return {"state": state, "sync_state": sync_state, "lag_bytes": int(lag)}


def _synchronous(request: Request) -> Answer:
    ask(
        _server(request),
        "ALTER SYSTEM SET synchronous_standby_names = :'slot'; SELECT pg_reload_conf()",
        slot=request["slot"],
    )
    return {}


def _asynchronous(request: Request) -> Answer:
    ask(_server(request), watchdog.RESET)
    return {}


def _checkpoint(request: Request) -> Answer:
    ask(_server(request), "CHECKPOINT", timeout_seconds=_CHECKPOINT_TIMEOUT_SECONDS)
    return {}


def _promote(request: Request) -> Answer:
    """Returns once the server takes writes; one that does already is left alone."""
    server = _server(request)
    ask(
        server,
        "SELECT pg_promote(true, :'seconds'::integer) WHERE pg_is_in_recovery()",
        timeout_seconds=_PROMOTE_TIMEOUT_SECONDS + 10,
        seconds=str(_PROMOTE_TIMEOUT_SECONDS),
    )
    [[recovery]] = ask(server, "SELECT pg_is_in_recovery()")
    if recovery == "t":
        raise SqlError(f"{server.host} still follows after it was promoted {_PROMOTE_TIMEOUT_SECONDS} s ago")
    return {}


def _arm(request: Request) -> Answer:
    watchdog.arm(_server(request), float(request["patience_seconds"]))
    return {}


def _disarm(_request: Request) -> Answer:
    watchdog.disarm()
    return {}


def _server(request: Request) -> Server:
    return taken_from(request)


VERBS: dict[str, Callable[[Request], Answer]] = {
    "size": _size,
    "status": _status,
    "slots": _slots,
    "create_slot": _create_slot,
    "drop_slot": _drop_slot,
    "progress": _progress,
    "replication": _replication,
    "synchronous": _synchronous,
    "asynchronous": _asynchronous,
    "checkpoint": _checkpoint,
    "promote": _promote,
    "arm": _arm,
    "disarm": _disarm,
}

if __name__ == "__main__":
    raise SystemExit(main())
