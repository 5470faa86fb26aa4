"""What is asked and done before a service moves on which driven devices depend (key `guard`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import jobs
from .engine_spec import Surroundings, one_shot_spec
from .state import DesiredService, Observed


def job(
    service: DesiredService,
    verb: str,
    desired: Mapping[str, DesiredService],
    observed: Observed,
    around: Surroundings,
) -> dict[str, Any] | None:
    """The job that does one of the guard's verbs (`look`, `make_safe`); None where the one that is asked does not run.

    It runs where that service runs, in the image that runs there, since the wanted one may not be there yet.
    """
    guard = service.spec["guard"]
    asked = desired.get(guard["service"])
    running = next((one for one in observed.of(guard["service"]) if not one.lost), None)
    if asked is None or running is None:
        return None
    image = running.engine_spec["TaskTemplate"]["ContainerSpec"]["Image"]
    asked = replace(asked, image=replace(asked.image, reference=image))
    name = jobs.unique(f"{service.name}-guard")
    return one_shot_spec(asked, running.host, around, command=list(guard[verb]), name=name)


def answer(said: str) -> dict[str, str]:
    """Device -> how it is driven, from what such a job wrote."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            found: dict[str, str] = json.loads(line)["driven"]
            return found
    raise jobs.JobFailed(f"the guard did not say what it found; it wrote:\n{said}")
