"""The source files that go into an image: which ones count, their fingerprint, and a tar of them.

A fingerprint covers each file's path, whether it is executable, and its content. Owners, times and
other mode bits differ between checkouts of the same commit, so they count for nothing.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

#: Names of files and folders that are never sources, at any depth.
IGNORED_NAMES = frozenset(
    {
        "__pycache__",
        ".cache",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        ".vite",
        "node_modules",
        ".DS_Store",
    }
)
#: Endings of files that tools leave behind.
IGNORED_SUFFIXES = (".pyc", ".pyo", ".swp", "~", ".tsbuildinfo", ".egg-info")


def source_files(folder: Path, *, leave_out: Iterable[str] = ()) -> dict[str, Path]:
    """Return path inside the folder → file, for all sources below `folder`; {} if there is no such folder.

    `leave_out` names entries of the folder itself (not of its subfolders) that do not count.
    """
    skipped = frozenset(leave_out)
    found: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if entry.name in skipped or entry.name in IGNORED_NAMES or entry.name.endswith(IGNORED_SUFFIXES):
            continue
        if entry.is_dir() and not entry.is_symlink():
            found.update({f"{entry.name}/{inner}": path for inner, path in source_files(entry).items()})
        elif entry.is_file() or entry.is_symlink():
            found[entry.name] = entry
    return found


def fingerprint(files: Mapping[str, Path]) -> str:
    """Return the SHA-256 (hex) over paths, executable bits and contents of the files."""
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(f"{len(name)} {name} {_kind(path)} ".encode())
        total.update(hashlib.sha256(_content(path)).digest())
    return total.hexdigest()


def pack(files: Mapping[str, Path], target: Path) -> None:
    """Write a tar of the files, in order of their paths, owned by root and without times."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, path in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.mode = 0o755 if _kind(path) == "program" else 0o644
            if path.is_symlink():
                member.type, member.linkname = tarfile.SYMTYPE, str(path.readlink())
                archive.addfile(member)
                continue
            content = _content(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _kind(path: Path) -> str:
    if path.is_symlink():
        return "link"
    return "program" if path.stat().st_mode & 0o100 else "file"


def _content(path: Path) -> bytes:
    return str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
