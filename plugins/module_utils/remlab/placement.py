"""From the inventory's groups to what runs where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .service_files import FOLDER, ServiceFileError

# Groups without which nothing can be deployed.
REQUIRED_GROUPS = ("manager", "builder", "registry", "edge")

# Groups that name hosts for other purposes than running a service.
OTHER_GROUPS = ("manager", "builder", "all", "ungrouped")


def placement(services: Sequence[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Which hosts run which service.

    :param services: names of the service files.
    :param groups: the inventory's groups, group -> host names.
    :returns: service -> host names in the inventory's order; services without a host are left out.
    :raises ServiceFileError: a required group is empty, managers are even, a group's name is misspelt.
    """
    found = mistakes(services, groups)
    if found:
        raise ServiceFileError("\n".join(found))
    return {name: list(groups[name]) for name in sorted(services) if groups.get(name)}


def mistakes(services: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """One sentence for each mistake in the inventory's groups."""
    return [*_missing(groups), *_even_managers(groups), *_misspelt(services, groups)]


def _missing(groups: Mapping[str, Sequence[str]]) -> list[str]:
    return [
        f"inventory: group '{name}' has no host; put the machine that shall be the {name} into it"
        for name in REQUIRED_GROUPS
        if not groups.get(name)
    ]


def _even_managers(groups: Mapping[str, Sequence[str]]) -> list[str]:
    count = len(groups.get("manager", []))
    if count == 0 or count % 2:
        return []
    return [
        f"inventory: group 'manager' has {count} hosts; a Swarm needs an odd number (1, 3 or 5), "
        "since half of them cannot outvote the other half"
    ]


def _misspelt(services: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    known = [*services, "manager", "builder"]
    found = []
    for name in sorted(groups):
        if name in known or name in OTHER_GROUPS or not groups[name]:
            continue
        near = [other for other in known if _letters_apart(name, other) <= 2]
        if near:
            found.append(
                f"inventory: group '{name}' has hosts ({', '.join(groups[name])}) but there is no service "
                f"file {FOLDER}/{name}.yml; did you mean '{near[0]}'?"
            )
    return found


def _letters_apart(one: str, other: str) -> int:
    """How many letters have to be changed, added or left out (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        previous, row[0] = row[0], i
        for j, its in enumerate(other, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (letter != its))
    return row[-1]
