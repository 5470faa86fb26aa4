"""Filters of role retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def _line(one: Mapping[str, str]) -> str:
    return f"{one['volume']} on {one['host']}: of {one['service']}, left behind {one['since'][:16].replace('T', ' ')} UTC"


def _gone(retired: Sequence[Mapping[str, str]], hostvars: Mapping[str, Any], result: str) -> list[str]:
    """Identifiers of those that their hosts removed.

    :param result: name of the registered variable of the hosts.
    """
    removed = {
        (host, volume)
        for host in {one["host"] for one in retired} & set(hostvars)
        for volume in (hostvars[host].get(result) or {}).get("removed", [])
    }
    return [one["identifier"] for one in retired if (one["host"], one["volume"]) in removed]


class FilterModule:
    """The filters' names in Jinja."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"lab_retired_line": _line, "lab_retired_gone": _gone}
