"""Bases: Debian trees made by mmdebstrap, one layer for Python and one above it per list of packages.

A base with packages is made on top of the Python base's own tree, so only what is new is downloaded and
unpacked, and its layer is the difference of the two.
"""

from __future__ import annotations

import calendar
import json
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .image_cache import ImageCache
from .image_commands import Commands
from .image_layers import Image, write_archive, write_layer

#: Bases made within this time of the Python base use its lists of the archive, so all show one state of it.
LISTS_LAST_SECONDS = 3600
DPKG_OPTIONS = (
    "force-unsafe-io",
    "force-confold",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
)
ADVICE = (
    "Check that the builder reaches the Debian archive (apt-get update). Whoever has a mirror of their own "
    "sets base_image_mirrors."
)


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base to be made. `python_tag` is the tag of the Python base below it, its own tag for that one."""

    tag: str
    name: str
    python_tag: str
    packages: Sequence[str]
    exclude: Sequence[str]
    suite: str
    created: str
    mirrors: Sequence[str]
    keyring: str
    files: Mapping[str, str]
    python_packages: Sequence[str]
    architecture: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    uid: int
    user: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Base:
        """Return the base that a job describes."""
        return cls(**value)


def make_base(base: Base, cache: ImageCache, commands: Commands) -> dict[str, Any]:
    """Make the base's layer if the cache has none, and load the image into Docker."""
    place = cache.base(base.tag)
    if not (place / "layer.tar").is_file():
        made = cache.new_folder()
        size = _make_layer(base, cache, commands, made)
        (made / "size.json").write_text(json.dumps({"bytes": size}))
        cache.publish(made, place)
    _load(base, cache, commands)
    return json.loads((place / "size.json").read_text())  # type: ignore[no-any-return]


def _make_layer(base: Base, cache: ImageCache, commands: Commands, made: Path) -> int:
    tree = made / "tree.tar"
    lower = cache.base(base.python_tag) / "layer.tar" if base.tag != base.python_tag else None
    hooks = _hooks_above(base, cache, lower) if lower else _hooks_of_python(base, made)
    downloads = cache.downloads(f"apt-{base.suite}")
    work = made / "work"
    work.mkdir()
    commands.run(
        # A mount namespace of its own: if the build is killed, nothing stays mounted.
        "unshare",
        "--mount",
        "mmdebstrap",
        "--mode=root",
        "--verbose",
        f"--variant={'custom' if lower else 'minbase'}",
        f"--include={','.join(base.packages if lower else base.python_packages)}",
        *([f"--keyring={base.keyring}"] if base.keyring else []),
        *(f"--dpkgopt={option}" for option in DPKG_OPTIONS),
        f"--setup-hook={_keep_hook(downloads, into_tree=True)}",
        *hooks,
        f"--customize-hook={_keep_hook(downloads, into_tree=False)}",
        base.suite,
        tree,
        *base.mirrors,
        step=f"mmdebstrap for {', '.join(base.packages) or 'the Python base'}",
        environment={"TMPDIR": str(work), "SOURCE_DATE_EPOCH": _seconds(base.created)},
        advice=ADVICE,
    )
    size = write_layer(tree, made / "layer.tar", lower=lower, leave_out=base.exclude)
    tree.unlink()
    shutil.rmtree(work)
    return size


def _hooks_of_python(base: Base, made: Path) -> list[str]:
    lists = shlex.quote(str(made / "lists"))
    return [
        f'--customize-hook=chroot "$1" groupadd --gid {base.uid} {base.user}',
        f'--customize-hook=chroot "$1" useradd --uid {base.uid} --gid {base.uid} --no-create-home'
        f" --home-dir /nonexistent --shell /usr/sbin/nologin {base.user}",
        f'--customize-hook=mkdir {lists} && cp -a "$1"/var/lib/apt/lists/*_* {lists}/',
    ]


def _hooks_above(base: Base, cache: ImageCache, lower: Path) -> list[str]:
    hooks = [f'--setup-hook=tar --extract --same-owner -p -C "$1" -f {shlex.quote(str(lower))}']
    for path, content in base.files.items():
        target = f'"$1"{shlex.quote(path)}'
        hooks.append(
            f'--setup-hook=mkdir -p "$(dirname {target})" && printf %s {shlex.quote(content)} > {target}'
        )
    lists = cache.base(base.python_tag) / "lists"
    if lists.is_dir() and time.time() - lists.stat().st_mtime < LISTS_LAST_SECONDS:
        hooks += ["--skip=update", f'--setup-hook=cp -a {shlex.quote(str(lists))}/. "$1"/var/lib/apt/lists/']
    return hooks


def _keep_hook(downloads: Path, *, into_tree: bool) -> str:
    """Return a shell line that shares downloaded packages with the cache; it never fails a build."""
    kept, used = shlex.quote(str(downloads)), '"$1"/var/cache/apt/archives'
    source, target = (kept, used) if into_tree else (used, kept)
    return f"mkdir -p {target}; cp -ln {source}/*.deb {target}/ 2>/dev/null || true"


def _load(base: Base, cache: ImageCache, commands: Commands) -> None:
    layers = [cache.base(base.python_tag) / "layer.tar"]
    if base.tag != base.python_tag:
        layers.append(cache.base(base.tag) / "layer.tar")
    image = Image(
        name=base.name,
        layers=layers,
        architecture=base.architecture,
        created=base.created,
        environment=base.environment,
        labels=base.labels,
    )
    folder = cache.new_folder()
    write_archive(image, folder / "image.tar")
    commands.run("docker", "load", "--input", folder / "image.tar", step=f"loading {base.name}")
    shutil.rmtree(folder)


def _seconds(created: str) -> str:
    """Return a time such as 2026-11-24T00:00:00Z in seconds since 1970."""
    return str(calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")))
