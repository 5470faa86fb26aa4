"""The planner's rules, from fixed observations to exact plan text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from remlab import planner
from remlab.planner import PlanRefused
from remlab.service_files import service_specs
from remlab.state import DesiredService, Image, Observed, ObservedReplica

SMALLEST: dict[str, Any] = {
    "summary": "for a test",
    "health": {"command": ["true"]},
    "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
}
HOLDING = {"volumes": [{"name": "data", "path": "/var/lib/data"}]}
MIGRATING = {"migrate": {"command": ["migrate"]}}


def service(name: str, *hosts: str, tag: str = "new-image", **more: Any) -> DesiredService:
    spec = service_specs({name: SMALLEST | more})[name]
    return DesiredService(name, hosts or ("a",), Image(tag, f"registry/{name}@sha256:1"), spec)


def replica(name: str, number: int = 1, host: str = "a", **more: Any) -> ObservedReplica:
    return ObservedReplica(name, number, host, **({"image_tag": "new-image"} | more))


def by_image(service: DesiredService, running: ObservedReplica) -> Sequence[str]:
    if service.image.tag == running.image_tag:
        return []
    return [f"image {running.image_tag} → {service.image.tag}"]


def plan_text(
    *desired: DesiredService,
    running: Sequence[ObservedReplica] = (),
    engine: bool = True,
    order: Sequence[str] | None = None,
    **options: Any,
) -> list[str]:
    steps = planner.plan(
        {one.name: one for one in desired},
        Observed(engine=engine, swarm=engine, replicas=tuple(running)),
        manager="a",
        order=[one.name for one in desired] if order is None else order,
        differ=by_image,
        **options,
    )
    return planner.text(steps).splitlines()


def test_a_bare_machine_gets_engine_swarm_and_every_service_in_order() -> None:
    assert plan_text(service("database"), service("backend"), engine=False) == [
        "a: install Docker Engine, there is none",
        "a: start a Swarm, this machine is in none",
        "database-1: create on a, the inventory has a in group database",
        "backend-1: create on a, the inventory has a in group backend",
    ]


def test_what_runs_as_wanted_is_left_alone() -> None:
    assert plan_text(service("media"), running=[replica("media")]) == ["media-1: nothing to do"]


def test_another_image_is_an_update_with_both_images_named() -> None:
    text = plan_text(service("gateway"), running=[replica("gateway", image_tag="old")])
    assert text == ["gateway-1: update, image old → new-image"]


def test_an_update_that_interrupts_says_so() -> None:
    text = plan_text(service("database", **HOLDING), running=[replica("database", image_tag="old")])
    assert text == ["database-1: update, image old → new-image; stops before it starts again"]


def test_each_host_of_a_group_gets_a_replica_of_its_own() -> None:
    assert plan_text(service("backend", "a", "b")) == [
        "backend-1: create on a, the inventory has a in group backend",
        "backend-2: create on b, the inventory has b in group backend",
    ]


def test_a_replica_keeps_its_number_when_another_host_joins_before_it() -> None:
    text = plan_text(service("backend", "b", "a"), running=[replica("backend", 1, "a")])
    assert text == [
        "backend-1: nothing to do",
        "backend-2: create on b, the inventory has b in group backend",
    ]


def test_from_two_hosts_to_one_the_other_is_removed() -> None:
    running = [replica("backend", 1, "a"), replica("backend", 2, "b")]
    assert plan_text(service("backend", "b"), running=running) == [
        "backend-2: nothing to do",
        "backend-1: remove from a, a left group backend",
    ]


def test_a_service_without_data_moves_to_the_host_that_the_inventory_names() -> None:
    text = plan_text(service("backend", "b"), running=[replica("backend", 1, "a")])
    assert text == ["backend-1: move a → b, the inventory says so"]


def test_a_move_takes_a_new_image_along() -> None:
    text = plan_text(service("backend", "b"), running=[replica("backend", 1, "a", image_tag="old")])
    assert text == ["backend-1: move a → b, the inventory says so, image old → new-image"]


def test_two_services_that_swap_hosts_move_one_after_the_other() -> None:
    running = [replica("media", 1, "a"), replica("gateway", 1, "b")]
    assert plan_text(service("media", "b"), service("gateway", "a"), running=running) == [
        "media-1: move a → b, the inventory says so",
        "gateway-1: move b → a, the inventory says so",
    ]


def test_of_two_replicas_only_the_one_whose_host_left_moves() -> None:
    running = [replica("backend", 1, "a"), replica("backend", 2, "b")]
    assert plan_text(service("backend", "b", "c"), running=running) == [
        "backend-2: nothing to do",
        "backend-1: move a → c, the inventory says so",
    ]


def test_a_move_comes_before_a_further_replica() -> None:
    assert plan_text(service("backend", "b", "c"), running=[replica("backend", 1, "a")]) == [
        "backend-1: move a → b, the inventory says so",
        "backend-2: create on c, the inventory has c in group backend",
    ]


def test_a_service_with_data_on_another_host_is_refused() -> None:
    running = [replica("database", volumes={"data": "v"})]
    with pytest.raises(PlanRefused, match="database holds data on a, and the inventory has it on b"):
        plan_text(service("database", "b", **HOLDING), running=running)


def test_the_schema_is_migrated_once_before_the_first_replica_of_another_image() -> None:
    running = [replica("backend", 1, "a", image_tag="old"), replica("backend", 2, "b", image_tag="old")]
    assert plan_text(service("backend", "a", "b", **MIGRATING), running=running) == [
        "backend: migrate, before image old → new-imag",
        "backend-1: update, image old → new-image",
        "backend-2: update, image old → new-image",
    ]


def test_the_schema_is_migrated_before_the_first_start() -> None:
    assert plan_text(service("backend", **MIGRATING))[0] == "backend: migrate, before its first start"


def test_a_further_replica_of_the_same_image_needs_no_migration() -> None:
    text = plan_text(service("backend", "a", "b", **MIGRATING), running=[replica("backend")])
    assert not any("migrate" in line for line in text)


def test_what_a_killed_run_left_unfinished_is_waited_for() -> None:
    text = plan_text(service("media"), running=[replica("media", converged=False)])
    assert text == ["media-1: wait, it is not running yet"]


def test_an_emptied_group_removes_the_service() -> None:
    text = plan_text(running=[replica("simulator")])
    assert text == ["simulator-1: remove from a, no host is in group simulator"]


def test_what_depends_on_others_is_removed_before_them() -> None:
    running = [replica("broker"), replica("gateway")]
    assert [line.split(":")[0] for line in plan_text(running=running, order=["broker", "gateway"])] == [
        "gateway-1",
        "broker-1",
    ]


def test_an_emptied_group_whose_service_holds_data_is_refused() -> None:
    running = [replica("database", volumes={"data": "remlab-database-data-1-1"})]
    with pytest.raises(PlanRefused, match=r"lab_allow_remove: \[database\]"):
        plan_text(running=running)


def test_with_permission_a_service_with_data_is_removed_and_its_volume_kept() -> None:
    running = [replica("database", volumes={"data": "remlab-database-data-1-1"})]
    assert plan_text(running=running, allow_remove=["database"]) == [
        "database-1: remove from a, no host is in group database; keeps volume remlab-database-data-1-1"
    ]


def test_a_run_limited_to_one_service_neither_touches_nor_removes_others() -> None:
    running = [replica("old-one"), replica("registry", image_tag="old")]
    text = plan_text(service("registry"), service("backend"), running=running, only=["registry"])
    assert text == ["registry-1: update, image old → new-image"]


def test_a_plan_without_changes_says_so_in_each_step() -> None:
    steps = planner.plan(
        {"media": service("media")},
        Observed(engine=True, swarm=True, replicas=(replica("media"),)),
        manager="a",
        order=["media"],
        differ=by_image,
    )
    assert not any(step.changes for step in steps)
