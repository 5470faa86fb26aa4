"""Asks the private registry for digests (HTTP API of the distribution registry, version 2)."""

from __future__ import annotations

import base64
import http.client
import ssl
from pathlib import Path

#: Kinds of manifest that an image may have; without them the registry answers with another digest.
ACCEPTED = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)


class RegistryUnavailable(Exception):
    """The registry cannot be asked; the message says why."""


class RegistryClient:
    """One connection to a registry behind TLS and a password."""

    def __init__(
        self, *, host: str, port: int, ca_file: Path, user: str, password: str, timeout_seconds: float = 3
    ) -> None:
        if not ca_file.is_file():
            raise RegistryUnavailable(f"{ca_file} is missing")
        context = ssl.create_default_context(cafile=str(ca_file))
        self._connection = http.client.HTTPSConnection(host, port, timeout=timeout_seconds, context=context)
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Accept": ACCEPTED}

    def check(self) -> None:
        """Raise RegistryUnavailable unless the registry answers and takes the password."""
        status, _ = self._head("/v2/", method="GET")
        if status == http.HTTPStatus.UNAUTHORIZED:
            raise RegistryUnavailable("it does not take the password")
        if status != http.HTTPStatus.OK:
            raise RegistryUnavailable(f"it answers with status {status}")

    def digest(self, repository: str, tag: str) -> str | None:
        """Return the digest (sha256:…) of a tag, or None if the registry has no such image."""
        status, digest = self._head(f"/v2/{repository}/manifests/{tag}")
        if status == http.HTTPStatus.NOT_FOUND:
            return None
        if status != http.HTTPStatus.OK or not digest:
            raise RegistryUnavailable(f"asked for {repository}:{tag}, it answers with status {status}")
        return digest

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _head(self, path: str, *, method: str = "HEAD") -> tuple[int, str]:
        try:
            self._connection.request(method, path, headers=self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise RegistryUnavailable(str(error) or type(error).__name__) from error
        return answer.status, answer.getheader("Docker-Content-Digest", "")
