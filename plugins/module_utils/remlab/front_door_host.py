"""Puts a configuration of the front door into force on its host, without closing a connection.

The file that a restarted container would read is always one that Caddy accepted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .front_door_caddyfile import fingerprint_of

FILE = "Caddyfile"
_CANDIDATE = "Caddyfile.candidate"


class ConfigurationRefused(Exception):
    """Caddy does not take the configuration; the old one stays in force. Says what Caddy said."""


class Door(Protocol):
    """One running Caddy that sees the folder."""

    def loaded(self) -> str | None:
        """The fingerprint of what is in force; None while it does not answer."""

    def complaint_about(self, file_name: str) -> str:
        """What is wrong with a file of the folder; empty if nothing is."""

    def reload(self) -> str:
        """Puts the folder's file into force; says why not, or nothing."""


@dataclass(frozen=True)
class Outcome:
    """What was done, or would be done."""

    before: str
    after: str
    # Doors that had another configuration in force.
    outdated: int

    @property
    def changed(self) -> bool:
        """Whether anything was or would be different."""
        return self.before != self.after or self.outdated > 0


def put_into_force(folder: Path, text: str, doors: Sequence[Door], *, check_only: bool = False) -> Outcome:
    """Writes the file and reloads each running door that has another one in force.

    A door that does not run yet reads the file when it starts.

    :raises ConfigurationRefused: nothing was changed.
    """
    if not check_only:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = folder / FILE
    before = file.read_text() if file.is_file() else ""
    fingerprint = fingerprint_of(text)
    outdated = [door for door in doors if door.loaded() not in (fingerprint, None)]
    outcome = Outcome(before, text, len(outdated))
    if check_only or not outcome.changed:
        return outcome
    if before != text:
        _replace(folder, text, doors)
    complaint = next(filter(None, (door.reload() for door in outdated)), "")
    if complaint:
        _restore(folder, before, outdated)
        raise ConfigurationRefused(complaint)
    return outcome


def _replace(folder: Path, text: str, doors: Sequence[Door]) -> None:
    candidate = folder / _CANDIDATE
    _write(candidate, text)
    complaint = doors[0].complaint_about(_CANDIDATE) if doors else ""
    if complaint:
        candidate.unlink()
        raise ConfigurationRefused(complaint)
    candidate.replace(folder / FILE)


def _restore(folder: Path, before: str, doors: Sequence[Door]) -> None:
    if not before:
        return
    _write(folder / _CANDIDATE, before)
    (folder / _CANDIDATE).replace(folder / FILE)
    for door in doors:
        door.reload()


def _write(path: Path, text: str) -> None:
    # The container's user reads it; it holds no secret.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)
