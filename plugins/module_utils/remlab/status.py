"""What runs where, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_HEADINGS = ("SERVICE", "HOST", "VERSION", "STATE", "SINCE")
_SECONDS_SHOWN = len("2026-11-24T04:13:34")


def rows(
    services: Sequence[Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str, str, str, str]]:
    """One row for each replica, from the Swarm's services and tasks (the API's own objects)."""
    found = []
    for service in services:
        labels = service["Spec"].get("Labels") or {}
        # One-shot jobs carry the project's label too, but are no service of the laboratory.
        if "remlab.service" not in labels:
            continue
        task = _newest(service["ID"], tasks)
        state, since = _state(task)
        found.append(
            (
                service["Spec"]["Name"],
                labels.get("remlab.host", "?"),
                labels.get("remlab.image-tag", "?")[:12],
                state,
                since,
            )
        )
    return sorted(found)


def _newest(service_id: str, tasks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    own = [task for task in tasks if task["ServiceID"] == service_id]
    running = [task for task in own if task["Status"]["State"] == "running"]
    return max(running or own, key=lambda task: str(task["Status"].get("Timestamp", "")), default=None)


def _state(task: Mapping[str, Any] | None) -> tuple[str, str]:
    if task is None:
        return "no task", "-"
    status = task["Status"]
    text = status["State"]
    if text != "running" and (status.get("Err") or status.get("Message")):
        text += f" ({status.get('Err') or status.get('Message')})"
    return text, str(status.get("Timestamp", "-"))[:_SECONDS_SHOWN].replace("T", " ")


def table(found: Sequence[tuple[str, str, str, str, str]]) -> list[str]:
    """The rows under their headings, in columns."""
    lines = [_HEADINGS, *found]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def base_age(epoch: str, today: date) -> str:
    """How old the Debian packages in the images are, from lab_base_image_epoch (YYYY-MM-DD)."""
    days = (today - date.fromisoformat(epoch)).days
    advice = "" if days < 30 else "; raise lab_base_image_epoch to bring in security updates"
    return f"The images are made of Debian packages of {epoch} ({max(days, 0)} days ago{advice})."
