"""What a deployed lab has to offer to the load: its pages, devices, cameras, and whether it answers at all."""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from tests.load.http import Client, RequestFailed
from tests.load.options import Options

_TRIES = 10
_ASSET = re.compile(rb'(?:href|src)="(/assets/[^"]+)"')


class NothingToWatch(Exception):
    """The lab does not answer as one; the text says what was asked and what came."""


@dataclass(frozen=True)
class Lab:
    """As it was before the load."""

    devices: list[dict[str, Any]]
    default_device: str
    log_device: str
    camera: str | None


def asset_of(page: bytes) -> str | None:
    """Path of a hashed file that a page names: a style sheet, which is small, before a script."""
    found = [path.decode() for path in _ASSET.findall(page)]
    return next((path for path in found if path.endswith(".css")), found[0] if found else None)


async def look(client: Client, options: Options) -> Lab:
    """Ask the lab what there is. Raises NothingToWatch."""
    devices = await ask(client, "/api/devices")
    if not devices:
        raise NothingToWatch(f"{options.url} has no device (lab_devices).")
    known = [one["id"] for one in devices]
    if options.log_device is not None and options.log_device not in known:
        raise NothingToWatch(f"There is no device {options.log_device}; there are: {', '.join(known)}.")
    virtual = [one["id"] for one in devices if one["virtual"]]
    cameras = await ask(client, "/api/cameras")
    live = [one["id"] for one in cameras if one["status"] and one["status"]["live"]]
    return Lab(
        devices=devices,
        default_device=next((one["id"] for one in devices if one["default"]), known[0]),
        log_device=options.log_device or (virtual or known)[0],
        camera=options.camera or next(iter(live), None),
    )


async def ask(client: Client, path: str) -> Any:
    """Ask for JSON until it comes: for what is no load. Raises NothingToWatch after 10 tries."""
    reason = ""
    for _ in range(_TRIES):
        try:
            answer = await client.request("GET", path)
        except RequestFailed as error:
            reason = str(error)
        else:
            if answer.status == 200:
                return json.loads(answer.body)
            reason = f"{answer.status} {answer.body[:200]!r}"
        await asyncio.sleep(1)
    raise NothingToWatch(f"GET {path} gave no answer: {reason}.")
