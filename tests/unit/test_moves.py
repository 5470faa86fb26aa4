"""What the tests of moves ask, look at and write down."""

import os
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.infra.deployment import Deployment, Host
from tests.infra.pulling import by_digest
from tests.load.beside import Verdict
from tests.moves.aim import Aim, load_arguments
from tests.moves.database import Stopped, promoted_at, stopped
from tests.moves.doors import Doors, answers
from tests.moves.fleet import Moved
from tests.moves.killing import NOT_REACHED, POINTS, script
from tests.servers.postgres import running_postgres

AIM = Aim(reads=50, writes=20, run_seconds=60, request_seconds=4, silence_seconds=7)
WAL_SEGMENT_BYTES = 16 * 1024 * 1024
DIGEST = f"sha256:{'0' * 64}"


def deployment(**lab: Any) -> Deployment:
    known = {"public_url": "http://localhost:18081/", "tls": "off", "device_port": 8765}
    return Deployment(Path("x"), {**known, "placement": {"simulator": ["a"]}, **lab}, {})


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "lab.example.org" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def door() -> Iterator[tuple[str, int]]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


def test_the_load_goes_where_the_name_leads() -> None:
    assert load_arguments(deployment(), AIM, name_file=Path("/names")) == [
        *("--url", "http://localhost:18081"),
        *("--reads-per-second", "50", "--writes-per-second", "20"),
        *("--max-request-seconds", "4", "--max-silence-seconds", "7"),
        *("--name-file", "/names"),
    ]


def test_the_load_plays_devices_that_nobody_else_does() -> None:
    arguments = load_arguments(deployment(placement={}, tls="internal"), AIM, name_file=None)
    assert arguments[-3:] == ["--devices-url", "ws://localhost:8765", "--any-certificate"]


@pytest.mark.parametrize(
    ("published", "port", "outside"), [("18181:18081", 18081, 18181), ("18081", 18081, 18081)]
)
def test_a_port_of_a_test_host_is_found_where_it_is_published(
    published: str, port: int, outside: int
) -> None:
    host = Host("a", "remlab", {"is_test_host": True, "published": ["1:2", published]})
    assert host.outside(port) == ("127.0.0.1", outside)
    with pytest.raises(LookupError, match="port 5 of a is not in its test_hosts_published"):
        host.outside(5)


def test_how_a_server_left_its_volume() -> None:
    control = struct.pack("<QIIi4xqQ", 7, 1700, 202406281, 1, 0, 0x5_0000_0028) + bytes(8000)
    assert stopped(control) == Stopped(clean=True, last_checkpoint=0x5_0000_0028)
    killed = struct.pack("<QIIi4xqQ", 7, 1700, 202406281, 6, 0, 0x28) + bytes(8000)
    assert not stopped(killed).clean


def test_a_real_server_s_last_checkpoint_is_read() -> None:
    with running_postgres() as server:
        control = server.data / "global" / "pg_control"
        server.sql("CREATE TABLE filler AS SELECT generate_series(1, 1000)")
        assert not stopped(control.read_bytes()).clean
        end = int(server.sql("SELECT pg_current_wal_insert_lsn() - '0/0'"))
        server.stop()
        left = stopped(control.read_bytes())
        assert left.clean
        assert end <= left.last_checkpoint < end + WAL_SEGMENT_BYTES
        (server.data / "standby.signal").touch()
        server.start()
        assert server.sql("SELECT pg_promote()") == "t"
        timeline = server.sql("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)")
        history = server.sql(f"SELECT pg_read_file('pg_wal/{timeline}.history')")
        assert left.last_checkpoint < promoted_at(history)


def test_where_a_server_began_its_own_timeline() -> None:
    history = "1\t0/3000148\tno recovery target specified\n\n2\t5/A0\tno recovery target specified\n"
    assert promoted_at(history) == 0x5_0000_00A0
    with pytest.raises(ValueError, match="no timeline was left"):
        promoted_at("")


