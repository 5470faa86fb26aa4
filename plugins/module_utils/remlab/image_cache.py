"""The builder's cache folder: where everything lies that is made once and used for many images.

Each entry is complete or absent: it is made under `tmp` and moved to its place when it is done, so a run
that was killed leaves nothing half-made behind.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ImageCache:
    """Paths below the cache folder (by default /var/cache/remlab)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def base(self, tag: str) -> Path:
        """Folder of a base: layer.tar, and for the Python base the archive's lists of that hour."""
        return self.root / "base" / tag

    def python(self, tag: str) -> Path:
        """Folder of the Python tree of a lock file."""
        return self.root / "python" / tag

    def frontend(self, tag: str) -> Path:
        """Folder that holds `dist` of a built frontend."""
        return self.root / "frontend" / tag

    def tool(self, name: str, tag: str) -> Path:
        """Folder of a tool that the builder needs."""
        return self.root / "tools" / f"{name}-{tag}"

    def downloads(self, name: str) -> Path:
        """Folder in which a package client keeps what it downloaded; made if missing."""
        folder = self.root / "downloads" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(self, identity: str) -> Path:
        """Folder of one run: its sources, and the state and log of each of its jobs."""
        return self.root / "runs" / identity

    def new_folder(self) -> Path:
        """Return a new empty folder on the cache's file system."""
        temporary = self.root / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=temporary))
        folder.chmod(0o755)
        return folder

    def publish(self, made: Path, place: Path) -> None:
        """Move a finished folder to its place. What already lies there was made from the same inputs."""
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            shutil.rmtree(made)
        else:
            made.rename(place)
        os.utime(place)

    def clean(self, *, kept_per_kind: int = 8, kept_runs: int = 5) -> None:
        """Remove what killed runs left, and the entries of each kind that were used longest ago."""
        shutil.rmtree(self.root / "tmp", ignore_errors=True)
        for kind, kept in (("base", 24), ("python", kept_per_kind * 3), ("frontend", 4), ("runs", kept_runs)):
            folder = self.root / kind
            entries = sorted(folder.iterdir(), key=_used, reverse=True) if folder.is_dir() else []
            for entry in entries[kept:]:
                shutil.rmtree(entry, ignore_errors=True)

    @contextmanager
    def locked(self, path: Path) -> Iterator[None]:
        """Hold the lock file at `path` until the block ends or the process dies."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @staticmethod
    def is_locked(path: Path) -> bool:
        """Tell whether some process holds the lock file."""
        try:
            with path.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def _used(path: Path) -> float:
    return path.stat().st_mtime
