"""From what shall run and what runs to an ordered list of steps, each with its reason.

A pure function: the same inputs give the same steps and the same text, in check mode
and in earnest. Applying a step is the business of ``apply.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .state import DesiredService, Image, Leftover, Observed, ObservedReplica

INSTALL, SWARM, MIGRATE, CREATE, UPDATE, MOVE, UNDO, WAIT, REMOVE, KEEP = (
    "install",
    "swarm",
    "migrate",
    "create",
    "update",
    "move",
    "undo",
    "wait",
    "remove",
    "keep",
)


_SAYS = "the inventory says so"
# Of what is copied, for what the service writes meanwhile.
_ROOM = 1.25


class PlanRefused(ValueError):
    """The inventory asks for something that would lose data or cannot be done; says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing to do."""

    kind: str
    service: str = ""
    # Of the replica; of a move that makes a new one, of that.
    number: int = 0
    host: str = ""
    reason: str = ""
    # Of a move: the host that it leaves; empty where only the end of a move is left to do.
    source: str = ""
    # Of a removal: a successor has taken over, and this one stays for the service's overlap.
    overlaps: bool = False

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
        if self.kind == MOVE and not self.source:
            return f"{self.name}: finish the move to {self.host}, {self.reason}"
        if self.kind == MOVE:
            return f"{self.name}: move {self.source} → {self.host}, {self.reason}"
        if self.kind == UNDO:
            return f"{self.name}: give up the move {self.source} → {self.host}, {self.reason}"
        where = {CREATE: f" on {self.host}", REMOVE: f" from {self.host}"}.get(self.kind, "")
        return f"{self.name}: {self.kind}{where}, {self.reason}"


class StepFailed(RuntimeError):
    """A step did not come true; explains what was seen and what to try."""


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
    driven: Mapping[str, str] | None = None,
    move_while_driving: bool = False,
) -> list[Step]:
    """The steps that turn ``observed`` into ``desired``.

    :param manager: the host on which the Swarm is started when there is none.
    :param order: every service's name, each behind those it needs.
    :param differ: compares a wanted service with a running replica.
    :param allow_remove: services that hold data and may be removed nevertheless.
    :param driven: device -> how it is driven, where a guard was asked.
    :param move_while_driving: whether a guarded service moves nevertheless; the devices are made safe first.
    :param only: looks at these services alone and neither moves nor removes any; empty means all.
    :raises PlanRefused: a step would lose data, or is not possible yet.
    """
    chosen = set(only) or {*order, *desired, *(replica.service for replica in observed.replicas)}
    names = [
        name for name in [*order, *sorted(set(desired) - set(order))] if name in desired and name in chosen
    ]
    allowed = set(allow_remove)
    steps, later, last = list(_foundation(observed, manager)), [], []
    for name in names:
        _refuse_two_writers(desired[name])
        taken = [one for one in observed.taken if one.service == name]
        for step in _steps_of(desired[name], observed.of(name), differ, name in allowed, taken):
            if step.kind == MOVE and driven and desired[name].spec["guard"]:
                step = _guarded(step, driven, allowed=move_while_driving)
            if step.overlaps:
                last.append(step)
            elif step.kind == MOVE and desired[name].spec["moves_last"]:
                later.append(step)
            else:
                steps.append(step)
    if only:
        return [step for step in steps if step.kind not in (MOVE, UNDO, REMOVE)]
    _refuse_full_hosts([*steps, *later], observed)
    return [*steps, *later, *last, *_removals(desired, observed, order, allowed)]


def _foundation(observed: Observed, manager: str) -> Iterable[Step]:
    if not observed.engine:
        yield Step(INSTALL, host=manager, reason="there is none")
    if not observed.swarm:
        yield Step(SWARM, host=manager, reason="this machine is in none")


def _refuse_two_writers(service: DesiredService) -> None:
    if len(service.hosts) < 2 or not service.volumes or service.way == "overlap":
        return
    raise PlanRefused(
        f"{service.name} holds data, which only one host can have, and the inventory has "
        f"{len(service.hosts)} in group {service.name} ({', '.join(service.hosts)}): leave one of them there"
    )


def _steps_of(
    service: DesiredService,
    running: Sequence[ObservedReplica],
    differ: Differ,
    may_lose: bool,
    taken_data: Sequence[Leftover] = (),
) -> list[Step]:
    copy = next((replica for replica in running if replica.copy_of), None)
    finish: list[Step] = []
    if copy is not None:
        old = next((replica for replica in running if replica.name == copy.copy_of), None)
        if old is not None:
            return [_unfinished(service, old, copy)]
        finish = [
            Step(
                MOVE,
                service.name,
                copy.number,
                copy.host,
                "an earlier run was ended when it was all but done",
            )
        ]
    kept = [replica for replica in running if replica.host in service.hosts]
    left = [replica for replica in running if replica.host not in service.hosts]
    taken = {replica.host for replica in kept}
    free_hosts = [host for host in service.hosts if host not in taken]
    numbers = _free_numbers([*running, *taken_data])
    lost = [replica for replica in left if replica.lost and service.volumes]
    _refuse_lost_data(service, lost, may_lose)
    left = [replica for replica in left if replica not in lost]
    pairs = list(zip(left, free_hosts, strict=False))
    surplus = left[len(pairs) :]
    _refuse_leaving_data(service, left, surplus)
    moves = [step for replica, host in pairs for step in _move(service, replica, host, numbers, differ)]
    new = free_hosts[len(pairs) :]
    steps = [_step_for(service, replica, differ(service, replica)) for replica in kept]
    steps += moves
    steps += [_create(service, host, numbers, taken_data) for host in new]
    steps += [_surplus(service, replica) for replica in surplus]
    steps += [
        Step(
            REMOVE,
            service.name,
            replica.number,
            replica.host,
            f"{replica.host} is lost{_kept(replica)} there",
        )
        for replica in lost
    ]
    return finish + _migration(service, running, bool(new)) + steps


def _create(
    service: DesiredService, host: str, numbers: Iterator[int], taken_data: Sequence[Leftover]
) -> Step:
    data = next((one for one in taken_data if one.host == host), None)
    if data is not None:
        # Two hosts that took a service over from each other may have data of one number.
        first = next(one for one in taken_data if one.number == data.number)
        number = data.number if first is data else next(numbers)
        names = ", ".join(sorted(data.volumes.values()))
        return Step(CREATE, service.name, number, host, f"over its data that was found there ({names})")
    return Step(
        CREATE, service.name, next(numbers), host, f"the inventory has {host} in group {service.name}"
    )


def _unfinished(service: DesiredService, old: ObservedReplica, copy: ObservedReplica) -> Step:
    """What an earlier run began is ended before anything else happens to the service."""
    if copy.host in service.hosts:
        reason = "an earlier run began it"
        return Step(MOVE, service.name, copy.number, copy.host, reason, old.host)
    if old.host in service.hosts:
        reason = f"the inventory has {old.host} in group {service.name}"
        return Step(UNDO, service.name, copy.number, copy.host, reason, old.host)
    raise PlanRefused(
        f"{service.name} is on its way from {old.host} to {copy.host}, and the inventory has it on "
        f"{', '.join(service.hosts)}: run once with {copy.host} (to finish) or {old.host} (to give it up) in group "
        f"{service.name}, then move it on"
    )


def _refuse_lost_data(service: DesiredService, lost: Sequence[ObservedReplica], may_lose: bool) -> None:
    if not lost or may_lose:
        return
    places = ", ".join(replica.host for replica in lost)
    raise PlanRefused(
        f"the data of {service.name} is on {places} alone, which does not answer the Swarm: get it back and run again. "
        f"If it is gone for good, lab_allow_remove: [{service.name}] begins anew without that data"
    )


def _refuse_leaving_data(
    service: DesiredService, left: Sequence[ObservedReplica], surplus: Sequence[ObservedReplica]
) -> None:
    if not left or not service.volumes:
        return
    places = ", ".join(replica.host for replica in left)
    if not service.way:
        raise PlanRefused(
            f"{service.name} holds data on {places}, and the inventory has it on {', '.join(service.hosts)}: its "
            f"service file does not say how its data moves (moves_by); put {places} back into group {service.name}"
        )
    if surplus and service.way != "overlap":
        raise PlanRefused(
            f"{service.name} holds data on {places} and on {', '.join(service.hosts)} too, and they cannot become one: "
            f"look which is wanted, and remove the other (docker service rm) on a manager"
        )


def _refuse_full_hosts(steps: Sequence[Step], observed: Observed) -> None:
    """A copy that finds no room would be given up half-way, and by then fills the disk of all that run there."""
    arriving: dict[str, list[ObservedReplica]] = {}
    for step in steps:
        if step.kind == MOVE and step.source and step.host in observed.free:
            running = observed.of(step.service)
            old = next(one for one in running if one.host == step.source)
            # Of a move that was begun, part of the copy is there already.
            if old.volumes and old.moving_to != step.host and not any(one.copy_of for one in running):
                arriving.setdefault(step.host, []).append(old)
    full = []
    for host, its in sorted(arriving.items()):
        needed = _ROOM * sum(one.bytes for one in its)
        if needed > observed.free[host]:
            names = ", ".join(f"{one.service} ({_size(one.bytes)})" for one in its)
            full.append(
                f"{host} has no room for what moves there, {names}: it needs {_size(needed)}, a quarter more for what is "
                f"written meanwhile, and has {_size(observed.free[host])} free on the disk of its Docker Engine. Make "
                "room (docker system df, ./lab prune) or choose another host; no service was changed"
            )
    if full:
        raise PlanRefused("\n".join(full))


def _move(
    service: DesiredService, replica: ObservedReplica, host: str, numbers: Iterator[int], differ: Differ
) -> list[Step]:
    words = differ(service, replica)
    if service.way == "postgresql":
        # The old server keeps what the copy lacks, so it has to be as new as the copy.
        update = [_step_for(service, replica, words)] if words else []
        pause = f"; {_copies(replica)}requests wait about 2 s{_pauses(service)}"
        return [*update, Step(MOVE, service.name, next(numbers), host, _SAYS + pause, replica.host)]
    reason = ", ".join([_SAYS, *(word for word in words if word.startswith("image "))])
    if service.way == "overlap":
        number = next(numbers)
        return [
            Step(
                MOVE,
                service.name,
                number,
                host,
                f"{reason}; {_copies(replica)}both answer for a time",
                replica.host,
            ),
            _surplus(service, replica),
        ]
    if service.way == "copy":
        reason += f"; {_copies(replica)}the most while it runs, then it stops until the rest is there{_pauses(service)}"
    # Without data the new task is healthy on its host before the old one is told to stop.
    return [Step(MOVE, service.name, replica.number, host, reason, replica.host)]


def _guarded(step: Step, driven: Mapping[str, str], *, allowed: bool) -> Step:
    devices = ", ".join(f"{device} ({how})" for device, how in sorted(driven.items()))
    if not allowed:
        raise PlanRefused(
            f"{step.name} is to move {step.source} → {step.host} while somebody drives {devices}: wait until that has "
            "ended, or set lab_move_while_driving: true, and they are stopped first"
        )
    return replace(step, reason=f"{step.reason}; stops {devices} first")


def _copies(replica: ObservedReplica) -> str:
    return f"copies {_size(replica.bytes)}, " if replica.bytes else ""


def _size(number: float) -> str:
    """In words of three digits at most: 812 kB, 45 MB, 1.1 GB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 9.95 or unit == "B" else f"{number:.1f} {unit}"


