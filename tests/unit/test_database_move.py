"""How far a database's move is, for every point at which its mover may have been killed."""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from typing import Any

import pytest

from remlab import database_phase as phases
from remlab.control_container import _config, _frames
from remlab.database_pair import MOVED_TO, PROMOTED, SYSTEM, Pair
from remlab.database_phase import Seen, phase
from remlab.engine import Engine
from remlab.observe import MOVE

_IN_SYNC = "the old server was stopped when both had every write"
_TOO_EARLY = "the old server was stopped before the copy had every write"


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        # Killed before the new service was there, or nothing was begun.
        (Seen(1), (phases.COPY, "there is no copy yet")),
        # Killed while it caught up, in sync or after the pause.
        (Seen(1, phases.FOLLOWS), (phases.FOLLOW, "the copy is there")),
        (Seen(1, phases.SILENT), (phases.FOLLOW, "the copy is there")),
        # Long after a kill the old server has thrown away what the copy lacks.
        (
            Seen(1, phases.FOLLOWS, slot_usable=False),
            (phases.DISCARD, "the old server no longer keeps what the copy lacks"),
        ),
        # Killed after the stop.
        (Seen(0, phases.FOLLOWS, stopped_in_sync=True), (phases.PROMOTE, _IN_SYNC)),
        (Seen(0, phases.SILENT, stopped_in_sync=True), (phases.PROMOTE, _IN_SYNC)),
        # Killed after the promotion.
        (Seen(0, phases.WRITES, stopped_in_sync=True), (phases.FINISH, "the new server takes writes")),
        # Killed between the removal of the old service and that of the labels.
        (Seen(None, phases.WRITES), (phases.FINISH, "the old server is removed")),
        (Seen(None, phases.SILENT), (phases.FINISH, "the old server is removed")),
        # Killed on the way back, or stopped by somebody else.
        (Seen(0), (phases.RETURN, _TOO_EARLY)),
        (Seen(0, stopped_in_sync=True), (phases.RETURN, _TOO_EARLY)),
        (Seen(0, phases.FOLLOWS), (phases.RETURN, _TOO_EARLY)),
        (Seen(0, phases.SILENT), (phases.RETURN, _TOO_EARLY)),
    ],
)
def test_a_move_goes_on_from_where_it_was_left(seen: Seen, wanted: tuple[str, str]) -> None:
    assert phase(seen) == wanted


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Seen(1, phases.WRITES), "both servers take writes: stop the one whose data is not wanted"),
        (Seen(None), "neither the old nor the new server is there"),
        (Seen(None, phases.FOLLOWS), "the old server was removed before the new one was promoted"),
        (Seen(0, phases.STRANGE, True), "the new server holds another database than the old one"),
        (Seen(1, phases.STRANGE), "the new server holds another database than the old one"),
    ],
)
def test_what_is_not_safe_is_refused(seen: Seen, why: str) -> None:
    assert phase(seen) == (phases.REFUSE, why)


def test_only_a_server_that_was_stopped_in_sync_is_succeeded_by_a_promotion() -> None:
    new = (phases.ABSENT, phases.FOLLOWS, phases.WRITES, phases.SILENT, phases.STRANGE)
    for old in (1, 0, None):
        for state in new:
            for usable in (True, False):
                assert phase(Seen(old, state, stopped_in_sync=False, slot_usable=usable))[0] != phases.PROMOTE


class _Swarm:
    """An engine that keeps one service."""

    scale_service = Engine.scale_service

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec

    def service(self, _name: str) -> dict[str, Any]:
        return {"Spec": self.spec}

    def update_service(self, _name: str, spec: Mapping[str, Any], _login: object) -> None:
        self.spec = spec


def test_the_stop_and_its_note_are_one_update_and_nothing_else_changes() -> None:
    before = {
        "Name": "database-1",
        "Labels": {"a": "b"},
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {},
    }
    swarm = _Swarm(before)
    pair = Pair(swarm, None, "net", "database-1", "database-2")  # type: ignore[arg-type]
    pair.stop_old()
    assert swarm.spec == before | {
        "Labels": {"a": "b", MOVED_TO: "database-2"},
        "Mode": {"Replicated": {"Replicas": 0}},
    }
    pair.start_old()
    assert swarm.spec == before


def test_a_moved_service_is_an_ordinary_one_in_the_end() -> None:
    ordinary = {"Name": "database-2", "Labels": {"a": "b"}, "Mode": {"Replicated": {"Replicas": 1}}}
    swarm = _Swarm(ordinary | {"Labels": {"a": "b", MOVE: "database-1", SYSTEM: "7"}})
    pair = Pair(swarm, None, "net", "database-1", "database-2")  # type: ignore[arg-type]
    pair.note_promotion()
    assert swarm.spec["Labels"][PROMOTED] == "1"
    pair.drop_labels()
    assert swarm.spec == ordinary


def test_the_control_container_is_hardened() -> None:
    config = _config("registry/database@sha256:1", "remlab", "net")
    host = config["HostConfig"]
    assert config["User"] == "10001:10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert config["Labels"] == {"remlab.project": "remlab", "remlab.control": "database"}
    assert "Env" not in config


def test_output_and_errors_of_a_command_are_told_apart() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for stream, text in ((1, b'{"a"'), (2, b"oh"), (1, b": 1}")):
            theirs.sendall(struct.pack(">BxxxL", stream, len(text)) + text)
        theirs.close()
        assert list(_frames(ours)) == [(1, b'{"a"'), (2, b"oh"), (1, b": 1}")]
