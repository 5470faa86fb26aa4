"""Filter that turns the service files' routes into the front door's configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

# Filters run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab.front_door import FrontDoorError, front_door
from remlab.front_door_caddyfile import caddyfile


def _caddyfile(services: Mapping[str, Mapping[str, Any]], **settings: str) -> str:
    try:
        return caddyfile(front_door(services, **settings))
    except FrontDoorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter's name in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"front_door_caddyfile": _caddyfile}