def _pauses(service: DesiredService) -> str:
    return f", {', '.join(service.spec['pauses'])} pauses" if service.spec["pauses"] else ""


def _surplus(service: DesiredService, replica: ObservedReplica) -> Step:
    overlap = service.spec["overlap_seconds"] if service.way == "overlap" else 0
    reason = f"{replica.host} left group {service.name}{_kept(replica)}"
    if overlap:
        reason = f"{overlap} s after its successor answers, since {reason}"
    return Step(REMOVE, service.name, replica.number, replica.host, reason, overlaps=service.way == "overlap")


def _free_numbers(running: Sequence[ObservedReplica | Leftover]) -> Iterator[int]:
    """Numbers in use keep their host."""
    used = {replica.number for replica in running}
    return (number for number in itertools.count(1) if number not in used)


def _step_for(service: DesiredService, replica: ObservedReplica, differences: Sequence[str]) -> Step:
    if replica.moving_to:
        reason = f"the move to {replica.moving_to} was not finished, and the inventory has {replica.host}"
        return Step(UPDATE, service.name, replica.number, replica.host, reason)
    if differences:
        # Two containers can share neither a host's port nor a volume, so this one cannot overlap.
        gap = "; stops before it starts again" if service.spec["update_order"] == "stop-first" else ""
        return Step(UPDATE, service.name, replica.number, replica.host, ", ".join(differences) + gap)
    if not replica.converged:
        return Step(WAIT, service.name, replica.number, replica.host, "it is not running yet")
    return Step(KEEP, service.name, replica.number, replica.host)


def _migration(service: DesiredService, running: Sequence[ObservedReplica], new: bool) -> list[Step]:
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
