"""Python trees: what a lock file names, unpacked for the Python of the images by uv."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from .image_cache import ImageCache
from .image_commands import BuildFailure, Commands

#: uv's names of platforms; glibc 2.40 is the newest that it knows below trixie's 2.41.
PLATFORMS = {"amd64": "x86_64-manylinux_2_40", "arm64": "aarch64-manylinux_2_40"}
ADVICE = (
    "Check that the builder reaches the Python package index. Whoever has a mirror of their own sets "
    "service_image_python_index."
)


def make_uv(*, lock: Path, tag: str, python: str, cache: ImageCache, commands: Commands) -> Path:
    """Return the path of uv, installed from the lock file into an environment of its own if missing."""
    place = cache.tool("uv", tag)
    program = place / "bin" / "uv"
    if not program.is_file():
        made = cache.new_folder()
        commands.run(
            python, "-m", "venv", made, step="making an environment for uv", advice="Install python3-venv."
        )
        commands.run(
            *(made / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary", ":all:", "--no-compile", "--requirement", lock),
            step="installing uv",
            environment={"PIP_CACHE_DIR": str(cache.downloads("pip"))},
            advice=ADVICE,
        )
        cache.publish(made, place)
    return program


def make_tree(
    *, lock: Path, tag: str, version: str, architecture: str, uv: Path, cache: ImageCache, commands: Commands
) -> Path:
    """Return the folder of the lock file's packages for Python `version`; made if the cache has none."""
    place = cache.python(tag)
    if place.is_dir():
        return place
    made = cache.new_folder()
    commands.run(
        *(uv, "pip", "install", "--no-config", "--quiet", "--require-hashes", "--only-binary", ":all:"),
        # Not the one beside uv: the cache may be shared with a machine that has its Python elsewhere.
        *("--python", sys.executable, "--python-version", version),
        *("--python-platform", _platform(architecture), "--target", made, "--requirement", lock),
        step=f"installing the packages of {lock.name}",
        environment={"UV_CACHE_DIR": str(cache.downloads("uv")), "UV_PYTHON_DOWNLOADS": "never"},
        advice=ADVICE,
    )
    tidy(made)
    cache.publish(made, place)
    return place


def tidy(tree: Path) -> None:
    """Let programs in bin/ start the image's own Python, and remove what installers leave."""
    for leftover in (".lock", "__pycache__"):
        path = tree / leftover
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    programs = tree / "bin"
    for program in sorted(programs.iterdir()) if programs.is_dir() else ():
        content = program.read_bytes()
        if content.startswith(b"#!"):
            mode = program.stat().st_mode
            program.unlink()  # it may share its blocks with the installer's cache
            program.write_bytes(_with_python(content))
            program.chmod(mode)


def environment(*, ca_bundle: str, index: str) -> Mapping[str, str]:
    """Return the variables that make pip and uv trust the builder's own authorities."""
    trusted = {"SSL_CERT_FILE": ca_bundle, "PIP_CERT": ca_bundle, "REQUESTS_CA_BUNDLE": ca_bundle}
    indexes = {"UV_DEFAULT_INDEX": index, "PIP_INDEX_URL": index} if index else {}
    return {**(trusted if ca_bundle else {}), **indexes}


def _platform(architecture: str) -> str:
    if architecture not in PLATFORMS:
        known = ", ".join(sorted(PLATFORMS))
        raise BuildFailure(f"no Python packages for architecture {architecture}", [f"known: {known}"])
    return PLATFORMS[architecture]


def _with_python(script: bytes) -> bytes:
    """Return the script with the image's Python in its first line, also in pip's form for long paths."""
    first, _, rest = script.partition(b"\n")
    if first == b"#!/bin/sh" and rest.startswith(b"'''exec'"):
        rest = rest.split(b"\n", 2)[2]
    elif b"python" not in first:
        return script
    return b"#!/usr/bin/python3\n" + rest
