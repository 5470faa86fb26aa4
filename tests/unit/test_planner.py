"""The planner's rules, from fixed observations to exact plan text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from remlab import planner
from remlab.planner import PlanRefused
from remlab.service_files import service_specs
from remlab.state import DesiredService, Image, Leftover, Observed, ObservedReplica

SMALLEST: dict[str, Any] = {
    "summary": "for a test",
    "health": {"command": ["true"]},
    "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
}
HOLDING = {"volumes": [{"name": "data", "path": "/var/lib/data"}]}
REPLICATED = HOLDING | {"moves_by": "postgresql"}
_COPYING = {"image": {"packages": ["rsync"], "libraries": ["launch"]}}
COPIED = HOLDING | _COPYING | {"moves_by": "copy"}
OVERLAPPING = HOLDING | _COPYING | {"moves_by": "overlap", "overlap_seconds": 30}
MIGRATING = {"migrate": {"command": ["migrate"]}}


def service(
    name: str, *hosts: str, tag: str = "new-image", others: Any = None, **more: Any
) -> DesiredService:
    spec = service_specs({name: SMALLEST | more} | (others or {}))[name]
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
    taken: Sequence[Leftover] = (),
    free: dict[str, int] | None = None,
    **options: Any,
) -> list[str]:
    steps = planner.plan(
        {one.name: one for one in desired},
        Observed(engine=engine, swarm=engine, replicas=tuple(running), taken=tuple(taken), free=free or {}),
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


def test_data_whose_service_file_names_no_way_to_move_it_stays() -> None:
    running = [replica("wiki", volumes={"data": "v"})]
    with pytest.raises(
        PlanRefused, match=r"wiki holds data on a, .* has it on b: its service file .*\(moves_by\)"
    ):
        plan_text(service("wiki", "b", **HOLDING), running=running)


def test_data_that_only_one_host_can_have_is_refused_on_two() -> None:
    with pytest.raises(PlanRefused, match=r"database holds data, .* 2 in group database \(a, b\)"):
        plan_text(service("database", "a", "b", **REPLICATED))


def test_a_database_goes_to_a_new_replica_that_follows_the_old_one() -> None:
    text = plan_text(
        service("database", "b", **REPLICATED), running=[replica("database", volumes={"data": "v"})]
    )
    assert text == ["database-2: move a → b, the inventory says so; requests wait about 2 s"]


@pytest.mark.parametrize(
    ("number", "words"), [(999, "999 B"), (1_500, "1.5 kB"), (45_600_000, "46 MB"), (1_120_000_000, "1.1 GB")]
)
def test_the_plan_says_how_much_is_copied(number: int, words: str) -> None:
    running = Observed(replicas=(replica("database", volumes={"data": "v"}),)).with_sizes(
        {"a": {"v": number}}
    )
    text = plan_text(service("database", "b", **REPLICATED), running=running.replicas)
    assert text == [f"database-2: move a → b, the inventory says so; copies {words}, requests wait about 2 s"]


def test_the_plan_names_who_pauses_while_a_database_switches() -> None:
    database = service("database", "b", **REPLICATED | {"pauses": ["auth"]}, others={"auth": SMALLEST})
    text = plan_text(database, running=[replica("database", volumes={"data": "v"})])
    assert text == ["database-2: move a → b, the inventory says so; requests wait about 2 s, auth pauses"]


def test_an_older_database_is_updated_before_it_is_followed() -> None:
    running = [replica("database", image_tag="old", volumes={"data": "v"})]
    assert plan_text(service("database", "b", **REPLICATED), running=running) == [
        "database-1: update, image old → new-image; stops before it starts again",
        "database-2: move a → b, the inventory says so; requests wait about 2 s",
    ]


FOLLOWED = replica("database", 1, "a", volumes={"data": "v-1"}, wanted=0)
FOLLOWING = replica("database", 2, "b", volumes={"data": "v-2"}, copy_of="database-1", converged=False)


def test_a_database_whose_move_was_killed_goes_on_to_where_it_went() -> None:
    text = plan_text(service("database", "b", **REPLICATED), running=[FOLLOWED, FOLLOWING])
    assert text == ["database-2: move a → b, an earlier run began it"]


def test_a_database_whose_move_was_killed_can_be_given_up() -> None:
    text = plan_text(service("database", "a", **REPLICATED), running=[FOLLOWED, FOLLOWING])
    assert text == ["database-2: give up the move a → b, the inventory has a in group database"]


def test_a_database_on_its_way_goes_nowhere_else_first() -> None:
    with pytest.raises(PlanRefused, match=r"on its way from a to b, .* on c: run once with b .* or a"):
        plan_text(service("database", "c", **REPLICATED), running=[FOLLOWED, FOLLOWING])


def test_the_end_of_a_move_is_made_up_for() -> None:
    text = plan_text(service("database", "b", **REPLICATED), running=[FOLLOWING])
    assert text[0] == "database-2: finish the move to b, an earlier run was ended when it was all but done"


def test_other_data_is_copied_and_the_copy_takes_over() -> None:
    text = plan_text(service("registry", "b", **COPIED), running=[replica("registry", volumes={"data": "v"})])
    assert text == [
        "registry-1: move a → b, the inventory says so; the most while it runs, then it stops until the rest is there"
    ]


def test_a_copy_that_was_killed_while_its_source_was_stopped_is_begun_again() -> None:
    stopped = replica("registry", volumes={"data": "v"}, wanted=0, moving_to="b")
    assert "registry-1: move a → b" in plan_text(service("registry", "b", **COPIED), running=[stopped])[0]
    assert "registry-1: move a → c" in plan_text(service("registry", "c", **COPIED), running=[stopped])[0]


def test_what_was_stopped_for_a_move_starts_again_where_the_inventory_has_it() -> None:
    stopped = replica("registry", volumes={"data": "v"}, wanted=0, moving_to="b")
    assert plan_text(service("registry", "a", **COPIED), running=[stopped]) == [
        "registry-1: update, the move to b was not finished, and the inventory has a"
    ]


def test_the_registry_goes_after_everything_that_is_pulled_from_it() -> None:
    running = [replica("registry", volumes={"data": "v"}), replica("backend", 1, "a")]
    text = plan_text(
        service("registry", "b", **COPIED, moves_last=True), service("backend", "b"), running=running
    )
    assert [line.split(":")[0] for line in text] == ["backend-1", "registry-1"]


def test_a_front_door_answers_beside_its_successor_for_a_time() -> None:
    running = [replica("edge", volumes={"data": "v"}), replica("media", 1, "a")]
    text = plan_text(service("edge", "b", **OVERLAPPING), service("media", "b"), running=running)
    assert text == [
        "edge-2: move a → b, the inventory says so; both answer for a time",
        "media-1: move a → b, the inventory says so",
        "edge-1: remove from a, 30 s after its successor answers, since a left group edge; keeps volume v",
    ]


def test_an_overlap_that_was_killed_is_made_up_for() -> None:
    running = [replica("edge", 1, "a", volumes={"data": "v"}), replica("edge", 2, "b", volumes={"data": "w"})]
    assert plan_text(service("edge", "b", **OVERLAPPING), running=running) == [
        "edge-2: nothing to do",
        "edge-1: remove from a, 30 s after its successor answers, since a left group edge; keeps volume v",
    ]


def test_a_run_limited_to_one_service_does_not_move_it() -> None:
    running = [replica("registry", volumes={"data": "v"})]
    assert plan_text(service("registry", "b", **COPIED), running=running, only=["registry"]) == []


GUARDED = {"guard": {"service": "gateway", "look": ["look"], "make_safe": ["stop"]}}


def test_a_gateway_does_not_move_while_somebody_drives() -> None:
    gateway, running = service("gateway", "b", **GUARDED), [replica("gateway")]
    with pytest.raises(
        PlanRefused, match=r"gateway-1 is to move a → b while somebody drives aero \(PID\): wait"
    ):
        plan_text(gateway, running=running, driven={"aero": "PID"})
    assert plan_text(gateway, running=running, driven={"aero": "PID"}, move_while_driving=True) == [
        "gateway-1: move a → b, the inventory says so; stops aero (PID) first"
    ]
    assert plan_text(gateway, running=running, driven={}) == ["gateway-1: move a → b, the inventory says so"]


def test_only_moves_disturb_who_drives() -> None:
    text = plan_text(
        service("gateway", **GUARDED), running=[replica("gateway", image_tag="old")], driven={"aero": "PID"}
    )
    assert text == ["gateway-1: update, image old → new-image"]


def test_data_on_a_host_that_is_lost_is_not_begun_anew_behind_the_operators_back() -> None:
    lost = replica("database", volumes={"data": "v"}, lost=True)
    with pytest.raises(
        PlanRefused, match=r"database is on a alone, .* lab_allow_remove: \[database\] begins anew"
    ):
        plan_text(service("database", "b", **REPLICATED), running=[lost])


def test_with_permission_lost_data_is_begun_anew() -> None:
    lost = replica("database", volumes={"data": "v"}, lost=True)
    assert plan_text(service("database", "b", **REPLICATED), running=[lost], allow_remove=["database"]) == [
        "database-2: create on b, the inventory has b in group database",
        "database-1: remove from a, a is lost; keeps volume v there",
    ]


def test_a_service_without_data_leaves_a_host_that_is_lost() -> None:
    text = plan_text(service("backend", "b"), running=[replica("backend", lost=True)])
    assert text == ["backend-1: move a → b, the inventory says so"]


def holding(name: str, number: int, **more: Any) -> ObservedReplica:
    return replica(name, number, "a", volumes={"data": f"remlab-{name}-data-{number}-1"}, **more)


def test_a_host_without_room_for_what_moves_there_is_refused_with_what_it_needs() -> None:
    moved = [service("database", "b", **REPLICATED), service("registry", "b", **COPIED, moves_last=True)]
    running = [holding("database", 1, bytes=46_000_000), holding("registry", 1, bytes=1_100_000_000)]
    needed = 1_432_500_000
    with pytest.raises(PlanRefused) as refused:
        plan_text(*moved, running=running, free={"b": 900_000_000})
    assert str(refused.value) == (
        "b has no room for what moves there, database (46 MB), registry (1.1 GB): it needs 1.4 GB, a quarter "
        "more for what is written meanwhile, and has 900 MB free on the disk of its Docker Engine. Make room "
        "(docker system df, ./lab prune) or choose another host; no service was changed"
    )
    with pytest.raises(PlanRefused):
        plan_text(*moved, running=running, free={"b": needed - 1})
    assert len(plan_text(*moved, running=running, free={"b": needed})) == 2


@pytest.mark.parametrize(
    "running",
    [
        [holding("database", 1, bytes=9000, moving_to="b")],
        [holding("database", 1, bytes=9000), replica("database", 2, "b", copy_of="database-1")],
    ],
)
def test_a_move_that_was_begun_has_its_room_already(running: list[ObservedReplica]) -> None:
    assert plan_text(service("database", "b", **REPLICATED), running=running, free={"b": 1})


def leftover(name: str, number: int, host: str) -> Leftover:
    return Leftover(name, number, host, {"data": f"remlab-{name}-data-{number}-7"})


def test_a_service_that_the_swarm_lost_starts_over_the_data_that_was_found() -> None:
    assert plan_text(service("database", "b", **REPLICATED), taken=[leftover("database", 3, "b")]) == [
        "database-3: create on b, over its data that was found there (remlab-database-data-3-7)",
    ]


def test_front_doors_over_data_of_one_number_get_numbers_of_their_own() -> None:
    taken = [leftover("edge", 2, "b"), leftover("edge", 2, "c")]
    assert plan_text(service("edge", "a", "b", "c", **OVERLAPPING), taken=taken) == [
        "edge-1: create on a, the inventory has a in group edge",
        "edge-2: create on b, over its data that was found there (remlab-edge-data-2-7)",
        "edge-3: create on c, over its data that was found there (remlab-edge-data-2-7)",
    ]


def test_from_one_host_to_two_and_back() -> None:
    assert plan_text(service("backend", "a", "b"), running=[replica("backend", 1, "a")]) == [
        "backend-1: nothing to do",
        "backend-2: create on b, the inventory has b in group backend",
    ]
    running = [replica("backend", 1, "a"), replica("backend", 2, "b")]
    assert plan_text(service("backend", "b"), running=running) == [
        "backend-2: nothing to do",
        "backend-1: remove from a, a left group backend",
    ]


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
