"""The settings of image builds, as the roles base_image, frontend and service_image hand them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

#: Kernel's name of an architecture → Debian's.
DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """Everything that shapes images and is not in a service file."""

    project: str
    registry: str
    repository: str
    cache: str
    architecture: str
    suite: str
    epoch: str
    mirrors: list[str]
    keyring: str
    files: dict[str, str]
    python_packages: list[str]
    python_reference: str
    python_version: str
    python_index: str
    user: str
    uid: int
    environment: dict[str, str]
    uv_lock: str
    frontend_folder: str
    frontend_commands: list[list[str]]
    node_lock: str
    node_reference: str
    npm_registry: str
    ca_bundle: str

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ImageSettings:
        """Return the settings; the architecture may be named as the kernel does."""
        missing = [field.name for field in fields(cls) if field.name not in value]
        unknown = [key for key in value if key not in {field.name for field in fields(cls)}]
        if missing or unknown:
            raise ValueError(f"settings of images: missing {missing}, unknown {unknown}")
        architecture = DEBIAN_ARCHITECTURES.get(value["architecture"])
        if architecture is None:
            known = ", ".join(sorted(set(DEBIAN_ARCHITECTURES)))
            raise ValueError(
                f"images cannot be built on architecture {value['architecture']} (known: {known})"
            )
        return cls(**{**value, "architecture": architecture})
