"""Takes the laboratory off one host: what carries its label, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from .registry_trust import without_name

_DEADLINE_SECONDS = 60
_DATA_FOLDERS = (Path("/var/lib/remlab"),)
_OTHER_FOLDERS = (Path("/etc/remlab"), Path("/var/cache/remlab"))
_FIREWALL = Path("/usr/local/sbin/remlab-firewall")
_FIREWALL_UNIT = Path("/etc/systemd/system/remlab-firewall.service")
_HOSTS = Path("/etc/hosts")
_CERTIFICATES = Path("/etc/docker/certs.d")


class AnotherMachine(RuntimeError):
    """What answers there is not the host that left the laboratory, or not ready to leave it."""


class Teardown:
    """One host; `done` collects what was removed, in words."""

    def __init__(
        self,
        client: Any | None,
        project: str,
        *,
        keep_volumes: bool,
        keep_folders: bool,
        check: bool,
        registry: str = "",
    ) -> None:
        """`client`: the SDK's low-level client, or None where no engine answers."""
        self._client = client
        self._project = project
        self._filters = {"label": [f"remlab.project={project}"]}
        self._keep_volumes = keep_volumes
        self._keep_folders = keep_folders
        self._registry = registry
        self._check = check
        self.done: list[str] = []

    def run(self) -> None:
        """Remove services first, so that nothing is started again; then what they were made of."""
        if self._client is not None:
            self._services()
            self._swarm()
            self._rest()
        self._host()

    def clean_former(self, node_id: str) -> None:
        """The same for a host that left the inventory, while the laboratory goes on elsewhere.

        :param node_id: under which the Swarm knows the host; empty where it has left already.
        :raises AnotherMachine: the host is in some other Swarm, or manages one; nothing was touched.
        """
        client = self._client
        if client is not None:
            swarm = client.info()["Swarm"]
            member = swarm.get("LocalNodeState", "inactive") != "inactive"
            if member and swarm.get("NodeID") != node_id:
                raise AnotherMachine("it is part of another Swarm by now, so it was left alone")
            if member and not self._lost_control(client):
                raise AnotherMachine("it still manages the Swarm")
            if member:
                self._do("the Swarm", lambda: client.leave_swarm(force=True))
            self._rest()
        self._host()

    def _lost_control(self, client: Any) -> bool:
        """Whether the host is no manager; one that was made a worker notices it some seconds later."""
        # In check mode nobody has made it a worker, which comes before this.
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not self._check and client.info()["Swarm"].get("ControlAvailable"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True

    def volumes(self) -> list[str]:
        """Names of the laboratory's volumes that are on the host now."""
        if self._client is None:
            return []
        return sorted(
            volume["Name"] for volume in self._client.volumes(filters=self._filters).get("Volumes") or []
        )

    def _rest(self) -> None:
        self._containers()
        self._networks()
        if not self._keep_volumes:
            self._volumes()
        self._images()

    def _do(self, what: str, action: Callable[[], Any]) -> None:
        self.done.append(what)
        if not self._check:
            action()

    def _services(self) -> None:
        client = self._client
        assert client is not None
        if not client.info()["Swarm"].get("ControlAvailable"):
            return
        for service in client.services(filters=self._filters):
            self._do(f"service {service['Spec']['Name']}", partial(client.remove_service, service["ID"]))
        if self._check:
            return
        self._wait(lambda: not client.tasks(filters=self._filters))
        for secret in client.secrets(filters=self._filters):
            client.remove_secret(secret["ID"])
        for config in client.configs(filters=self._filters):
            client.remove_config(config["ID"])

    def _swarm(self) -> None:
        """Leave the Swarm, unless it runs services of somebody else."""
        client = self._client
        assert client is not None
        swarm = client.info()["Swarm"]
        if swarm.get("LocalNodeState") == "inactive":
            return
        if swarm.get("ControlAvailable"):
            if [service for service in client.services() if not self._ours(service["Spec"])]:
                self.done.append("kept the Swarm, which runs services that are not the laboratory's")
                return
            for network in client.networks(filters=self._filters | {"driver": ["overlay"]}):
                self._do(f"network {network['Name']}", partial(client.remove_network, network["Id"]))
        self._do("the Swarm", lambda: client.leave_swarm(force=True))

    def _ours(self, spec: dict[str, Any]) -> bool:
        return bool((spec.get("Labels") or {}).get("remlab.project") == self._project)

    def _containers(self) -> None:
        client = self._client
        assert client is not None
        for container in client.containers(all=True, filters=self._filters):
            name = container["Names"][0].lstrip("/") if container["Names"] else container["Id"][:12]
            self._do(
                f"container {name}",
                partial(self._gone, client.remove_container, container["Id"], force=True, v=True),
            )

    def _networks(self) -> None:
        client = self._client
        assert client is not None
        for network in client.networks(filters=self._filters):
            self._do(f"network {network['Name']}", partial(self._gone, client.remove_network, network["Id"]))

    def _volumes(self) -> None:
        client = self._client
        assert client is not None
        for volume in client.volumes(filters=self._filters).get("Volumes") or []:
            self._do(f"volume {volume['Name']}", partial(client.remove_volume, volume["Name"], force=True))

    def _images(self) -> None:
        client = self._client
        assert client is not None
        images = client.images(filters=self._filters, all=True)
        for image in images:
            self.done.append(f"image {(image.get('RepoTags') or [image['Id'][7:19]])[0]}")
        left = [] if self._check else [image["Id"] for image in images]
        # One from which others were made goes after them. What somebody else made of ours stays.
        before = len(left) + 1
        while left and len(left) < before:
            before = len(left)
            left = [identifier for identifier in left if not self._image_goes(identifier)]

    def _image_goes(self, identifier: str) -> bool:
        import docker

        try:
            self._gone(self._remove_image, identifier)
        except docker.errors.APIError as error:
            if error.status_code != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    def _remove_image(self, identifier: str) -> None:
        assert self._client is not None
        self._client.remove_image(identifier, force=True)

    def _gone(self, remove: Callable[..., Any], identifier: str, **options: Any) -> None:
        """Remove something that may have gone meanwhile, with its parent or its task."""
        import docker

        with suppress(docker.errors.NotFound):
            remove(identifier, **options)

    def _host(self) -> None:
        if _FIREWALL_UNIT.exists():
            self._do("the firewall's unit", self._firewall_unit)
        if _FIREWALL.exists():
            self._do("the firewall rules", self._firewall)
        if self._registry:
            self._registry_trust()
        # Last: they tell that there is something left to do.
        folders = [*_OTHER_FOLDERS, *(() if self._keep_folders else _DATA_FOLDERS)]
        for folder in folders:
            if folder.exists():
                self._do(f"folder {folder}", partial(shutil.rmtree, folder, ignore_errors=True))

    def _firewall_unit(self) -> None:
        subprocess.run(
            ["systemctl", "disable", "--now", _FIREWALL_UNIT.name], check=False, capture_output=True
        )
        _FIREWALL_UNIT.unlink()
        subprocess.run(["systemctl", "daemon-reload"], check=False, capture_output=True)

    def _firewall(self) -> None:
        subprocess.run([str(_FIREWALL), "remove"], check=True, capture_output=True)
        _FIREWALL.unlink()

    def _registry_trust(self) -> None:
        hosts = _HOSTS.read_text(encoding="utf-8")
        others = without_name(hosts, self._registry)
        if len(others.splitlines()) != len(hosts.splitlines()):
            # Written in place: a container's /etc/hosts is a mount and cannot be replaced.
            self._do("the registry's name", lambda: _HOSTS.write_text(others, encoding="utf-8"))
        for folder in _CERTIFICATES.glob(f"{self._registry}:*"):
            self._do(f"folder {folder}", partial(shutil.rmtree, folder))

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.3)
