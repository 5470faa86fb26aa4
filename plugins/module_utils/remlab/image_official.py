"""Bases on top of an image that the operator names, such as an official Python image of Debian's suite.

Then the engine pulls that image and installs packages in containers: this way needs a registry on the
internet, or the operator's own, and containers that reach the Debian archive.
"""

from __future__ import annotations

import base64
import shlex
import shutil
from typing import Any

from .image_bases import ADVICE, Base
from .image_build import ENVIRONMENT
from .image_cache import ImageCache
from .image_commands import Commands
from .image_jobs import base_name


def make_official_base(base: Base, reference: str, cache: ImageCache, commands: Commands) -> dict[str, Any]:
    """Build the base from `reference`, or from the Python base made of it if the base adds packages."""
    folder = cache.new_folder()
    lower = reference if base.tag == base.python_tag else base_name(base.python_tag)
    (folder / "Dockerfile").write_text("\n".join(dockerfile(base, lower)) + "\n")
    commands.run(
        *("docker", "build", "--network=host", "--force-rm", f"--tag={base.name}", folder),
        step=f"building a base from {lower}",
        environment=ENVIRONMENT,
        advice=ADVICE,
    )
    shutil.rmtree(folder)
    return {"bytes": None}


def dockerfile(base: Base, lower: str) -> list[str]:
    """Return the lines of the base's Dockerfile."""
    lines = [f"FROM {lower}"]
    if base.tag == base.python_tag:
        lines.append(
            f"RUN groupadd --gid {base.uid} {base.user} && useradd --uid {base.uid} --gid {base.uid}"
            f" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {base.user}"
        )
        lines += [f"ENV {key}={value}" for key, value in base.environment.items()]
    else:
        lines.append(f"RUN {_install(base)}")
    return lines + [f"LABEL {key}={shlex.quote(value)}" for key, value in base.labels.items()]


def _install(base: Base) -> str:
    steps = []
    for path, content in base.files.items():
        # As base64, since a Dockerfile's line ends at a newline.
        encoded, quoted = base64.b64encode(content.encode()).decode(), shlex.quote(path)
        steps.append(f'mkdir -p "$(dirname {quoted})" && echo {encoded} | base64 -d > {quoted}')
    steps += [
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get update",
        "apt-get install --yes --no-install-recommends -o Dpkg::Options::=--force-confold "
        + " ".join(shlex.quote(package) for package in base.packages),
        "rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/*",
    ]
    steps += [f"find / -xdev -path {shlex.quote(glob)} -not -type d -delete" for glob in base.exclude]
    return " && ".join(steps)
