"""Tags of images: each is the hash of what goes in, so that equal tags mean equal images.

Pure functions; whoever calls them has read the files. A tag has 16 hexadecimal digits. `RECIPE` counts
for every tag: raise it when the way of building changes what comes out for the same sources.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

RECIPE = 1
TAG_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class BaseInputs:
    """What a base is made from: the Debian archive on a day, and packages from it."""

    suite: str
    epoch: str
    architecture: str
    packages: Sequence[str] = ()
    exclude: Sequence[str] = ()
    python_packages: Sequence[str] = ("python3",)
    files: Mapping[str, str] = field(default_factory=dict)
    python_reference: str = ""
    project: str = "remlab"


@dataclass(frozen=True, kw_only=True)
class ServiceInputs:
    """What a service's image is made from. The hashes are those of `image_files.fingerprint`."""

    base: str
    context: str
    sources: str
    requirements: str = ""
    frontend: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


def base_tag(inputs: BaseInputs) -> str:
    """Return the tag of a base. The order of packages and globs does not count."""
    return _tag(
        "base",
        {
            "suite": inputs.suite,
            "epoch": inputs.epoch,
            "architecture": inputs.architecture,
            "packages": sorted(set(inputs.packages)),
            # Nothing can be left out of a base that adds nothing.
            "exclude": sorted(set(inputs.exclude)) if inputs.packages else [],
            "python_packages": sorted(set(inputs.python_packages)),
            "files": dict(inputs.files),
            "python_reference": inputs.python_reference,
            "project": inputs.project,
        },
    )


def service_tag(inputs: ServiceInputs) -> str:
    """Return the tag of a service's image."""
    return _tag(
        "service",
        {
            "base": inputs.base,
            "context": inputs.context,
            "sources": inputs.sources,
            "requirements": inputs.requirements,
            "frontend": inputs.frontend,
            "arguments": {key: str(value) for key, value in inputs.arguments.items()},
        },
    )


def python_tree_tag(*, requirements: bytes, python_version: str, architecture: str) -> str:
    """Return the name under which the Python tree of a lock file is kept."""
    content = hashlib.sha256(requirements).hexdigest()
    return _tag("python", {"lock": content, "version": python_version, "architecture": architecture})


def frontend_tag(*, sources: str, node: str, commands: Sequence[Sequence[str]]) -> str:
    """Return the name under which a built frontend is kept; `node` identifies the Node that builds it."""
    return _tag("frontend", {"sources": sources, "node": node, "commands": [list(line) for line in commands]})


def _tag(kind: str, inputs: Mapping[str, object]) -> str:
    described = json.dumps({"kind": kind, "recipe": RECIPE, **inputs}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(described.encode()).hexdigest()[:TAG_LENGTH]
