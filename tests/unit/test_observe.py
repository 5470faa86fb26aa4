"""When a service has become what was asked for, judged by what the engine tells of its tasks."""

from __future__ import annotations

from typing import Any

from remlab.observe import converged, ended
from remlab.state import Observed, ObservedReplica, Retired

NEW = {"ContainerSpec": {"Image": "new"}}
OLD = {"ContainerSpec": {"Image": "old"}}
SERVICE = {"Spec": {"TaskTemplate": NEW, "Mode": {"Replicated": {"Replicas": 1}}}}


def task(state: str, spec: dict[str, Any] = NEW, desired: str = "running") -> dict[str, Any]:
    return {"Spec": spec, "Status": {"State": state}, "DesiredState": desired}


def test_one_healthy_task_of_the_current_version_is_what_was_asked_for() -> None:
    assert converged(SERVICE, [task("running"), task("shutdown", OLD, "shutdown")])


def test_a_task_that_is_not_healthy_yet_is_not_enough() -> None:
    assert not converged(SERVICE, [task("starting")])


def test_an_older_task_that_still_stops_is_waited_for() -> None:
    assert not converged(SERVICE, [task("running"), task("running", OLD, "shutdown")])


def test_an_older_task_on_a_host_that_is_gone_is_not_waited_for() -> None:
    """The Swarm tells of it as running for a day."""
    gone = task("running", OLD, "shutdown") | {"NodeID": "gone"}
    assert not converged(SERVICE, [task("running"), gone])
    assert converged(SERVICE, [task("running"), gone], {"gone"})


def test_a_task_that_starts_beside_one_of_the_same_version_is_waited_for() -> None:
    assert not converged(SERVICE, [task("running"), task("starting")])


def test_a_task_that_ended_in_good_order_because_it_was_unhealthy_counts_as_ended() -> None:
    tasks = [task("failed"), task("complete"), task("rejected"), task("running")]
    assert len(ended(tasks)) == 3


def test_what_a_stopped_service_still_names_was_not_left_behind() -> None:
    """A copy that was killed just before it took over: the only whole data may be the recorded one."""
    stopped = ObservedReplica("registry", 1, "a", "tag", volumes={"images": "v-1"}, wanted=0, moving_to="b")
    old, elsewhere = Retired("v-1", "a", "registry"), Retired("v-1", "c", "registry")
    assert Observed(replicas=(stopped,), retired=(old, elsewhere)).left_behind() == (elsewhere,)
    assert Observed(retired=(old,)).left_behind() == (old,)
