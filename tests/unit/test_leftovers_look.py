"""What a host tells of data that no service names, and what it notes down before it leaves a lost Swarm."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest

from remlab import leftovers_look, manager_files, membership
from remlab.engine import Engine

SINCE_1970 = 1_790_000_000  # 2026-09-21 14:13 UTC


def container(name: str, *volumes: str, **labels: str) -> dict[str, Any]:
    service, _, number = name.rpartition("-")
    return {
        "Id": name,
        "Created": 1,
        "Labels": {"remlab.service": service, "remlab.replica": number} | labels,
        "Mounts": [{"Type": "volume", "Name": volume} for volume in volumes] + [{"Type": "tmpfs"}],
    }


JOB = {
    "Id": "job",
    "Created": 2,
    "Labels": {"remlab.job": "database"},
    "Mounts": [{"Type": "volume", "Name": "copied"}],
}


class FakeEngine:
    """One host's engine; remembers what is asked of it, in order."""

    def __init__(self, *containers: dict[str, Any], volumes: list[dict[str, Any]] | None = None) -> None:
        self.there = list(containers)
        self.mine = volumes or []
        self.done: list[str] = []
        self.state = {"LocalNodeState": "active", "NodeID": "node-1"}
        self.process = 0

    def containers(self) -> list[dict[str, Any]]:
        return self.there

    def volumes(self) -> list[dict[str, Any]]:
        return self.mine

    def process_id(self, _container: str) -> int:
        return self.process

    def swarm(self) -> dict[str, Any]:
        return self.state

    def stop_container(self, name: str) -> None:
        assert leftovers_look.is_noted()
        self.done.append(f"stop {name}")

    def leave_swarm(self) -> None:
        self.done.append("leave")
        self.there = []


@pytest.fixture(autouse=True)
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lib" / "lost-swarm.json"
    for function in (
        leftovers_look.look,
        leftovers_look.noted,
        leftovers_look.note_down,
        leftovers_look.is_noted,
        leftovers_look.forget,
    ):
        monkeypatch.setattr(function, "__defaults__", (path,))
    monkeypatch.setattr(manager_files.read, "__defaults__", (tmp_path / "lib",))
    return path


def volume(tmp_path: Path, name: str, *files: str) -> dict[str, Any]:
    folder = tmp_path / name
    for file in ("data/global/pg_control", *files):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (SINCE_1970, SINCE_1970))
    return {
        "Name": name,
        "Mountpoint": str(folder),
        "CreatedAt": "2026-09-20T12:00:00+02:00",
        "Labels": {"remlab.service": "database", "remlab.volume": "data"},
    }


def looked(monkeypatch: pytest.MonkeyPatch, engine: FakeEngine) -> dict[str, Any]:
    monkeypatch.setattr(leftovers_look, "Engine", lambda _project: engine)
    return leftovers_look.look("remlab")


def test_a_volume_is_told_with_its_dates_and_whether_a_service_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = volume(tmp_path, "one"), volume(tmp_path, "copied")
    answer = looked(monkeypatch, FakeEngine(container("database-1", "one"), JOB, volumes=[one, other]))
    assert answer["volumes"][0] == {
        "name": "one",
        "service": "database",
        "volume": "data",
        "made": "2026-09-20 10:00",
        "written": "2026-09-21 14:13",
        "used": True,
        "unfinished": False,
    }
    assert not answer["volumes"][1]["used"]
    assert answer["running"] == ["database-1"]


def test_a_volume_was_written_when_what_lies_deep_in_it_was(tmp_path: Path) -> None:
    folder = Path(volume(tmp_path, "one")["Mountpoint"])
    os.utime(folder / "data/global/pg_control", (SINCE_1970 + 60, SINCE_1970 + 60))
    assert leftovers_look.last_written(folder) == SINCE_1970 + 60


@pytest.mark.parametrize("marker", [".remlab-transfer", "data.copying/base", "data/standby.signal"])
def test_what_is_no_whole_copy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str) -> None:
    answer = looked(monkeypatch, FakeEngine(volumes=[volume(tmp_path, "one", marker)]))
    assert answer["volumes"][0]["unfinished"]


def leave(engine: FakeEngine, *, lost: bool) -> None:
    membership.leave(cast("Engine", engine), lost=lost)


def test_what_is_in_use_is_noted_before_it_is_stopped_and_the_host_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine(container("database-1", "one"), JOB, volumes=[volume(tmp_path, "one")])
    leave(engine, lost=True)
    assert engine.done == ["stop database-1", "stop job", "leave"]
    assert leftovers_look.noted() == {"node_id": "node-1", "used": ["one"]}
    assert looked(monkeypatch, engine)["volumes"][0]["used"]


def test_a_run_that_was_killed_after_the_stop_still_knows_and_another_swarm_begins_anew() -> None:
    leave(FakeEngine(container("database-1", "one")), lost=True)
    leave(FakeEngine(), lost=True)
    assert leftovers_look.noted()["used"] == ["one"]
    later = FakeEngine(container("database-1", "two"))
    later.state["NodeID"] = "node-2"
    leave(later, lost=True)
    assert leftovers_look.noted()["used"] == ["two"]


def test_a_host_that_was_merely_away_notes_nothing() -> None:
    engine = FakeEngine(container("database-1", "one"))
    leave(engine, lost=False)
    assert engine.done == ["leave"]
    assert not leftovers_look.is_noted()


def test_the_note_is_taken_away_once() -> None:
    leave(FakeEngine(), lost=True)
    assert (leftovers_look.forget(), leftovers_look.forget()) == (True, False)


def test_secrets_are_read_from_what_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "proc/7/root/run/secrets"
    folder.mkdir(parents=True)
    (folder / "auth_secret_key").write_text("hush\n")
    monkeypatch.setattr(
        leftovers_look, "Path", lambda path: Path(str(path).replace("/proc", f"{tmp_path}/proc"))
    )
    engine = FakeEngine(container("auth-1"), JOB)
    assert leftovers_look.mounted_secrets(cast("Engine", engine)) == {}
    engine.process = 7
    assert leftovers_look.mounted_secrets(cast("Engine", engine)) == {"auth_secret_key": "hush\n"}
