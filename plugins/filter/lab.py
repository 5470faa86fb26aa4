"""Filters that turn the inventory and the service files into what the roles work with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Filters run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab import placement, service_files


def _explained(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except service_files.ServiceFileError as error:
            raise AnsibleFilterError(str(error)) from error

    return wrapper


def _ports(specs: dict[str, Any], scope: str) -> list[int]:
    return sorted({port["published"] for spec in specs.values() for port in spec["ports"] if port["scope"] == scope})


class FilterModule:
    """The filters' names in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lab_service_specs": _explained(service_files.service_specs),
            "lab_services_in_order": _explained(service_files.in_order),
            "lab_placement": _explained(placement.placement),
            "lab_ports": _ports,
        }
