"""Filters of role preflight: what was found out about all hosts, as sentences."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Filters run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab import doctor, fleet_check, inventory_check


def _unreachable(
    hostvars: Mapping[str, Any], hosts: Sequence[str], result: str, managers: Sequence[str]
) -> list[str]:
    """Sentences about hosts whose result `result` (a registered variable) says that they were not asked."""
    answers = {host: hostvars[host].get(result, {}) for host in hosts}
    return fleet_check.unreachable(answers, hostvars) + fleet_check.lost_managers(answers, managers)


def _machines(
    hostvars: Mapping[str, Any], hosts: Sequence[str], addresses: Mapping[str, str], result: str
) -> dict[str, Any]:
    """host → machine_id, hostname, architecture, clock_seconds, address, doctor_passed and faults."""
    found = {}
    for host in hosts:
        known = hostvars[host][result]
        found[host] = {
            **known["machine"],
            "address": addresses.get(host, ""),
            "doctor_passed": known["doctor_passed"],
            "faults": list(known["faults"]),
        }
    return found


def _machine_faults(machines: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [fault for its in machines.values() for fault in its["faults"]] + fleet_check.faults(machines)


def _doctor_due(machines: Mapping[str, Mapping[str, Any]], fingerprint: str) -> bool:
    """Whether there are pairs to look at that were not found well before."""
    return len(machines) > 1 and any(its["doctor_passed"] != fingerprint for its in machines.values())


def _doctor_faults(
    hostvars: Mapping[str, Any], machines: Mapping[str, Mapping[str, Any]], checks: Sequence[str], result: str
) -> list[str]:
    results = {host: hostvars[host][result]["probe"] for host in machines}
    return doctor.faults(results, {host: its["address"] for host, its in machines.items()}, checks)


class FilterModule:
    """The filters' names in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lab_inventory_mistakes": inventory_check.mistakes,
            "lab_unreachable": _unreachable,
            "lab_machines": _machines,
            "lab_machine_faults": _machine_faults,
            "lab_doctor_checks": doctor.checks,
            "lab_doctor_fingerprint": doctor.fingerprint,
            "lab_doctor_due": _doctor_due,
            "lab_doctor_faults": _doctor_faults,
            "lab_doctor_report": doctor.report,
        }
