"""What is left of the laboratory on one host, and the note of what was in use there when it left its Swarm.

Leaving a Swarm removes the containers, and with them all that tells which volume is the current one.
So that is noted down first, and a run that is killed can be gone on with.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import manager_files
from .engine import Engine, EngineAbsent

NOTE = Path("/var/lib/remlab/lost-swarm.json")
# In a volume: half a copy (remlab_launch.volume_lock), a base backup under way and a server that
# follows another one (remlab_database.copy, remlab_database.following).
_UNFINISHED = (".remlab-transfer", "data.copying", "data/standby.signal")
# What changes while a service works lies this deep at most: data/global/pg_control.
_DEPTH = 3


def look(project: str, note: Path = NOTE) -> dict[str, Any]:
    """What module lab_leftovers tells; nothing where there is no engine."""
    answer: dict[str, Any] = {
        "volumes": [],
        "running": [],
        "secrets_kept": sorted(
            Path(name).name for name in manager_files.read() if name.startswith("secrets/")
        ),
        "secrets_mounted": [],
    }
    try:
        engine = Engine(project)
    except EngineAbsent:
        return answer
    containers = _of_services(engine.containers())
    in_use = {*mounted(containers), *noted(note)["used"]}
    return answer | {
        "volumes": [_described(volume, in_use) for volume in engine.volumes()],
        "running": sorted({_replica(one) for one in containers}),
        "secrets_mounted": sorted(mounted_secrets(engine)),
    }


def mounted(containers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the volumes that these containers (Engine API objects) have."""
    return sorted(
        {
            mount["Name"]
            for container in containers
            for mount in container.get("Mounts") or []
            if mount["Type"] == "volume"
        }
    )


def noted(note: Path = NOTE) -> dict[str, Any]:
    """The note: node_id, and the names of the volumes that were in use."""
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    return {"node_id": known.get("node_id", ""), "used": known.get("used", [])}


def note_down(node_id: str, containers: Iterable[Mapping[str, Any]], note: Path = NOTE) -> None:
    """Before the host leaves: what is in use there. What a killed run noted for the same Swarm stays."""
    before = noted(note)
    used = set(mounted(_of_services(containers)))
    if before["node_id"] == node_id:
        used |= set(before["used"])
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = note.with_name(f".{note.name}")
    new.write_text(json.dumps({"node_id": node_id, "used": sorted(used)}), encoding="utf-8")
    descriptor = os.open(new, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    new.replace(note)


def is_noted(note: Path = NOTE) -> bool:
    """Whether this host left a lost Swarm and the new one is not all there yet."""
    return note.exists()


def forget(note: Path = NOTE) -> bool:
    """Takes the note away; says whether there was one."""
    found = note.exists()
    note.unlink(missing_ok=True)
    return found


def mounted_secrets(engine: Engine) -> dict[str, str]:
    """Name -> value of the secrets that containers of services on this host can read."""
    found: dict[str, str] = {}
    # What was started last counts.
    for container in sorted(_of_services(engine.containers()), key=lambda one: int(one["Created"])):
        # The process's view of its own files; the engine copies nothing out of a tmpfs.
        folder = Path(f"/proc/{engine.process_id(container['Id'])}/root/run/secrets")
        if folder.is_dir():
            found |= {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    return found


def _of_services(containers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without jobs, which copy and migrate."""
    return [one for one in containers if "remlab.service" in one["Labels"]]


def _replica(container: Mapping[str, Any]) -> str:
    return f"{container['Labels']['remlab.service']}-{container['Labels']['remlab.replica']}"


def _described(volume: Mapping[str, Any], in_use: set[str]) -> dict[str, Any]:
    labels, folder = volume["Labels"], Path(volume["Mountpoint"])
    return {
        "name": volume["Name"],
        "service": labels.get("remlab.service", ""),
        "volume": labels.get("remlab.volume", ""),
        "made": _minute(datetime.datetime.fromisoformat(volume["CreatedAt"])),
        "written": _minute(datetime.datetime.fromtimestamp(last_written(folder), datetime.UTC)),
        "used": volume["Name"] in in_use,
        "unfinished": any((folder / name).exists() for name in _UNFINISHED),
    }


def last_written(folder: Path, depth: int = _DEPTH) -> float:
    """When something in it changed last, in seconds since 1970; looks at the first levels only."""
    newest, level = 0.0, [folder]
    for _ in range(depth):
        entries = _entries(level)
        newest = max([newest, *(_changed(entry) for entry in entries)])
        level = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return newest or folder.stat().st_mtime


def _entries(folders: Sequence[Path]) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    for folder in folders:
        # A service at work takes files and folders away meanwhile.
        with suppress(OSError), os.scandir(folder) as entries:
            found += entries
    return found


def _changed(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except OSError:
        return 0.0


def _minute(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M")
