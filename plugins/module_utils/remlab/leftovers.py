"""Data that lies on hosts while no service of the Swarm names it: which of it is a service's own.

After its manager was lost, or after a teardown that kept the data, nobody knows any more which
volume is the current one and which was left behind by a move. What a container had in use when
the Swarm was lost is current for certain. Everything else is the operator's to decide, since an
older copy would be taken for the truth without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .state import Leftover, Observed


@dataclass(frozen=True)
class Wanted:
    """A service with data, as the inventory and its file want it."""

    name: str
    hosts: tuple[str, ...]
    volumes: tuple[str, ...]
    # As many hosts as one likes may have data of it, each its own.
    several: bool = False


@dataclass(frozen=True)
class Choice:
    """What a service starts on."""

    taken: tuple[Leftover, ...] = ()
    # Never to be mounted again.
    others: tuple[Leftover, ...] = ()
    # Says why nothing was chosen and what decides; empty if something was.
    error: str = ""


def wanted(services: Mapping[str, Mapping[str, Any]]) -> dict[str, Wanted]:
    """Those with data.

    :param services: service -> {hosts, spec}.
    """
    return {
        name: Wanted(
            name,
            tuple(one["hosts"]),
            tuple(volume["name"] for volume in one["spec"]["volumes"]),
            several=one["spec"]["moves_by"] == "overlap",
        )
        for name, one in services.items()
        if one["spec"]["volumes"]
    }


def leftovers(
    answers: Mapping[str, Mapping[str, Any]], service: Wanted, retired: Iterable[tuple[str, str]] = ()
) -> list[Leftover]:
    """The volumes of a service, those together that were one replica's.

    :param answers: host -> what module lab_leftovers returned there.
    :param retired: host and volume of what is known to have been left behind.
    """
    gone = set(retired)
    groups: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for host, answer in answers.items():
        for volume in answer["volumes"]:
            if volume["service"] == service.name and (host, volume["name"]) not in gone:
                groups.setdefault((host, *_numbers(volume["name"])), []).append(volume)
    return [
        Leftover(
            service=service.name,
            number=number,
            host=host,
            volumes={volume["volume"]: volume["name"] for volume in its},
            made=min(volume["made"] for volume in its),
            written=max(volume["written"] for volume in its),
            used=any(volume["used"] for volume in its),
            unfinished=any(volume["unfinished"] for volume in its)
            or {volume["volume"] for volume in its} != set(service.volumes),
        )
        for (host, number, _), its in sorted(groups.items())
    ]


def _numbers(name: str) -> tuple[int, int]:
    """The replica and the generation in a volume's name."""
    *_, number, generation = f"--{name}".split("-")
    return (int(number), int(generation)) if number.isdigit() and generation.isdigit() else (1, 0)


def with_data(
    observed: Observed,
    services: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, Mapping[str, Any]],
    *,
    adopt: Mapping[str, str],
    allow_remove: Sequence[str],
    lost: bool,
) -> tuple[Observed, list[str]]:
    """What the Swarm knows, with the data on which services start that it does not have; and what is unclear."""
    retired = [(one.host, one.volume) for one in observed.retired]
    choices = [
        choose(
            service,
            leftovers(answers, service, retired),
            adopt=adopt.get(service.name, ""),
            may_begin_anew=service.name in allow_remove,
            lost=lost,
        )
        for service in wanted(services).values()
        if not observed.of(service.name)
    ]
    found = replace(
        observed,
        taken=tuple(one for choice in choices for one in choice.taken),
        others=tuple(one for choice in choices for one in choice.others),
    )
    return found, [choice.error for choice in choices if choice.error]


def choose(
    service: Wanted,
    found: Sequence[Leftover],
    *,
    adopt: str = "",
    may_begin_anew: bool = False,
    lost: bool = False,
) -> Choice:
    """What a service that the Swarm does not have starts on.

    :param adopt: host/volume that the operator named.
    :param may_begin_anew: the operator allows to lose what nobody uses.
    :param lost: the Swarm was lost with a host, so that what is found may be an older copy.
    """
    if adopt:
        named = [one for one in found if adopt in {f"{one.host}/{name}" for name in one.volumes.values()}]
        if not named or named[0].unfinished:
            return Choice(error=_unfit(service, found, adopt, named))
        return _here(service, found, named)
    usable = [one for one in found if not one.unfinished]
    used = [one for one in usable if one.used]
    if not used and not lost and usable == list(found):
        # Nothing was lost and there is nothing to choose between.
        used = usable
    if not used and may_begin_anew:
        return Choice(others=tuple(found))
    if not used and not found:
        return Choice(error=_nowhere(service) if lost else "")
    if not used or len(used) > len({one.host for one in used}) or (len(used) > 1 and not service.several):
        return Choice(error=_doubt(service, found, used))
    return _here(service, found, used)


def _here(service: Wanted, found: Sequence[Leftover], chosen: Sequence[Leftover]) -> Choice:
    """A run that builds a Swarm anew moves nothing: that needs two hosts that are well."""
    here = [one for one in chosen if one.host in service.hosts]
    if not here:
        places = ", ".join(f"{one.host} ({_names(one)})" for one in chosen)
        first = chosen[0].host
        return Choice(
            error=f"the data of {service.name} is on {places}, and the inventory has it on "
            f"{', '.join(service.hosts)}: put {first} into group {service.name} and run; move it in a later run"
        )
    return Choice(tuple(here), tuple(one for one in found if one not in here))


def _names(one: Leftover) -> str:
    return ", ".join(sorted(one.volumes.values()))


def _nowhere(service: Wanted) -> str:
    return (
        f"the data of {service.name} is on none of the inventory's hosts: whichever had it is lost or was taken out. "
        f"Put that host back if it still answers. If the data is gone for good, lab_allow_remove: [{service.name}] "
        "begins anew without it"
    )


def _doubt(service: Wanted, found: Sequence[Leftover], used: Sequence[Leftover]) -> str:
    why = "more than one is in use" if used else "no container has any of it in use"
    likely = max(found, key=lambda one: (not one.unfinished, one.used, one.written))
    example = f"{likely.host}/{sorted(likely.volumes.values())[0]}"
    return (
        f"which data of {service.name} is the current one cannot be told, since {why}:\n{_list(found)}\n"
        f"  Say which: lab_adopt: {{{service.name}: {example}}} (the others are kept as retired); "
        f"lab_allow_remove: [{service.name}] begins anew where none is in use"
    )


def _unfit(service: Wanted, found: Sequence[Leftover], adopt: str, named: Sequence[Leftover]) -> str:
    if named:
        return f"lab_adopt names {adopt} for {service.name}, which is a copy that was not ended, and no data to start on"
    there = f"there is\n{_list(found)}" if found else f"no host of the inventory has data of {service.name}"
    return f"lab_adopt names {adopt} for {service.name}, which was not found; {there}"


def _list(found: Sequence[Leftover]) -> str:
    return "\n".join(f"  {one.host}: {_names(one)}, {_told(one)}" for one in found)


def _told(one: Leftover) -> str:
    told = f"made {one.made}, last written {one.written}"
    if one.used:
        told += ", in use"
    return f"{told}, not whole: a copy that was not ended" if one.unfinished else told
