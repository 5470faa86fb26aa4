"""The registry's configuration file (YAML, of which JSON is a part).

Its keys are described in the registry's documentation, "Configuring a registry".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remlab_launch.surroundings import SECRETS, secret, write_private

FILE = Path("/tmp/registry.yml")  # noqa: S108 - the container's own tmpfs
PORT = 5000
STORAGE = Path("/var/lib/remlab/registry")


@dataclass(frozen=True)
class Settings:
    """Where the registry listens, where its images lie, and who may come in."""

    certificate: Path
    key: Path
    htpasswd: Path
    # Signs the state of uploads that clients hand back; the same after a restart.
    upload_secret: str
    storage: Path = STORAGE
    listen: str = f":{PORT}"
    log_level: str = "warn"


def settings(secrets: Path = SECRETS) -> Settings:
    """From the container's secrets.

    :raises SurroundingsError: one is missing.
    """
    for name in ("registry_tls_certificate", "registry_htpasswd"):
        secret(name, secrets)
    key = secret("registry_tls_key", secrets)
    return Settings(
        certificate=secrets / "registry_tls_certificate",
        key=secrets / "registry_tls_key",
        htpasswd=secrets / "registry_htpasswd",
        upload_secret=hashlib.sha256(b"uploads of the registry with the key " + key.encode()).hexdigest(),
    )


def rendered(settings: Settings) -> str:
    """The file's text."""
    options: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": settings.log_level, "formatter": "text", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(settings.storage)},
            # Old images are pruned. A cache would go on naming blobs that the pruning removed,
            # and the next push would leave them out.
            "delete": {"enabled": True},
            "maintenance": {
                "uploadpurging": {"enabled": True, "age": "24h", "interval": "6h", "dryrun": False}
            },
        },
        "http": {
            "addr": settings.listen,
            "secret": settings.upload_secret,
            "tls": {
                "certificate": str(settings.certificate),
                "key": str(settings.key),
                "minimumtls": "tls1.2",
            },
            "headers": {"X-Content-Type-Options": ["nosniff"]},
        },
        "auth": {"htpasswd": {"realm": "remlab", "path": str(settings.htpasswd)}},
        "health": {"storagedriver": {"enabled": True, "interval": "10s", "threshold": 3}},
    }
    return json.dumps(options, indent=2) + "\n"


def write_configuration(settings: Settings, file: Path = FILE) -> Path:
    """Writes it where only this user can read it."""
    return write_private(file, rendered(settings))
