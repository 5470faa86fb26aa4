"""One service's image: its context is put together and given to `docker build`.

Works with the classic builder and with BuildKit: the context goes in as a tar, nothing is downloaded.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from .image_cache import ImageCache
from .image_commands import Commands

#: Whatever builder a user chose for other work, this one has the bases.
ENVIRONMENT = {"BUILDX_BUILDER": "default", "BUILDKIT_PROGRESS": "plain", "DOCKER_CLI_HINTS": "false"}


def is_local(name: str, commands: Commands) -> bool:
    """Tell whether the builder's engine has the image."""
    return commands.succeeds("docker", "image", "inspect", name)


def build_image(
    *,
    service: str,
    name: str,
    base: str,
    sources: Path,
    site_packages: Path | None,
    dist: Path | None,
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    cache: ImageCache,
    commands: Commands,
) -> None:
    """Build the image `name` from the service's sources (Dockerfile, src/ and other files)."""
    folder = cache.new_folder()
    context = folder / "context.tar"
    # GNU's format: docker build takes a tar on standard input for a Dockerfile if it begins with a PAX header.
    with tarfile.open(context, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(sources, arcname=".", filter=_as_root)
        for inside, tree in (("site-packages", site_packages), ("dist", dist)):
            if tree is not None:
                archive.add(tree, arcname=inside, filter=_as_root)
    options = [f"--build-arg={key}={value}" for key, value in {"BASE": base, **arguments}.items()]
    options += [f"--label={key}={value}" for key, value in labels.items()]
    commands.run(
        *("docker", "build", "--pull=false", "--network=none", "--force-rm", f"--tag={name}", *options, "-"),
        step="docker build",
        stdin=context,
        environment=ENVIRONMENT,
        advice=f"Mend app/{service}/ and run the deploy again; what was built stays.",
    )
    shutil.rmtree(folder)


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member
