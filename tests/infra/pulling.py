"""Pulls from the lab's registry as a host does."""

from __future__ import annotations

from typing import Any

from tests.infra.deployment import Deployment, Host

_SECRETS = "/var/lib/remlab/secrets"
_PULL = (
    "set -e; DOCKER_CONFIG=$(mktemp -d); export DOCKER_CONFIG; trap 'rm -rf \"$DOCKER_CONFIG\"' EXIT; "
    "printf %%s %s | docker login --username remlab --password-stdin %s 2>/dev/null; docker pull --quiet %s"
)


def by_digest(image: str) -> str:
    """`name@digest` of an image that may have a tag between the two."""
    name, digest = image.split("@")
    return f"{name.rpartition(':')[0] if ':' in name.rpartition('/')[2] else name}@{digest}"


def password(deployment: Deployment) -> str:
    """The registry's, as the manager keeps it."""
    return str(deployment.manager.machine.check_output(f"cat {_SECRETS}/registry_password"))


def pull(deployment: Deployment, host: Host, image: str) -> Any:
    """Pull on a host with the registry's password, which does not stay there; how the command ended."""
    return host.machine.run(_PULL, password(deployment), deployment.lab["registry"], by_digest(image))
