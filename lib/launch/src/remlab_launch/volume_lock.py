"""Who may write on a volume, and whether it is whole: three files at its root.

A volume is copied from host to host by remlab_launch.transfer, and one service at a time
writes on it. Two containers do not see each other's processes, so a lock on the volume
itself has to tell them apart; a marker tells half a copy from a whole one.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from .surroundings import SurroundingsError

LOCK = ".remlab-lock"
# Names the source while a copy is made: half of it may be missing.
COPYING = ".remlab-transfer"
# The same file once all has arrived; gone as soon as a service has started on the copy.
COPIED = ".remlab-copied"
OURS = (LOCK, COPYING, COPIED)
_PATIENCE_SECONDS = 10.0
_RETRY_SECONDS = 0.2


class VolumeInUse(SurroundingsError):
    """Another container has the volume."""


def lock(volume: Path, patience_seconds: float = _PATIENCE_SECONDS, *, name: str = LOCK) -> int:
    """Makes this process, and the program that it becomes, the volume's only writer.

    The kernel gives the lock back when the last process that has the descriptor ends, so
    also when its container is killed.

    :param name: the lock's file, on which all who write on the volume agree.
    :returns: the open file's descriptor; it has to stay open.
    :raises VolumeInUse: another one has it after that time.
    :raises SurroundingsError: the volume is not there or cannot be written on.
    """
    try:
        descriptor = os.open(volume / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SurroundingsError(f"the volume {volume} cannot be written on: {error.strerror}") from error
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise VolumeInUse(f"the volume {volume} is in use by another container") from error
            time.sleep(_RETRY_SECONDS)
        else:
            os.set_inheritable(descriptor, True)
            return descriptor


def claim(volume: Path, patience_seconds: float = _PATIENCE_SECONDS) -> int:
    """Locks a volume for a service that is about to start on it.

    :returns: see ``lock``.
    :raises VolumeInUse: another container has it.
    :raises SurroundingsError: it is not there, or it holds half a copy.
    """
    descriptor = lock(volume, patience_seconds)
    if (source := marked(volume, COPYING)) is not None:
        os.close(descriptor)
        raise SurroundingsError(
            f"the volume {volume} holds half a copy of {source}; run the deploy again, which ends the move"
        )
    # From here on the copy lives a life of its own and may not be copied over.
    (volume / COPIED).unlink(missing_ok=True)
    return descriptor


def marked(volume: Path, marker: str) -> str | None:
    """The source that a marker names; nothing without a marker."""
    try:
        return (volume / marker).read_text(encoding="utf-8").strip() or "an unknown source"
    except FileNotFoundError:
        return None
