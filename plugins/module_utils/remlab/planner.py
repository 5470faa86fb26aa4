"""From what shall run and what runs to an ordered list of steps, each with its reason.

A pure function: the same inputs give the same steps and the same text, in check mode
and in earnest. Applying a step is the business of ``apply.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .state import DesiredService, Image, Observed, ObservedReplica

INSTALL, SWARM, MIGRATE, CREATE, UPDATE, MOVE, WAIT, REMOVE, KEEP = (
    "install",
    "swarm",
    "migrate",
    "create",
    "update",
    "move",
    "wait",
    "remove",
    "keep",
)


class PlanRefused(ValueError):
    """The inventory asks for something that would lose data or cannot be done; says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    kind: str
    service: str = ""
    number: int = 0
    host: str = ""
    reason: str = ""
    # Of a move: the host that it leaves.
    source: str = ""

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}" if self.number else self.service

    @property
    def changes(self) -> bool:
        return self.kind not in (KEEP, WAIT)

    def __str__(self) -> str:
        if self.kind == KEEP:
            return f"{self.name}: nothing to do"
        if self.kind == INSTALL:
            return f"{self.host}: install Docker Engine, {self.reason}"
        if self.kind == SWARM:
            return f"{self.host}: start a Swarm, {self.reason}"
        if self.kind == MOVE:
            return f"{self.name}: move {self.source} → {self.host}, {self.reason}"
        where = {CREATE: f" on {self.host}", REMOVE: f" from {self.host}"}.get(self.kind, "")
        return f"{self.name}: {self.kind}{where}, {self.reason}"


# Says in words in what a running replica differs from what is wanted; empty when in nothing.
Differ = Callable[[DesiredService, ObservedReplica], Sequence[str]]


def plan(
    desired: Mapping[str, DesiredService],
    observed: Observed,
    *,
    manager: str,
    order: Sequence[str],
    differ: Differ,
    allow_remove: Iterable[str] = (),
    only: Iterable[str] = (),
) -> list[Step]:
    """The steps that turn ``observed`` into ``desired``.

    :param manager: the host on which the Swarm is started when there is none.
    :param order: every service's name, each behind those it needs.
    :param differ: compares a wanted service with a running replica.
    :param allow_remove: services that hold data and may be removed nevertheless.
    :param only: looks at these services alone and removes nothing; empty means all.
    :raises PlanRefused: a step would lose data, or is not possible yet.
    """
    chosen = set(only) or {*order, *desired, *(replica.service for replica in observed.replicas)}
    steps = list(_foundation(observed, manager))
    for name in [*order, *sorted(set(desired) - set(order))]:
        if name in desired and name in chosen:
            steps += _steps_of(desired[name], observed.of(name), differ)
    if not only:
        steps += _removals(desired, observed, order, set(allow_remove))
    return steps


def _foundation(observed: Observed, manager: str) -> Iterable[Step]:
    if not observed.engine:
        yield Step(INSTALL, host=manager, reason="there is none")
    if not observed.swarm:
        yield Step(SWARM, host=manager, reason="this machine is in none")


def _steps_of(service: DesiredService, running: Sequence[ObservedReplica], differ: Differ) -> list[Step]:
    kept = [replica for replica in running if replica.host in service.hosts]
    left = [replica for replica in running if replica.host not in service.hosts]
    _refuse_leaving_data(service, left)
    taken = {replica.host for replica in kept}
    moves = list(zip(left, (host for host in service.hosts if host not in taken), strict=False))
    new = _numbered(service, running, taken | {host for _, host in moves})
    steps = [_step_for(service, replica, differ(service, replica)) for replica in kept]
    steps += [_move(service, replica, host, differ) for replica, host in moves]
    steps += [
        Step(CREATE, service.name, number, host, f"the inventory has {host} in group {service.name}")
        for number, host in new
    ]
    steps += [
        Step(REMOVE, service.name, replica.number, replica.host, f"{replica.host} left group {service.name}")
        for replica in left[len(moves) :]
    ]
    return _migration(service, running, new) + steps


def _refuse_leaving_data(service: DesiredService, left: Sequence[ObservedReplica]) -> None:
    if not left or not service.volumes:
        return
    places = ", ".join(replica.host for replica in left)
    raise PlanRefused(
        f"{service.name} holds data on {places}, and the inventory has it on {', '.join(service.hosts)}: "
        f"moving data from host to host is not possible yet; put {places} back into group {service.name}"
    )


def _move(service: DesiredService, replica: ObservedReplica, host: str, differ: Differ) -> Step:
    """The new task is healthy on its host before the old one is told to stop."""
    images = [word for word in differ(service, replica) if word.startswith("image ")]
    reason = ", ".join(["the inventory says so", *images])
    return Step(MOVE, service.name, replica.number, host, reason, replica.host)


def _numbered(
    service: DesiredService, running: Sequence[ObservedReplica], taken_hosts: set[str]
) -> list[tuple[int, str]]:
    """A free number for each host that has no replica yet; numbers in use keep their host."""
    used = {replica.number for replica in running}
    free = (number for number in range(1, len(used) + len(service.hosts) + 1) if number not in used)
    return [(next(free), host) for host in service.hosts if host not in taken_hosts]


def _step_for(service: DesiredService, replica: ObservedReplica, differences: Sequence[str]) -> Step:
    if differences:
        # Two containers can share neither a host's port nor a volume, so this one cannot overlap.
        gap = "; stops before it starts again" if service.spec["update_order"] == "stop-first" else ""
        return Step(UPDATE, service.name, replica.number, replica.host, ", ".join(differences) + gap)
    if not replica.converged:
        return Step(WAIT, service.name, replica.number, replica.host, "it is not running yet")
    return Step(KEEP, service.name, replica.number, replica.host)


def _migration(
    service: DesiredService, running: Sequence[ObservedReplica], new: Sequence[tuple[int, str]]
) -> list[Step]:
    """The schema is migrated once, before the first replica of another image starts."""
    if not service.migrates:
        return []
    older = sorted({replica.image_tag for replica in running} - {service.image.tag})
    if older:
        reason = f"before image {' and '.join(Image(tag).short for tag in older)} → {service.image.short}"
        return [Step(MIGRATE, service.name, reason=reason)]
    if new and not running:
        return [Step(MIGRATE, service.name, reason="before its first start")]
    return []


def _removals(
    desired: Mapping[str, DesiredService], observed: Observed, order: Sequence[str], allowed: set[str]
) -> list[Step]:
    unwanted = [replica for replica in observed.replicas if replica.service not in desired]
    holding = sorted({r.service for r in unwanted if r.volumes and r.service not in allowed})
    if holding:
        names = ", ".join(holding)
        raise PlanRefused(
            f"no host is in group {names}, and {names} holds data; put a host into the group, "
            f"or set lab_allow_remove: [{names}] (the data stays on the host as a volume)"
        )
    position = {name: index for index, name in enumerate(order)}
    unwanted.sort(key=lambda replica: (-position.get(replica.service, len(order)), replica.name))
    return [
        Step(REMOVE, r.service, r.number, r.host, f"no host is in group {r.service}" + _kept(r))
        for r in unwanted
    ]


def _kept(replica: ObservedReplica) -> str:
    return f"; keeps volume {', '.join(sorted(replica.volumes.values()))}" if replica.volumes else ""


def text(steps: Sequence[Step]) -> str:
    """The plan as the operator reads it, one step a line."""
    return "\n".join(str(step) for step in steps)
