"""Filters that turn the inventory and the service files into what the roles work with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Filters run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab import placement, service_files, site_settings


def _explained(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except service_files.ServiceFileError as error:
            raise AnsibleFilterError(str(error)) from error

    return wrapper


def _ports(specs: dict[str, Any], scope: str) -> list[int]:
    return sorted(
        {port["published"] for spec in specs.values() for port in spec["ports"] if port["scope"] == scope}
    )


def _host_ports(placed: dict[str, list[str]], specs: dict[str, Any], host: str) -> list[int]:
    """Ports that services publish on one host."""
    here = [specs[name] for name, hosts in placed.items() if host in hosts]
    return sorted({port["published"] for spec in here for port in spec["ports"]})


def _stack_services(
    placed: dict[str, list[str]], specs: dict[str, Any], images: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """What module lab_stack takes: service -> {hosts, image, spec}."""
    return {
        name: {"hosts": hosts, "image": images.get(name) or {"tag": "", "reference": ""}, "spec": specs[name]}
        for name, hosts in placed.items()
    }


def _addresses(hostvars: Mapping[str, Any], hosts: Sequence[str]) -> dict[str, str]:
    """IPv4 address of each host for the Swarm: the operator's, or that of the default route."""
    found = {}
    for host in hosts:
        facts = hostvars[host].get("ansible_facts", {})
        default = facts.get("default_ipv4", {}).get("address", "")
        found[host] = hostvars[host].get("lab_swarm_address") or default
    return found


def _mistakes(raw: dict[str, Any], groups: Mapping[str, Sequence[str]]) -> list[str]:
    return service_files.mistakes(raw) + placement.mistakes(list(raw), groups)


class FilterModule:
    """The filters' names in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lab_service_specs": _explained(service_files.service_specs),
            "lab_services_in_order": _explained(service_files.in_order),
            "lab_placement": _explained(placement.placement),
            "lab_mistakes": _mistakes,
            "lab_addresses": _addresses,
            "lab_ports": _ports,
            "lab_setting_mistakes": site_settings.mistakes,
            "lab_host_ports": _host_ports,
            "lab_stack_services": _stack_services,
        }
