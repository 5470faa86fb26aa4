"""Who is asked before a service moves on which driven devices depend."""

from __future__ import annotations

from typing import Any

import pytest

from remlab import guards
from remlab.engine_spec import Surroundings, engine_spec
from remlab.jobs import JobFailed
from remlab.service_files import service_specs
from remlab.state import DesiredService, Image, Observed, ObservedReplica

SMALLEST: dict[str, Any] = {
    "summary": "for a test",
    "health": {"command": ["true"]},
    "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
}
SPECS = service_specs(
    {
        "gateway": SMALLEST
        | {"guard": {"service": "backend", "look": ["look"], "make_safe": ["stop", "them"]}},
        "backend": SMALLEST,
    }
)
AROUND = Surroundings("remlab", node_ids={"a": "node-of-a", "b": "node-of-b"})
DESIRED = {
    name: DesiredService(name, ("b",), Image("new", f"new-{name}"), spec) for name, spec in SPECS.items()
}


def running(**more: Any) -> ObservedReplica:
    older = DesiredService("backend", ("a",), Image("old", "old-backend"), SPECS["backend"])
    return ObservedReplica(
        "backend", 1, "a", "old", engine_spec=engine_spec(older, 1, "a", AROUND, {}), **more
    )


def test_the_service_that_runs_is_asked_where_it_runs_in_the_image_that_runs_there() -> None:
    spec = guards.job(DESIRED["gateway"], "make_safe", DESIRED, Observed(replicas=(running(),)), AROUND)
    assert spec is not None
    task = spec["TaskTemplate"]
    assert task["ContainerSpec"]["Command"] == ["stop", "them"]
    assert task["ContainerSpec"]["Image"] == "old-backend"
    assert task["Placement"] == {"Constraints": ["node.id==node-of-a"]}


@pytest.mark.parametrize("replicas", [(), (running(lost=True),)], ids=["none", "lost"])
def test_where_nobody_can_be_asked_nobody_is(replicas: tuple[ObservedReplica, ...]) -> None:
    assert guards.job(DESIRED["gateway"], "look", DESIRED, Observed(replicas=replicas), AROUND) is None


def test_the_answer_is_the_last_line_of_json() -> None:
    assert guards.answer('{"level": "x"}\n{"driven": {"aero": "PID"}}\n') == {"aero": "PID"}
    with pytest.raises(JobFailed, match="did not say what it found"):
        guards.answer("nothing of use")
