"""What of ours runs, read from the Swarm in a few calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .engine import Engine
from .state import Observed, ObservedReplica, Retired

# On a service that was stopped to be copied: the host where it goes.
MOVING_TO = "remlab.moving-to"
# On a database that follows another one: the name of that one.
MOVE = "remlab.move"
# On a Swarm config object, which all managers know: a volume that was left behind.
RETIRED = "remlab.retired"

# States of a task that has ended or is about to.
_ENDED = ("complete", "failed", "rejected", "shutdown", "orphaned", "remove")


def observe(engine: Engine) -> Observed:
    """Reads services, tasks, nodes and retired volumes; a request each."""
    if engine.swarm().get("LocalNodeState") != "active":
        return Observed(engine=True)
    services = [service for service in engine.services() if "remlab.service" in service["Spec"]["Labels"]]
    tasks = engine.tasks()
    nodes = engine.nodes()
    answering = {
        (node["Spec"].get("Labels") or {}).get("remlab.host")
        for node in nodes
        if node["Status"]["State"] != "down"
    }
    lost = frozenset(node["ID"] for node in nodes if node["Status"]["State"] == "down")
    replicas = [_replica(service, tasks, lost, answering) for service in services]
    return Observed(
        engine=True,
        swarm=True,
        replicas=tuple(sorted(replicas, key=lambda r: r.name)),
        retired=retired(engine),
    )


def retired(engine: Engine) -> tuple[Retired, ...]:
    """The volumes that were left behind, the oldest first."""
    found = [
        Retired(
            labels[RETIRED],
            labels["remlab.host"],
            labels["remlab.service"],
            labels["remlab.since"],
            one["ID"],
        )
        for one in engine.configs()
        if RETIRED in (labels := one["Spec"]["Labels"])
    ]
    return tuple(sorted(found, key=lambda one: (one.since, one.volume)))


def _replica(
    service: Mapping[str, Any],
    tasks: Sequence[Mapping[str, Any]],
    lost: Collection[str],
    answering: Collection[str | None],
) -> ObservedReplica:
    spec = service["Spec"]
    labels = spec["Labels"]
    return ObservedReplica(
        service=labels["remlab.service"],
        number=int(labels["remlab.replica"]),
        host=labels["remlab.host"],
        image_tag=labels.get("remlab.image-tag", ""),
        engine_spec=spec,
        volumes=_volumes(spec),
        converged=converged(service, [task for task in tasks if task["ServiceID"] == service["ID"]], lost),
        lost=labels["remlab.host"] not in answering,
        wanted=spec["Mode"]["Replicated"]["Replicas"],
        copy_of=labels.get(MOVE, ""),
        moving_to=labels.get(MOVING_TO, ""),
    )


def _volumes(spec: Mapping[str, Any]) -> dict[str, str]:
    mounts = spec["TaskTemplate"]["ContainerSpec"].get("Mounts") or []
    return {
        mount["VolumeOptions"]["Labels"]["remlab.volume"]: mount["Source"]
        for mount in mounts
        if mount["Type"] == "volume"
    }


def converged(
    service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], lost: Collection[str] = ()
) -> bool:
    """Whether every wanted task of the current version runs, and no older one does.

    A task with a health check is ``running`` only once it is healthy.

    :param lost: ids of nodes that do not answer; the Swarm keeps their tasks as running for a day.
    """
    current, older = _split(service, [task for task in tasks if task.get("NodeID") not in lost])
    wanted = service["Spec"]["Mode"]["Replicated"]["Replicas"]
    running = [task for task in current if task["Status"]["State"] == "running"]
    # One that starts beside one that runs will replace it: the engine is not done yet.
    return len(current) == len(running) == wanted and not older


def _split(
    service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    template = service["Spec"]["TaskTemplate"]
    alive = [task for task in tasks if task["Status"]["State"] not in _ENDED]
    current = [task for task in alive if _same(task["Spec"], template) and task["DesiredState"] == "running"]
    return current, [task for task in alive if task not in current]


def _same(task_spec: Mapping[str, Any], template: Mapping[str, Any]) -> bool:
    keys = ("ContainerSpec", "Resources", "Placement", "Networks", "ForceUpdate", "LogDriver")
    return all((task_spec.get(key) or None) == (template.get(key) or None) for key in keys)


def ended(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Tasks that ended by themselves.

    One that is stopped for being unhealthy and takes that in good order is ``complete``, not ``failed``.
    """
    return [task for task in tasks if task["Status"]["State"] in ("failed", "rejected", "complete")]


def last_failure(tasks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The task that ended last, if one did."""
    return max(ended(tasks), key=lambda task: str(task["Status"]["Timestamp"]), default=None)
