"""The Docker Engine of this host, through Docker's own SDK for Python.

The SDK's low-level client is used with the API's own objects: its helper classes know
neither capabilities nor process limits in the releases that Debian and Ubuntu ship.
"""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_API_VERSION = "1.41"
_READ_TIMEOUT_SECONDS = 60
_STALE_VERSION_TRIES = 5


class EngineAbsent(RuntimeError):
    """No engine answers on this host."""


class EngineRefused(RuntimeError):
    """The engine refused what it was asked; says what it said."""


def node_address(node: Mapping[str, Any]) -> str:
    """The address at which the Swarm finds a node."""
    # The leader's own status may say 0.0.0.0.
    manager = (node.get("ManagerStatus") or {}).get("Addr", "")
    return str(manager.rpartition(":")[0] or node["Status"].get("Addr", ""))


@dataclass(frozen=True)
class RegistryLogin:
    """How the engine pulls from the laboratory's registry."""

    server: str
    username: str
    password: str

    @property
    def header(self) -> str:
        fields = {"username": self.username, "password": self.password, "serveraddress": self.server}
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()


class Engine:
    """A few calls, each one request; the answers are the API's own objects."""

    def __init__(self, project: str) -> None:
        try:
            import docker
        except ImportError as error:
            raise EngineAbsent("the Docker SDK for Python is not installed") from error
        self._project = project
        self._errors = docker.errors
        try:
            # Any: its calls and the private helpers used here are not typed.
            self._client: Any = docker.APIClient(version=_API_VERSION, timeout=_READ_TIMEOUT_SECONDS)
            self._client.ping()
        except (docker.errors.DockerException, OSError) as error:
            raise EngineAbsent(f"no Docker Engine answers: {error}") from error

    @property
    def _ours(self) -> dict[str, list[str]]:
        return {"label": [f"remlab.project={self._project}"]}

    def swarm(self) -> dict[str, Any]:
        """The engine's view of its Swarm: LocalNodeState, NodeID, NodeAddr, ControlAvailable …"""
        info: dict[str, Any] = self._client.info()["Swarm"]
        return info

    def init_swarm(self, address: str) -> None:
        body = {"ListenAddr": f"{address}:2377", "AdvertiseAddr": address, "DataPathAddr": address}
        self._post("/swarm/init", body)

    def leave_swarm(self) -> None:
        self._client.leave_swarm(force=True)

    def nodes(self) -> list[dict[str, Any]]:
        return list(self._client.nodes())

    def leads(self) -> bool:
        """Whether this manager can ask the Swarm; not without a majority of the managers."""
        try:
            self._client.nodes()
        except (self._errors.APIError, OSError):
            return False
        return True

    def lost_nodes(self) -> frozenset[str]:
        """Ids of the nodes that do not answer the Swarm."""
        return frozenset(node["ID"] for node in self.nodes() if node["Status"]["State"] == "down")

    def label_node(self, node_id: str, labels: Mapping[str, str]) -> bool:
        """Adds labels to a node; says whether that changed anything."""
        node = self._client.inspect_node(node_id)
        spec = node["Spec"]
        merged = {**(spec.get("Labels") or {}), **labels}
        if merged == (spec.get("Labels") or {}):
            return False
        self._client.update_node(node_id, node["Version"]["Index"], {**spec, "Labels": merged})
        return True

    def node(self, node_id: str) -> dict[str, Any] | None:
        """One node, or None where the Swarm does not know it."""
        try:
            found: dict[str, Any] = self._client.inspect_node(node_id)
        except self._errors.NotFound:
            return None
        except self._errors.APIError as error:
            raise EngineRefused(str(error.explanation or error)) from error
        return found

    def set_node_role(self, node_id: str, role: str) -> None:
        """Asks for `manager` or `worker`; the call returns before it has come true.

        :raises EngineRefused: the Swarm does not know the node, or it would lose its quorum.
        """
        for left in reversed(range(_STALE_VERSION_TRIES)):
            node = self.node(node_id)
            if node is None:
                raise EngineRefused(f"the Swarm knows no node {node_id}")
            body = {**node["Spec"], "Role": role}
            try:
                self._post(f"/nodes/{node_id}/update?version={node['Version']['Index']}", body)
            except EngineRefused as error:
                if "out of sequence" not in str(error) or not left:
                    raise
                time.sleep(0.2)
            else:
                return

    def remove_node(self, node_id: str) -> None:
        """Forgets a node, also one that is not down; one that is unknown already is no error."""
        try:
            self._client.remove_node(node_id, force=True)
        except self._errors.NotFound:
            return
        except self._errors.APIError as error:
            raise EngineRefused(str(error.explanation or error)) from error

    def worker_token(self) -> str:
        """The secret with which a host joins as a worker."""
        return str(self._client.inspect_swarm()["JoinTokens"]["Worker"])

    def join_swarm(self, manager: str, token: str, address: str) -> None:
        """Joins as a worker.

        :param manager: address and port of a manager.
        :param address: IPv4 address of this host, for control and for data.
        """
        body = {
            "ListenAddr": f"{address}:2377",
            "AdvertiseAddr": address,
            "DataPathAddr": address,
            "RemoteAddrs": [manager],
            "JoinToken": token,
        }
        self._post("/swarm/join", body)

    def foreign_services(self) -> list[str]:
        """Names of the Swarm's services that are not the laboratory's."""
        key, _, value = self._ours["label"][0].partition("=")
        return sorted(
            one["Spec"]["Name"]
            for one in self._client.services()
            if (one["Spec"].get("Labels") or {}).get(key) != value
        )

    def services(self) -> list[dict[str, Any]]:
        return list(self._client.services(filters=self._ours))

    def service(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self._client.inspect_service(identifier)
        return found

    def tasks(self, service_id: str | None = None) -> list[dict[str, Any]]:
        filters = {"service": service_id} if service_id else self._ours
        return list(self._client.tasks(filters=filters))

    def create_service(self, spec: Mapping[str, Any], login: RegistryLogin | None) -> str:
        created = self._post("/services/create", spec, login)
        return str(created["ID"])

    def update_service(self, identifier: str, spec: Mapping[str, Any], login: RegistryLogin | None) -> None:
        # The Swarm bumps a service's version for reasons of its own; the answer is then "out of sequence".
        for left in reversed(range(_STALE_VERSION_TRIES)):
            version = self.service(identifier)["Version"]["Index"]
            try:
                self._post(f"/services/{identifier}/update?version={version}", spec, login)
            except EngineRefused as error:
                if "out of sequence" not in str(error) or not left:
                    raise
                time.sleep(0.2)
            else:
                return

    def scale_service(
        self, name: str, replicas: int, labels: Mapping[str, str | None], login: RegistryLogin | None
    ) -> None:
        """Starts or stops a service and changes labels of it (None: removes one), in one update."""
        spec = self.service(name)["Spec"]
        merged = {**spec["Labels"], **labels}
        changed = {
            **spec,
            "Labels": {key: value for key, value in merged.items() if value is not None},
            "Mode": {"Replicated": {"Replicas": replicas}},
        }
        self.update_service(name, changed, login)

    def remove_service(self, identifier: str) -> None:
        try:
            self._client.remove_service(identifier)
        except self._errors.NotFound:
            return

    def service_log(self, identifier: str, lines: int) -> str:
        """The last lines that a service's containers wrote, from wherever they run."""
        return self._log(f"/services/{identifier}/logs", lines)

    def task_log(self, identifier: str, lines: int) -> str:
        """The last lines that one task's container wrote."""
        return self._log(f"/tasks/{identifier}/logs", lines)

    def _log(self, path: str, lines: int) -> str:
        client = self._client
        params = {"stdout": "1", "stderr": "1", "tail": str(lines)}
        try:
            response = client.get(client._url(path), params=params, timeout=_READ_TIMEOUT_SECONDS)
            response.raise_for_status()
            return str(client._get_result_tty(False, response, False).decode(errors="replace").strip())
        except OSError as error:
            return f"(the log cannot be read: {error})"

    def health_output(self, container_id: str) -> str:
        """What the health check said last; empty where the container is not on this host any more."""
        try:
            state = self._client.inspect_container(container_id)["State"]
        except (self._errors.APIError, OSError):
            return ""
        log = (state.get("Health") or {}).get("Log") or []
        return str(log[-1]["Output"]).strip() if log else ""

    def containers(self) -> list[dict[str, Any]]:
        """Running containers of ours on this host."""
        return list(self._client.containers(filters=self._ours))

    def network(self, name: str) -> dict[str, Any] | None:
        return next((net for net in self._client.networks(names=[name]) if net["Name"] == name), None)

    def create_network(self, name: str, mtu: int, subnet: str) -> str:
        body = {
            "Name": name,
            "Driver": "overlay",
            "Attachable": True,
            "CheckDuplicate": True,
            "Options": {"com.docker.network.driver.mtu": str(mtu)},
            "IPAM": {"Driver": "default", "Config": [{"Subnet": subnet}]},
            "Labels": {"remlab.project": self._project},
        }
        return str(self._post("/networks/create", body)["Id"])

    def configs(self) -> list[dict[str, Any]]:
        return list(self._client.configs(filters=self._ours))

    def create_config(self, name: str, labels: Mapping[str, str]) -> str:
        """A config object that only carries labels; all managers know it."""
        data = base64.b64encode(name.encode()).decode()
        body = {"Name": name, "Data": data, "Labels": {"remlab.project": self._project, **labels}}
        return str(self._post("/configs/create", body)["ID"])

    def remove_config(self, identifier: str) -> None:
        try:
            self._client.remove_config(identifier)
        except self._errors.NotFound:
            return

    def volumes(self) -> list[dict[str, Any]]:
        """The laboratory's volumes on this host."""
        return list(self._client.volumes(filters=self._ours).get("Volumes") or [])

    def process_id(self, container_id: str) -> int:
        """Number of a container's first process on this host; 0 where it does not run."""
        try:
            return int(self._client.inspect_container(container_id)["State"]["Pid"])
        except (self._errors.APIError, OSError):
            return 0

    def stop_container(self, container_id: str) -> None:
        """Stops it in its own way and time; one that is gone is no error."""
        try:
            self._client.stop(container_id)
        except self._errors.NotFound:
            return
        except (self._errors.APIError, OSError) as error:
            raise EngineRefused(f"container {container_id[:12]} could not be stopped: {error}") from error

    def volume_bytes(self) -> dict[str, int]:
        """Name -> bytes of the laboratory's volumes on this host."""
        return {
            volume["Name"]: int((volume.get("UsageData") or {}).get("Size", 0))
            for volume in self._client.df().get("Volumes") or []
            if (volume.get("Labels") or {}).get("remlab.project") == self._project
        }

    def free_bytes(self) -> int:
        """What is free on the disk where its volumes lie."""
        return shutil.disk_usage(self._client.info()["DockerRootDir"]).free

    def remove_volume(self, name: str) -> None:
        """Removes a volume of this host, with containers that ended on it; one that is gone is no error.

        :raises EngineRefused: it is not the laboratory's, or a container uses it.
        """
        try:
            labels = self._client.inspect_volume(name).get("Labels") or {}
            if labels.get("remlab.project") != self._project:
                raise EngineRefused(f"the volume {name} is not the laboratory's; it was left alone")
            # Containers of removed services keep their volume until they are removed, too.
            over = {"volume": [name], "status": ["created", "exited", "dead"]}
            for container in self._client.containers(all=True, filters=over):
                self._client.remove_container(container["Id"])
            self._client.remove_volume(name)
        except self._errors.NotFound:
            return
        except self._errors.APIError as error:
            raise EngineRefused(f"{name}: {error.explanation or error}") from error

    def secrets(self) -> list[dict[str, Any]]:
        return list(self._client.secrets(filters=self._ours))

    def create_secret(self, name: str, value: bytes, label: str) -> str:
        body = {
            "Name": name,
            "Data": base64.b64encode(value).decode(),
            "Labels": {"remlab.project": self._project, "remlab.secret": label},
        }
        return str(self._post("/secrets/create", body)["ID"])

    def remove_secret(self, identifier: str) -> bool:
        """Removes a secret that nothing uses any more; one in use stays."""
        try:
            self._client.remove_secret(identifier)
        except self._errors.APIError:
            return False
        return True

    def _post(self, path: str, body: Mapping[str, Any], login: RegistryLogin | None = None) -> Any:
        client = self._client
        headers = {"X-Registry-Auth": login.header} if login else {}
        path, _, query = path.partition("?")
        params = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        response = client.post(
            client._url(path),
            json=body,
            headers=headers,
            params=params,
            timeout=_READ_TIMEOUT_SECONDS,
        )
        if response.status_code >= 400:
            raise EngineRefused(_message(response))
        return response.json() if response.content else None


def _message(response: Any) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError):
        return f"HTTP {response.status_code}: {response.text[:200]}"
