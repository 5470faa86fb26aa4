"""What the steps of a plan ask of the engine, with an engine that remembers it and does as it is told."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from remlab.apply import Applier
from remlab.engine import Engine
from remlab.engine_spec import Surroundings, engine_spec
from remlab.planner import MOVE, Step, StepFailed
from remlab.service_files import service_specs
from remlab.stack import StackError, refuse_strangers
from remlab.state import DesiredService, Image, Observed, ObservedReplica

AROUND = Surroundings("remlab", node_ids={"a": "node-of-a", "b": "node-of-b"})
MOVING = Step(MOVE, "backend", 1, "b", "the inventory says so", "a")


def backend(*hosts: str) -> DesiredService:
    raw = {
        "summary": "for a test",
        "health": {"command": ["true"]},
        "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
    }
    return DesiredService("backend", hosts, Image("tag", "image"), service_specs({"backend": raw})["backend"])


class FakeEngine:
    """One service, backend-1 on a. An update comes true at once, or is rolled back."""

    def __init__(self, *, rolls_back: bool = False) -> None:
        self.spec = engine_spec(backend("a"), 1, "a", AROUND, {})
        self.status: dict[str, str] = {}
        self.updates: list[dict[str, Any]] = []
        self.removed: list[str] = []
        self._rolls_back = rolls_back

    def services(self) -> list[dict[str, Any]]:
        return [self.service("backend-1")]

    def service(self, name: str) -> dict[str, Any]:
        assert name == "backend-1"
        return {"ID": "1", "Spec": self.spec, "UpdateStatus": self.status}

    def tasks(self, _service: str) -> list[dict[str, Any]]:
        return [
            {
                "Spec": copy.deepcopy(self.spec["TaskTemplate"]),
                "Status": {"State": "running"},
                "DesiredState": "running",
            }
        ]

    def update_service(self, name: str, spec: dict[str, Any], _login: object) -> None:
        assert name == "backend-1"
        self.updates.append(spec)
        if self._rolls_back:
            self.status = {"StartedAt": "now", "State": "rollback_completed"}
        else:
            self.spec = spec

    def remove_service(self, name: str) -> None:
        self.removed.append(name)

    def lost_nodes(self) -> frozenset[str]:
        return frozenset()

    def service_log(self, _name: str, _lines: int) -> str:
        return "last words"


def applier(engine: FakeEngine) -> Applier:
    running = ObservedReplica("backend", 1, "a", "tag")
    return Applier(
        engine=cast("Engine", engine),
        desired={"backend": backend("b")},
        observed=Observed(engine=True, swarm=True, replicas=(running,)),
        around=AROUND,
        login=None,
        timeout_seconds=5,
        tell=lambda _: None,
    )


def test_a_move_is_one_update_of_the_place_and_starts_before_it_stops() -> None:
    engine = FakeEngine()
    report = applier(engine).run([MOVING])
    assert [spec["TaskTemplate"]["Placement"] for spec in engine.updates] == [
        {"Constraints": ["node.id==node-of-b"]}
    ]
    assert engine.updates[0]["UpdateConfig"]["Order"] == "start-first"
    assert engine.updates[0]["Labels"]["remlab.host"] == "b"
    assert engine.removed == []
    assert report.lines[0].startswith("backend-1: move a → b, the inventory says so (")


def test_a_move_that_the_engine_takes_back_fails_the_run_and_says_who_serves() -> None:
    with pytest.raises(StepFailed, match="given back to its old version, which goes on serving") as failed:
        applier(FakeEngine(rolls_back=True)).run([MOVING])
    assert "last words" in str(failed.value)


def test_a_step_that_nobody_knows_how_to_do_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        applier(FakeEngine()).run([Step("teleport", "backend", 1, "b")])


def test_hosts_outside_the_swarm_are_named_with_their_groups() -> None:
    with pytest.raises(StackError) as refused:
        refuse_strangers({"backend": backend("a", "c")}, AROUND.node_ids)
    assert str(refused.value) == (
        "not in the laboratory's Swarm: c (group backend). Its hosts are a, b, and only on these can services run: "
        "put one of them into these groups. Nothing was changed"
    )


def test_hosts_in_the_swarm_are_accepted() -> None:
    refuse_strangers({"backend": backend("a", "b")}, AROUND.node_ids)
