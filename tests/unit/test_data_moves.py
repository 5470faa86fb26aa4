"""What becomes of a replica and its volumes when its data moves, also when that fails half-way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from remlab import data_moves
from remlab.apply import Applier
from remlab.data_moves import new_volumes
from remlab.engine import Engine
from remlab.engine_spec import Surroundings, engine_spec
from remlab.planner import CREATE, MOVE, REMOVE, Step, StepFailed
from remlab.service_files import service_specs
from remlab.state import DesiredService, Image, Leftover, Observed, ObservedReplica, Retired
from remlab.volume_move import MoveFailed

AROUND = Surroundings("remlab", node_ids={"a": "node-of-a", "b": "node-of-b"})
OLD_VOLUME = "remlab-store-data-1-1"
RAW: dict[str, Any] = {
    "summary": "for a test",
    "image": {"packages": ["rsync"], "libraries": ["launch"]},
    "health": {"command": ["true"]},
    "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
    "volumes": [{"name": "data", "path": "/data"}],
    "expects_data_in": "STORE_EXPECTS",
}


def store(**more: Any) -> DesiredService:
    spec = service_specs({"store": RAW | more})["store"]
    return DesiredService("store", ("b",), Image("tag", "image"), spec)


class FakeEngine:
    """Services that become what they are asked to be, unless on a host that is bad for them."""

    scale_service = Engine.scale_service

    def __init__(self, *specs: dict[str, Any], bad_host: str = "") -> None:
        self.specs = {spec["Name"]: spec for spec in specs}
        self.created: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.records: dict[str, dict[str, str]] = {}
        self._bad_host = bad_host

    def services(self) -> list[dict[str, Any]]:
        return [self.service(name) for name in self.specs]

    def service(self, name: str) -> dict[str, Any]:
        return {"ID": name, "Spec": self.specs[name], "UpdateStatus": {"StartedAt": str(len(self.updates))}}

    def tasks(self, name: str) -> list[dict[str, Any]]:
        spec = self.specs.get(name)
        if spec is None or spec["Mode"]["Replicated"]["Replicas"] == 0:
            return []
        bad = spec["Labels"]["remlab.host"] == self._bad_host
        task = {
            "ID": "task",
            "Spec": copy.deepcopy(spec["TaskTemplate"]),
            "Status": {"State": "failed" if bad else "running", "Timestamp": ""},
            "DesiredState": "running",
        }
        return [task] * (3 if bad else 1)

    def create_service(self, spec: dict[str, Any], _login: object) -> str:
        self.created.append(spec)
        self.specs[spec["Name"]] = spec
        return str(spec["Name"])

    def update_service(self, name: str, spec: dict[str, Any], _login: object) -> None:
        self.updates.append(spec)
        self.specs[name] = spec

    def remove_service(self, name: str) -> None:
        self.specs.pop(name, None)

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {"ID": f"node-of-{host}", "Status": {"State": "ready", "Addr": f"address-of-{host}"}}
            for host in "ab"
        ]

    def lost_nodes(self) -> frozenset[str]:
        return frozenset()

    def configs(self) -> list[dict[str, Any]]:
        return [{"ID": name, "Spec": {"Labels": labels}} for name, labels in self.records.items()]

    def create_config(self, name: str, labels: dict[str, str]) -> str:
        self.records[name] = labels
        return name

    def remove_config(self, identifier: str) -> None:
        del self.records[identifier]

    def health_output(self, _container: str) -> str:
        return ""

    def task_log(self, _task: str, _lines: int) -> str:
        return "last words"

    def service_log(self, _name: str, _lines: int) -> str:
        return "last words"

    @property
    def retired(self) -> set[tuple[str, str]]:
        return {(one["remlab.host"], one["remlab.retired"]) for one in self.records.values()}


class FakeCopy:
    """A copy that comes about, or does not."""

    fails = False
    limits_kb: ClassVar[list[int]] = []

    def __init__(self, *, limit_kb: int, **_more: Any) -> None:
        self.limits_kb.append(limit_kb)

    def clean(self) -> None:
        pass

    def copy_live(self) -> dict[str, float]:
        return {"bytes": 1e6}

    def copy_final(self) -> dict[str, float]:
        if self.fails:
            raise MoveFailed("the disk is full")
        return {"bytes": 1e6}

    copy_overlapping = copy_final


@pytest.fixture(autouse=True)
def _fake_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_moves, "VolumeMove", FakeCopy)


def running(service: DesiredService, number: int = 1, host: str = "a") -> ObservedReplica:
    spec = engine_spec(service, number, host, AROUND, {"data": OLD_VOLUME})
    return ObservedReplica("store", number, host, "tag", engine_spec=spec, volumes={"data": OLD_VOLUME})


def applier(engine: FakeEngine, service: DesiredService, *replicas: ObservedReplica) -> Applier:
    return Applier(
        engine=cast("Engine", engine),
        desired={"store": service},
        observed=Observed(engine=True, swarm=True, replicas=replicas),
        around=AROUND,
        login=None,
        timeout_seconds=5,
        tell=lambda _: None,
    )


def moving(service: DesiredService, **options: Any) -> tuple[FakeEngine, Callable[[], object]]:
    old = running(service)
    engine = FakeEngine(dict(old.engine_spec), **options)
    number = 2 if service.way == "overlap" else 1
    step = Step(MOVE, "store", number, "b", "the inventory says so", "a")
    return engine, lambda: applier(engine, service, old).run([step])


def volume_of(spec: dict[str, Any]) -> str:
    return str(spec["TaskTemplate"]["ContainerSpec"]["Mounts"][0]["Source"])


def test_each_move_takes_a_volume_name_that_nothing_known_ever_had() -> None:
    observed = Observed(
        replicas=(running(store(moves_by="copy")),),
        retired=(
            Retired("remlab-store-data-2-6", "c", "store"),
            Retired("remlab-other-data-1-9", "c", "other"),
        ),
    )
    assert new_volumes(store(), 1, observed, "remlab") == {"data": "remlab-store-data-1-7"}


def test_a_copied_replica_runs_on_its_new_volume_and_the_old_one_is_retired() -> None:
    engine, move = moving(store(moves_by="copy"))
    move()
    stopped, moved = engine.updates
    assert stopped["Mode"] == {"Replicated": {"Replicas": 0}}
    assert stopped["Labels"]["remlab.moving-to"] == "b"
    assert moved["TaskTemplate"]["Placement"] == {"Constraints": ["node.id==node-of-b"]}
    assert volume_of(moved) == "remlab-store-data-1-2"
    assert "remlab.moving-to" not in moved["Labels"]
    assert engine.retired == {("a", OLD_VOLUME)}
    assert FakeCopy.limits_kb[-1] > 0, "copied at full speed beside the service's users"


def test_a_copy_that_fails_starts_the_old_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeCopy, "fails", True)
    engine, move = moving(store(moves_by="copy"))
    before = copy.deepcopy(engine.specs["store-1"])
    with pytest.raises(
        StepFailed, match=r"(?s)the disk is full.*store-1 serves on a, as before; nothing was lost"
    ):
        move()
    assert engine.specs["store-1"] == before
    assert engine.retired == set()


def test_nothing_is_stopped_when_the_new_host_cannot_pull_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_registry(_copy: FakeCopy) -> dict[str, float]:
        raise MoveFailed("store-1-move-receive on b: No such image")

    monkeypatch.setattr(FakeCopy, "copy_live", no_registry)
    engine, move = moving(store(moves_by="copy"))
    before = copy.deepcopy(engine.specs["store-1"])
    with pytest.raises(StepFailed, match=r"(?s)No such image.*store-1 serves on a, as before"):
        move()
    assert engine.updates == [before]


def test_a_copy_that_never_gets_healthy_gives_the_old_one_back_and_is_kept_apart() -> None:
    engine, move = moving(store(moves_by="copy"), bad_host="b")
    before = copy.deepcopy(engine.specs["store-1"])
    with pytest.raises(StepFailed, match="store-1 serves on a, as before"):
        move()
    assert engine.specs["store-1"] == before
    # It may have been written on, so the next try takes another one.
    assert engine.retired == {("b", "remlab-store-data-1-2")}


def test_a_successor_answers_beside_the_old_one_and_the_hook_is_told(tmp_path: Path) -> None:
    told = tmp_path / "told"
    hook = ["sh", "-c", f'echo "$LAB_SERVICE $LAB_OLD_ADDRESS $LAB_NEW_ADDRESS" >> {told}']
    engine, move = moving(store(moves_by="overlap", overlap_hook=hook))
    move()
    assert set(engine.specs) == {"store-1", "store-2"}
    assert told.read_text() == "store address-of-a address-of-b\n"


def test_a_successor_that_never_gets_healthy_is_taken_away_again() -> None:
    engine, move = moving(store(moves_by="overlap"), bad_host="b")
    with pytest.raises(StepFailed, match="store-1 serves on a, as before; nothing was lost"):
        move()
    assert set(engine.specs) == {"store-1"}


def test_an_old_one_that_goes_later_than_its_run_tells_the_hook_again(tmp_path: Path) -> None:
    told = tmp_path / "told"
    service = store(moves_by="overlap", overlap_hook=["touch", str(told)])
    old = running(service)
    engine = FakeEngine(dict(old.engine_spec))
    step = Step(REMOVE, "store", 1, "a", "a left group store", overlaps=True)
    engine.tasks = lambda _service="": []  # type: ignore[method-assign,assignment,misc]
    applier(engine, service, old).run([step])
    assert told.exists()
    assert engine.specs == {}
    assert engine.retired == {("a", OLD_VOLUME)}


def test_a_first_start_may_find_nothing_and_later_ones_expect_data() -> None:
    engine = FakeEngine()
    applier(engine, store()).run([Step(CREATE, "store", 1, "b", "the inventory has b in group store")])
    created, updated = engine.created[0], engine.updates[0]
    assert "STORE_EXPECTS=0" in created["TaskTemplate"]["ContainerSpec"]["Env"]
    assert "STORE_EXPECTS=1" in updated["TaskTemplate"]["ContainerSpec"]["Env"]
    assert volume_of(created) == volume_of(updated)


def found_on_b(*others: Leftover) -> tuple[FakeEngine, Applier]:
    engine = FakeEngine()
    doing = applier(engine, store())
    taken = Leftover("store", 3, "b", {"data": "remlab-store-data-3-4"})
    doing.observed = replace(doing.observed, taken=(taken,), others=others)
    doing.__post_init__()
    return engine, doing


def test_a_service_starts_over_found_data_expects_it_and_keeps_other_copies_apart() -> None:
    engine, doing = found_on_b(Leftover("store", 1, "c", {"data": OLD_VOLUME}))
    doing.run([Step(CREATE, "store", 3, "b", "over its data that was found there")])
    assert volume_of(engine.created[0]) == "remlab-store-data-3-4"
    assert "STORE_EXPECTS=1" in engine.created[0]["TaskTemplate"]["ContainerSpec"]["Env"]
    assert engine.updates == []
    assert engine.retired == {("c", OLD_VOLUME)}


def test_what_begins_anew_takes_no_name_of_what_was_found() -> None:
    engine, doing = found_on_b(Leftover("store", 1, "b", {"data": "remlab-store-data-1-8"}))
    doing.observed = replace(doing.observed, taken=())
    doing.__post_init__()
    doing.run([Step(CREATE, "store", 1, "b", "the inventory has b in group store")])
    assert volume_of(engine.created[0]) == "remlab-store-data-1-9"
    assert engine.retired == {("b", "remlab-store-data-1-8")}
