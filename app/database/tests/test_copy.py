"""A copy that follows another server and takes over, with PostgreSQL itself."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.database.tests.machine import PATIENCE_SECONDS, Machine
from remlab_database.following import drop_settings_of_a_move
from remlab_database.sql import password_line
from remlab_database.watchdog import Look

_COPY = """
import sys
from pathlib import Path
from remlab_database.copy import main
raise SystemExit(main(sys.argv[2:], secrets=Path(sys.argv[1])))
"""
_SLOT = "remlab_move_2_1"
_PASSWORD = "superuser's password"


@pytest.fixture
def other(folder: Path) -> Iterator[Machine]:
    """The host that the database moves to."""
    (folder / "other").mkdir()
    machine = Machine(folder / "other")
    yield machine
    machine.stop_all()


def _copied(source: Machine, target: Machine, *arguments: str) -> str:
    target.more = {
        "DATABASE_COPY_FROM": "127.0.0.1",
        "DATABASE_COPY_PORT": str(source.port),
        "DATABASE_COPY_SLOT": _SLOT,
    }
    return target.said_by(target.run("-c", _COPY, str(target.folder / "secrets"), *arguments))


def _asked(machine: Machine, do: str, **more: object) -> dict[str, Any]:
    process = machine.run("-m", "remlab_database.control", stdin=subprocess.PIPE)
    request = {"do": do, "host": "127.0.0.1", "port": machine.port, "password": _PASSWORD, **more}
    output, _ = process.communicate(json.dumps(request) + "\n", timeout=PATIENCE_SECONDS)
    answer: dict[str, Any] = json.loads(output)
    return answer


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _stopped(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)


async def _with_a_note(machine: Machine) -> "asyncpg.Connection":
    connection = await machine.connected("backend", "backend's password")
    await connection.execute("CREATE TABLE note AS SELECT 'first' AS text")
    return connection


async def test_copy_follows_confirms_and_takes_over_without_a_trace_of_the_move(
    machine: Machine, other: Machine
) -> None:
    old = machine.start()
    connection = await _with_a_note(machine)
    assert _asked(machine, "create_slot", slot=_SLOT) == {}
    assert "copied the database" in _copied(machine, other)
    assert _copied(machine, other, "--look").strip() == "follower"
    new = other.start("ready to accept read-only connections")
    assert other.health() == (1, "follows another server")

    _until(lambda: _asked(machine, "replication", slot=_SLOT)["state"] == "streaming")
    _asked(machine, "synchronous", slot=_SLOT)
    _until(lambda: _asked(machine, "replication", slot=_SLOT)["sync_state"] == "sync")
    await connection.execute("INSERT INTO note VALUES ('last')")
    await connection.close()
    _stopped(old)
    assert _asked(other, "status")["in_recovery"]
    assert _asked(other, "promote") == {}
    assert _asked(other, "promote") == {}
    assert not _asked(other, "status")["in_recovery"]
    assert other.health() == (0, "2 of 2 databases")

    _stopped(new)
    assert _copied(machine, other, "--look").strip() == "writer"
    assert "is not empty, it holds another database" in _copied(machine, other)
    # Roles and passwords are brought up to date at the next start, as ever.
    other.set_password("backend", "another")
    other.start()
    connection = await other.connected("backend", "another")
    rows = await connection.fetch("SELECT text FROM note ORDER BY text")
    assert [row["text"] for row in rows] == ["first", "last"]
    assert await connection.fetchval("SHOW synchronous_standby_names") == ""
    await connection.close()


async def test_copy_is_made_once_and_anew_for_another_slot(machine: Machine, other: Machine) -> None:
    machine.start()
    await (await _with_a_note(machine)).close()
    _asked(machine, "create_slot", slot=_SLOT)
    # As a job leaves it that was killed.
    (other.folder / "volume/data.copying").mkdir(mode=0o777)
    (other.folder / "volume/data.copying").chmod(0o777)
    _copied(machine, other)
    assert "is already there" in _copied(machine, other)
    signal_file = other.folder / "volume/data/standby.signal"
    signal_file.write_text(json.dumps({"host": "127.0.0.1", "slot": "remlab_move_2_0", "port": machine.port}))
    assert "copied the database" in _copied(machine, other)
    assert json.loads(signal_file.read_text())["slot"] == _SLOT
    assert sorted(path.name for path in (other.folder / "volume").iterdir()) == ["data", "lock"]


def test_no_password_lies_on_the_volume_of_a_copy(machine: Machine, other: Machine) -> None:
    machine.start()
    _asked(machine, "create_slot", slot=_SLOT)
    _copied(machine, other)
    other.start("ready to accept read-only connections")
    found = subprocess.run(
        ["grep", "-rl", _PASSWORD, other.folder / "volume"], capture_output=True, text=True
    )
    assert found.stdout == ""


async def test_writes_do_not_hang_for_long_on_a_copy_that_died(machine: Machine) -> None:
    machine.start()
    connection = await _with_a_note(machine)
    _asked(machine, "arm", patience_seconds=1)
    machine.run("-m", "remlab_database.watchdog")
    _asked(machine, "synchronous", slot=_SLOT)
    began = time.monotonic()
    await connection.execute("INSERT INTO note VALUES ('waited')", timeout=PATIENCE_SECONDS)
    assert time.monotonic() - began < 10
    assert _asked(machine, "status")["synchronous"] == ""
    await connection.close()


def test_disarmed_watchdog_leaves_the_server_alone(machine: Machine) -> None:
    machine.start()
    _asked(machine, "arm", patience_seconds=0)
    _asked(machine, "disarm")
    machine.run("-m", "remlab_database.watchdog")
    _asked(machine, "synchronous", slot=_SLOT)
    time.sleep(3)
    assert _asked(machine, "status")["synchronous"] == _SLOT


def test_server_that_restarts_in_a_move_still_waits_and_much_later_does_not(machine: Machine) -> None:
    first = machine.start()
    _asked(machine, "synchronous", slot=_SLOT)
    _stopped(first)
    second = machine.start()
    assert _asked(machine, "status")["synchronous"] == _SLOT
    _stopped(second)
    subprocess.run(
        ["touch", "-d", "2 hours ago", machine.folder / "volume/data/postgresql.auto.conf"], check=True
    )
    machine.start()
    assert _asked(machine, "status")["synchronous"] == ""


def test_slots_are_listed_and_dropped(machine: Machine) -> None:
    machine.start()
    _asked(machine, "create_slot", slot=_SLOT)
    assert _asked(machine, "slots") == {"slots": [{"name": _SLOT, "active": False, "lost": False}]}
    assert _asked(machine, "drop_slot", slot=_SLOT) == {}
    assert _asked(machine, "drop_slot", slot=_SLOT) == {}
    assert _asked(machine, "slots") == {"slots": []}


def test_wrong_password_and_unknown_request_are_said(machine: Machine) -> None:
    machine.start()
    assert "password authentication failed" in _asked(machine, "size", password="wrong")["error"]
    assert _asked(machine, "dance") == {"error": "the request lacks or does not know 'dance'"}


def test_copy_of_a_server_that_is_not_there_says_so(machine: Machine, other: Machine) -> None:
    assert "Connection refused" in _copied(machine, other)
    assert _copied(machine, other, "--look").strip() == "empty"


def test_unreadable_copy_does_not_start(machine: Machine) -> None:
    _stopped(machine.start())
    (machine.folder / "volume/data/standby.signal").write_text("")
    assert "does not say whom to follow" in machine.refusal()


def test_only_what_a_move_altered_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "postgresql.auto.conf"
    path.write_text("# kept\nwork_mem = '8MB'\nsynchronous_standby_names = '*'\nprimary_conninfo = 'a=b'\n")
    drop_settings_of_a_move(tmp_path)
    assert path.read_text() == "# kept\nwork_mem = '8MB'\n"


def test_password_file_takes_any_password() -> None:
    assert password_line("a:b\\c") == "*:*:*:postgres:a\\:b\\\\c\n"


@pytest.mark.parametrize(
    ("before", "now", "stuck"),
    [
        (None, Look(False, "", 0), False),
        (None, Look(True, "", 0), True),
        (None, Look(True, "0/1", 5), False),
        (Look(True, "0/1", 5), Look(True, "0/1", 5), True),
        (Look(True, "0/1", 5), Look(True, "0/2", 5), False),
        (Look(True, "0/1", 0), Look(True, "0/1", 5), False),
    ],
)
def test_writes_are_stuck_when_nothing_is_confirmed(before: Look | None, now: Look, stuck: bool) -> None:
    assert now.stuck_since(before) is stuck
