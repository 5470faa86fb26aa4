"""A service that never gets healthy, for tests of what happens then."""

from __future__ import annotations

from typing import Any

import yaml

from tests.bad_input.playbooks import ROOT

SERVICE_FILES = ROOT / "roles/lab_services/defaults/main"


def unhealthy(service: str) -> dict[str, Any]:
    """A service file whose health check never succeeds."""
    name = f"lab_service_{service}"
    spec = yaml.safe_load((SERVICE_FILES / f"{service}.yml").read_text(encoding="utf-8"))[name]
    never = {"command": ["false"], "interval_seconds": 1, "retries": 2, "start_period_seconds": 1}
    return {name: spec | {"health": never}}
