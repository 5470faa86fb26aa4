"""Layers and images made by hand: the difference of two file trees, and the archive `docker load` takes.

The trees are tar files as mmdebstrap writes them. A layer holds what the larger tree adds to or changes in
the smaller one, so that all images share the smaller one's layer. Format of the archive: the one of
`docker save` (manifest.json, one configuration per image, one tar per layer).
"""

from __future__ import annotations

import copy
import fnmatch
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Files (not folders) that are never part of an image: what the engine mounts or writes itself, caches, logs.
LEFT_OUT_FILES = (
    "/.dockerenv",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/run/*",
    "/tmp/*",  # noqa: S108 - a place inside the image
    "/var/cache/*",
    "/var/log/*",
    "/var/lib/apt/lists/*",
    "/var/lib/dpkg/*-old",
)
#: Files and folders that are never part of an image: devices, and what nobody reads there.
LEFT_OUT = (
    "/dev/*",
    "/proc/*",
    "/sys/*",
    "/usr/share/doc/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
    "/usr/share/locale/*",
    "/usr/share/man/*",
)


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image to be loaded: its name with tag, its layers from the lowest, and its configuration."""

    name: str
    layers: Sequence[Path]
    architecture: str
    created: str
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def write_layer(tree: Path, target: Path, *, lower: Path | None = None, leave_out: Sequence[str] = ()) -> int:
    """Write to `target` what `tree` has above `lower` and return the bytes of its files.

    `leave_out` are globs of absolute paths; a star also matches slashes. Folders above a kept file are
    always written, since the engine would otherwise make them anew with other owners and modes.
    """
    patterns = (*LEFT_OUT, *leave_out)
    with (
        _LowerTree(lower) as below,
        tarfile.open(tree) as source,
        tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as layer,
    ):
        writer = _LayerWriter(source, layer, below)
        names = set()
        for member in source:
            names.add(_plain(member.name))
            if not _is_left_out(member, patterns):
                writer.consider(member)
        for gone in sorted(set(below.members) - names):
            writer.remove(gone)
    return writer.size_bytes


def write_archive(image: Image, target: Path) -> None:
    """Write the archive from which `docker load` makes the image."""
    layers = {_digest(path): path for path in image.layers}
    config = _configuration(image, list(layers))
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [
        {"Config": config_name, "RepoTags": [image.name], "Layers": [f"{name}/layer.tar" for name in layers]}
    ]
    with tarfile.open(target, "w") as archive:
        for name, path in layers.items():
            archive.add(path, arcname=f"{name}/layer.tar")
        _add_bytes(archive, config_name, config)
        _add_bytes(archive, "manifest.json", json.dumps(manifest).encode())


class _LowerTree:
    """The tree below a layer; without a path it is empty."""

    def __init__(self, path: Path | None) -> None:
        self._archive = tarfile.open(path) if path else None  # noqa: SIM115 - closed by __exit__
        self.members = {_plain(member.name): member for member in self._archive or ()}

    def __enter__(self) -> _LowerTree:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive:
            self._archive.close()

    def has(self, member: tarfile.TarInfo, source: tarfile.TarFile) -> bool:
        """Tell whether the tree has this very member. Times do not tell: they are clamped to the epoch."""
        known = self.members.get(_plain(member.name))
        if known is None or _identity(known) != _identity(member):
            return False
        return not member.isreg() or _content(self._archive, known) == _content(source, member)

    def folder(self, name: str) -> tarfile.TarInfo | None:
        """Return the folder of this name, if the tree has one."""
        known = self.members.get(name)
        return known if known is not None and known.isdir() else None


class _LayerWriter:
    """Copies members into a layer, each after the folders above it."""

    def __init__(self, source: tarfile.TarFile, layer: tarfile.TarFile, below: _LowerTree) -> None:
        self._source = source
        self._layer = layer
        self._below = below
        self._folders: dict[str, tarfile.TarInfo] = {}
        self._written: set[str] = set()
        self.size_bytes = 0

    def consider(self, member: tarfile.TarInfo) -> None:
        """Write the member unless the lower tree has the same one."""
        if member.isdir():
            self._folders[_plain(member.name)] = member
            below = self._below.folder(_plain(member.name))
            if below is None or _rights(below) != _rights(member):
                self._write(member)
        elif not self._below.has(member, self._source):
            self._write(member)

    def remove(self, name: str) -> None:
        """Note that a path of the lower tree is gone, unless the folder above it is gone or left out too."""
        folder, _, base = name.rpartition("/")
        if folder in self._folders and not _matches(f"/{name}", LEFT_OUT + LEFT_OUT_FILES):
            self._write_folders_above(name)
            self._layer.addfile(tarfile.TarInfo(f"{folder}/.wh.{base}" if folder else f".wh.{base}"))

    def _write(self, member: tarfile.TarInfo) -> None:
        name = _plain(member.name)
        if name in self._written:
            return
        self._write_folders_above(name)
        written = _copy(member)
        if member.islnk() and _plain(member.linkname) not in self._written:
            # The other name of this file is not in this layer, and links do not reach across layers.
            origin = self._source.getmember(member.linkname)
            written.type, written.linkname, written.size = tarfile.REGTYPE, "", origin.size
            self._layer.addfile(written, self._source.extractfile(origin))
            self.size_bytes += origin.size
        elif member.isreg():
            self._layer.addfile(written, self._source.extractfile(member))
            self.size_bytes += member.size
        else:
            self._layer.addfile(written)
        self._written.add(name)

    def _write_folders_above(self, name: str) -> None:
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder in self._folders and folder not in self._written:
                self._layer.addfile(_copy(self._folders[folder]))
                self._written.add(folder)


def _content(archive: tarfile.TarFile | None, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if archive else None
    return file.read() if file else b""


def _plain(name: str) -> str:
    return name.removeprefix("./").strip("/") if name not in {".", "./"} else ""


def _copy(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return the member under its plain name, with whole seconds and no header but extended attributes."""
    copied = copy.copy(member)
    copied.name = _plain(member.name)
    copied.linkname = _plain(member.linkname) if member.islnk() else member.linkname
    copied.mtime = int(member.mtime)
    # Other headers would win over what was just set.
    copied.pax_headers = {
        key: value for key, value in member.pax_headers.items() if key.startswith("SCHILY.xattr.")
    }
    return copied


def _rights(member: tarfile.TarInfo) -> tuple[object, ...]:
    return (member.type, member.mode, member.uid, member.gid)


def _identity(member: tarfile.TarInfo) -> tuple[object, ...]:
    link = _plain(member.linkname) if member.islnk() else member.linkname
    return (*_rights(member), member.size, int(member.mtime), link)


def _is_left_out(member: tarfile.TarInfo, patterns: Sequence[str]) -> bool:
    name = _plain(member.name)
    if not name or member.isdev() or _matches(f"/{name}", patterns):
        return True
    return not member.isdir() and _matches(f"/{name}", LEFT_OUT_FILES)


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _configuration(image: Image, layer_digests: Sequence[str]) -> bytes:
    config: dict[str, Any] = {
        "architecture": image.architecture,
        "os": "linux",
        "created": image.created,
        "config": {
            "Env": [f"{key}={value}" for key, value in image.environment.items()],
            "Labels": dict(image.labels),
            "Cmd": ["python3"],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in layer_digests]},
        "history": [{"created": image.created, "created_by": "remlab base_image"} for _ in layer_digests],
    }
    return json.dumps(config, sort_keys=True).encode()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
