"""What every manager keeps beside the Swarm: the folder of secrets and that of releases.

They travel from one manager to the next through the machine that runs ansible, as a mapping
of relative paths to base64.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("/var/lib/remlab")
_PARTS = ("secrets", "releases")


def digest(folder: Path = FOLDER) -> str:
    """Tells one set of secrets from another; empty where there are none."""
    files = _files(folder, ("secrets",))
    if not files:
        return ""
    told = hashlib.sha256()
    for name in sorted(files):
        told.update(f"{name}:{files[name]};".encode())
    return told.hexdigest()[:16]


def read(folder: Path = FOLDER) -> dict[str, str]:
    """Relative path -> content in base64."""
    return _files(folder, _PARTS)


def write(files: Mapping[str, str], folder: Path = FOLDER) -> bool:
    """Makes both folders hold these files and no others; says whether they differed.

    Each folder is replaced as a whole, so that a killed run leaves the old one or the new one.

    :raises ValueError: a path leads elsewhere.
    """
    strange = [
        name for name in files if name.count("/") != 1 or not name.startswith(("secrets/", "releases/"))
    ]
    if strange or any(Path(name).name in ("..", ".") for name in files):
        raise ValueError(f"these are no files of a manager: {', '.join(strange) or 'a path with dots'}")
    changed = False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in _PARTS:
        wanted = {name: value for name, value in files.items() if name.startswith(f"{part}/")}
        if wanted and wanted != _files(folder, (part,)):
            _replace(folder / part, wanted)
            changed = True
    return changed


def remove(folder: Path = FOLDER) -> bool:
    """Takes both folders away; says whether there was one."""
    found = [folder / part for part in _PARTS if (folder / part).exists()]
    for one in found:
        shutil.rmtree(one)
    return bool(found)


def _files(folder: Path, parts: tuple[str, ...]) -> dict[str, str]:
    return {
        f"{part}/{path.name}": base64.b64encode(path.read_bytes()).decode()
        for part in parts
        if (folder / part).is_dir()
        # A name with a dot in front is a file that a killed run left half written.
        for path in (folder / part).iterdir()
        if path.is_file() and not path.name.startswith(".")
    }


def _replace(target: Path, files: Mapping[str, str]) -> None:
    new, old = target.with_name(f".{target.name}-new"), target.with_name(f".{target.name}-old")
    for left_over in (new, old):
        shutil.rmtree(left_over, ignore_errors=True)
    new.mkdir(mode=0o700)
    for name, value in files.items():
        path = new / Path(name).name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(value))
    if target.exists():
        target.replace(old)
    new.replace(target)
    shutil.rmtree(old, ignore_errors=True)
    descriptor = os.open(target.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
