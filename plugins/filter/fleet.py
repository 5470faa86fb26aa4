"""Filters of role fleet: from what the hosts said of themselves to what is to be done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Filters run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab import fleet, leftovers, new_swarm


def _reach(hostvars: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {host: fleet.reach_of(hostvars[host]) for host in hosts}


def _seen(
    hostvars: Mapping[str, Any], hosts: Sequence[str], asked: Mapping[str, Mapping[str, Any]], result: str
) -> dict[str, fleet.Seen]:
    answers = {host: hostvars[host].get(result, {}) for host in hosts} | dict(asked)
    return {host: fleet.seen_from(answer) for host, answer in answers.items()}


def _candidates(hostvars: Mapping[str, Any], hosts: Sequence[str], result: str) -> dict[str, dict[str, Any]]:
    """Former hosts that have to be asked before one can decide: host -> how it is reached."""
    return fleet.candidates(_seen(hostvars, hosts, {}, result), _reach(hostvars, hosts))


def _decision(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    *,
    managers: Sequence[str],
    project: str,
    asked: Mapping[str, Mapping[str, Any]],
    result: str,
    rebuild: Mapping[str, Any],
) -> dict[str, Any]:
    """See `fleet.Decision`.

    :param asked: former host -> what module lab_fleet_look returned there.
    :param result: name of the registered variable that holds the same for the inventory's hosts.
    """
    seen = _seen(hostvars, hosts, asked, result)
    return fleet.decide(seen, managers, _reach(hostvars, hosts), project, fleet.Rebuild(**rebuild)).as_dict()


def _unplaced(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    services: Mapping[str, Mapping[str, Any]],
    asked: Mapping[str, Mapping[str, Any]],
    result: str,
) -> list[str]:
    """Wanted services with data that run nowhere, so that data of theirs has to be looked for."""
    seen = _seen(hostvars, hosts, asked, result)
    placed = {name for one in seen.values() for name in one.placed}
    return sorted(set(leftovers.wanted(services)) - placed)


def _leftovers(hostvars: Mapping[str, Any], result: str) -> dict[str, dict[str, Any]]:
    """Host -> what module lab_leftovers told, of the hosts that were asked."""
    answers = {host: hostvars[host].get(result) or {} for host in hostvars}
    return {host: answer for host, answer in answers.items() if "volumes" in answer}


def _rebuild(
    answers: Mapping[str, Mapping[str, Any]],
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    *,
    services: Mapping[str, Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    first: str,
    said: Mapping[str, Any],
    result: str,
) -> dict[str, Any]:
    """See `new_swarm.rebuild`."""
    rebuild = new_swarm.rebuild(
        _seen(hostvars, hosts, {}, result),
        answers,
        services,
        declared,
        _reach(hostvars, hosts),
        first,
        new_swarm.Said(**said),
    )
    return asdict(rebuild)


def _mounted(hostvars: Mapping[str, Any], result: str) -> dict[str, str]:
    """Name -> value of the secrets that any host's containers have."""
    found: dict[str, str] = {}
    for host in hostvars:
        found |= (hostvars[host].get(result) or {}).get("secrets", {})
    return found


def _nodes(hostvars: Mapping[str, Any], hosts: Sequence[str], results: Sequence[str]) -> dict[str, str]:
    """Host -> node id, from the first of these registered variables that has one."""
    found = {}
    for host in hosts:
        answers = [hostvars[host].get(result) or {} for result in results]
        found[host] = next((one["node_id"] for one in answers if one.get("node_id")), "")
    return {host: node_id for host, node_id in found.items() if node_id}


def _node_labels(
    reach: Mapping[str, Mapping[str, Any]], nodes: Mapping[str, str], project: str
) -> dict[str, Any]:
    """Node id -> labels, for hosts whose node id is known."""
    return {
        node_id: fleet.labels_of(project, host, reach[host]) for host, node_id in nodes.items() if node_id
    }


def _former_managers(decision: Mapping[str, Any]) -> dict[str, str]:
    """Host -> node id of managers that left the inventory."""
    return {host: one["node_id"] for host, one in decision["former"].items() if one["role"] == "manager"}


def _after_cleaning(decision: Mapping[str, Any], hostvars: Mapping[str, Any], result: str) -> dict[str, Any]:
    """See `fleet.after_cleaning`; `result` is the registered variable of the former hosts."""
    return fleet.after_cleaning(
        decision, {host: hostvars[host].get(result, {}) for host in decision["former"]}
    )


def _leaving(decision: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Hosts on which a service runs that the inventory has elsewhere."""
    return sorted(
        {
            host
            for service, hosts in decision["placed"].items()
            for host in hosts
            if host not in groups.get(service, ())
        }
    )


def _arriving(decision: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Hosts on which the inventory has a service that runs on others only."""
    return sorted(
        {
            host
            for service, hosts in decision["placed"].items()
            for host in groups.get(service, ())
            if host not in hosts
        }
    )


def _free_bytes(hostvars: Mapping[str, Any], result: str) -> dict[str, int]:
    """Host -> bytes that are free, of the hosts that were asked."""
    answers = {host: hostvars[host].get(result) or {} for host in hostvars}
    return {host: answer["free_bytes"] for host, answer in answers.items() if "free_bytes" in answer}


def _volume_bytes(hostvars: Mapping[str, Any], result: str) -> dict[str, dict[str, int]]:
    """Host -> volume -> bytes, of the hosts that were asked; `result` is their registered variable."""
    answers = {host: hostvars[host].get(result) or {} for host in hostvars}
    return {host: answer["bytes"] for host, answer in answers.items() if "bytes" in answer}


class FilterModule:
    """The filters' names in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lab_fleet_leaving": _leaving,
            "lab_fleet_arriving": _arriving,
            "lab_fleet_free_bytes": _free_bytes,
            "lab_fleet_volume_bytes": _volume_bytes,
            "lab_fleet_candidates": _candidates,
            "lab_fleet_decision": _decision,
            "lab_fleet_unplaced": _unplaced,
            "lab_fleet_leftovers": _leftovers,
            "lab_fleet_rebuild": _rebuild,
            "lab_fleet_mounted": _mounted,
            "lab_fleet_after_cleaning": _after_cleaning,
            "lab_fleet_former_managers": _former_managers,
            "lab_fleet_nodes": _nodes,
            "lab_fleet_node_labels": _node_labels,
        }
