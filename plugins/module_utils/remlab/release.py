"""A release: what one successful deploy put where, numbered and recorded on the manager."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# What anybody who may open the operator's page may see of a service; never an address.
_PUBLIC = ("name", "replica", "host", "image_tag", "summary")


def record(
    folder: Path, services: Sequence[Mapping[str, Any]], secrets: Mapping[str, str], *, anew: bool
) -> dict[str, Any]:
    """Writes the next release if something changed or none is recorded yet.

    :param services: name, replica, host, image_tag, reference and summary of each replica.
    :param secrets: secret name -> name of the version that is mounted.
    :returns: the newest release as recorded.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest = latest(folder)
    if newest is not None and not anew:
        return newest
    release = {
        "number": (newest["number"] if newest else 0) + 1,
        "deployed_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "services": list(services),
        "secrets": dict(secrets),
    }
    path = folder / f"{release['number']}.json"
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(release, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)
    return release


def latest(folder: Path) -> dict[str, Any] | None:
    """The newest recorded release, or None on a first deploy."""
    numbers = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()]
    if not numbers:
        return None
    found: dict[str, Any] = json.loads((folder / f"{max(numbers)}.json").read_text(encoding="utf-8"))
    return found


def public(release: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a release that the operator's page shows."""
    return {
        "number": release["number"],
        "deployed_at": release["deployed_at"],
        "services": [{key: service[key] for key in _PUBLIC} for service in release["services"]],
    }