@pytest.mark.parametrize("name", ["registry.remlab.internal:5000/remlab/auth", "auth"])
def test_an_image_is_pulled_by_its_digest(name: str) -> None:
    assert by_digest(f"{name}:0123@{DIGEST}") == by_digest(f"{name}@{DIGEST}") == f"{name}@{DIGEST}"


def test_a_door_answers_when_it_shows_the_lab_s_page(door: tuple[str, int]) -> None:
    assert answers(door, "lab.example.org")
    assert not answers(door, "another.example.org")


def test_clients_are_told_once_when_the_new_door_answers(door: tuple[str, int]) -> None:
    told = threading.Semaphore(0)
    with Doors(door, door, host="lab.example.org", answers=told.release) as doors:
        assert told.acquire(timeout=10)
        while doors.overlap_seconds < 0.3:
            threading.Event().wait(0.05)
    assert not told.acquire(blocking=False)


def test_doors_that_never_answered_did_not_overlap() -> None:
    nowhere = ("127.0.0.1", 1)
    with Doors(nowhere, nowhere, host="x", answers=lambda: None) as doors:
        pass
    assert doors.overlap_seconds == float("-inf")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A client in whose Swarm there are services with a label as long as this file is there."""
    program, services = tmp_path / "docker", tmp_path / "services"
    program.write_text(f'#!/bin/sh\n[ ! -e {services} ] || {{ [ "$2" = ps ] && echo Running || echo 1; }}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return services


def await_frozen(pid: int) -> None:
    """A process stops as soon as it is on a processor again."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline, "it was not frozen"
        time.sleep(0.02)


@pytest.mark.parametrize("point", POINTS)
def test_a_mover_is_frozen_at_its_point(point: str, docker: Path, tmp_path: Path) -> None:
    lock = tmp_path / "stack.lock"
    docker.touch()
    with lock.open("w") as held, subprocess.Popen(["sleep", "60"], stdout=held) as mover:
        held.close()
        said = subprocess.run(
            ["sh", "-c", script(point, mover=True, lock=lock, stop=tmp_path / "stop")],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        try:
            await_frozen(mover.pid)
        finally:
            mover.kill()
    assert said.stdout.split() == [str(mover.pid)]


def test_a_point_that_is_not_reached_is_given_up(docker: Path, tmp_path: Path) -> None:
    lock, stop = tmp_path / "stack.lock", tmp_path / "stop"
    stop.touch()
    with lock.open("w"):
        command = ["sh", "-c", script("stopped", mover=False, lock=lock, stop=stop)]
        assert subprocess.run(command, timeout=30, check=False).returncode == NOT_REACHED


def test_a_move_tells_its_figures_and_what_was_cut() -> None:
    ends = [{"proper": True, "code": 1001}, {"proper": False, "code": None}]
    figures = {
        "requests": {"sent": 9, "failed": 1, "slowest": [{"seconds": 0.5}]},
        "rows": {"acknowledged": 4, "lost": ["u"], "doubled": []},
        "sources": [
            {"name": "page", "what": "signals", "longest_silence_seconds": 2.5, "closes": ends},
            {"name": "device a", "what": "devices", "longest_silence_seconds": 0.1, "closes": ends[:1]},
        ],
    }
    move = Moved(deployment(), "", 12.34, Verdict(True, "", figures), None)
    told = move.properties()
    assert (told["run_seconds"], told["requests_failed"], told["rows_lost"]) == (12.3, 1, 1)
    assert (told["longest_silence_signals_seconds"], told["longest_silence_camera_seconds"]) == (2.5, 0.0)
    assert move.cut() == {"page": ends[1:]}


def test_a_move_whose_load_told_nothing_has_no_figures() -> None:
    move = Moved(deployment(), "", 1.0, Verdict(False, "it broke", {}), None)
    assert set(move.properties()) == {"run_seconds", "patience"}
    assert move.sources() == []
