"""From a service file to the Engine API's service object, and back to words for what differs.

The shapes are those of the Docker Engine API 1.41, "ServiceSpec". Times are nanoseconds there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .state import DesiredService, ObservedReplica

USER = "10001:10001"
_UID = _GID = "10001"
_SECOND = 1_000_000_000
_MB = 1024 * 1024
# A task that fails within this time after it became healthy counts against its update.
_MONITOR_SECONDS = 8
_RESTART_DELAY_SECONDS = 1
# Time that an operator has to read a failing container's last words before the log turns over.
_LOG_OPTIONS = {"max-size": "10m", "max-file": "3"}


@dataclass(frozen=True)
class Surroundings:
    """What the Swarm already holds and a service refers to."""

    project: str
    network_id: str = ""
    # Inventory name -> Swarm node id.
    node_ids: Mapping[str, str] = field(default_factory=dict)
    # Secret name in the service file -> (name in the Swarm, id).
    secrets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    # JSON for services that want to know the others.
    service_list: str = "[]"


def volume_name(project: str, service: str, volume: str, number: int, generation: int = 1) -> str:
    """The name of a volume on its host; each move makes a new generation."""
    return f"{project}-{service}-{volume}-{number}-{generation}"


def secret_version(name: str, value: bytes) -> str:
    """The name under which the Swarm keeps this value: another value gets another name."""
    return f"{name}-{hashlib.sha256(value).hexdigest()[:12]}"


def engine_spec(
    service: DesiredService,
    number: int,
    host: str,
    around: Surroundings,
    volumes: Mapping[str, str],
    *,
    first_start: bool = False,
) -> dict[str, Any]:
    """The service object that the engine shall have for one replica.

    :param volumes: volume name in the service file -> name of the volume on the host.
    :param first_start: its volumes are new, and so may be empty.
    """
    spec = service.spec
    labels = _labels(service, number, host, around)
    return {
        "Name": f"{service.name}-{number}",
        "Labels": labels,
        "TaskTemplate": {
            "ContainerSpec": _container(service, number, around, volumes, labels, first_start=first_start),
            "Resources": {"Limits": _limits(spec["limits"])},
            "RestartPolicy": {"Condition": "any", "Delay": _RESTART_DELAY_SECONDS * _SECOND},
            "Placement": {"Constraints": [f"node.id=={around.node_ids.get(host, '')}"]},
            "Networks": [{"Target": around.network_id, "Aliases": [service.name]}],
            "LogDriver": {"Name": "json-file", "Options": dict(_LOG_OPTIONS)},
        },
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": _rollout(spec["update_order"], "rollback"),
        "RollbackConfig": _rollout(spec["update_order"], "pause"),
        "EndpointSpec": {"Mode": "dnsrr", "Ports": [_port(port) for port in spec["ports"]]},
    }


def one_shot_spec(
    service: DesiredService,
    host: str,
    around: Surroundings,
    *,
    command: list[str],
    name: str,
    volumes: Mapping[str, str] | None = None,
    read_only_volumes: bool = False,
    extra_secrets: Mapping[str, tuple[str, str]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A service that runs one command in the service's image and surroundings, once.

    :param volumes: volume name in the service file -> name on the host; only these are mounted.
    :param extra_secrets: file name -> (name in the Swarm, id), beside the service's own.
    :param environment: variables beside the service's own.
    """
    spec = engine_spec(service, 1, host, around, volumes or {})
    spec["Name"] = name
    spec["Labels"] = {"remlab.project": around.project, "remlab.job": service.name}
    container = spec["TaskTemplate"]["ContainerSpec"]
    container["Command"], container["Args"] = command, []
    container["Labels"] = spec["Labels"]
    container["Hostname"] = name[:63]
    wanted = set((volumes or {}).values())
    container["Mounts"] = [
        mount | ({"ReadOnly": True} if mount["Type"] == "volume" and read_only_volumes else {})
        for mount in container["Mounts"]
        if mount["Type"] == "tmpfs" or mount["Source"] in wanted
    ]
    container["Env"] = sorted([*container["Env"], *(f"{k}={v}" for k, v in (environment or {}).items())])
    container["Secrets"] += [
        _secret(file_name, replace(around, secrets=extra_secrets or {})) for file_name in extra_secrets or {}
    ]
    container["Healthcheck"] = {"Test": ["NONE"]}
    container.pop("StopSignal", None)
    # An alias would make the job answer for the service.
    spec["TaskTemplate"]["Networks"][0].pop("Aliases")
    spec["TaskTemplate"]["RestartPolicy"] = {"Condition": "none"}
    spec["EndpointSpec"] = {"Mode": "dnsrr", "Ports": []}
    return spec


def _labels(service: DesiredService, number: int, host: str, around: Surroundings) -> dict[str, str]:
    return {
        "remlab.project": around.project,
        "remlab.service": service.name,
        "remlab.replica": str(number),
        "remlab.host": host,
        "remlab.image-tag": service.image.tag,
    }


def _container(
    service: DesiredService,
    number: int,
    around: Surroundings,
    volumes: Mapping[str, str],
    labels: Mapping[str, str],
    *,
    first_start: bool,
) -> dict[str, Any]:
    spec = service.spec
    container: dict[str, Any] = {
        "Image": service.image.reference,
        "Hostname": f"{service.name}-{number}",
        "Args": list(spec["command"]),
        "Env": _environment(spec, around, first_start=first_start),
        "User": USER,
        "Labels": dict(labels),
        "ReadOnly": "read_only" not in spec["exceptions"],
        "Init": "init" not in spec["exceptions"],
        "CapabilityDrop": ["ALL"],
        "StopGracePeriod": spec["stop_grace_seconds"] * _SECOND,
        "Healthcheck": _health(spec["health"]),
        "Mounts": _mounts(service, number, around.project, volumes),
        "Secrets": [_secret(name, around) for name in sorted(spec["secrets"])],
    }
    if spec["stop_signal"]:
        container["StopSignal"] = spec["stop_signal"]
    return container


def _environment(spec: Mapping[str, Any], around: Surroundings, *, first_start: bool) -> list[str]:
    values = {name: _as_text(value) for name, value in spec["environment"].items()}
    if spec["lists_services_in"]:
        values[spec["lists_services_in"]] = around.service_list
    if spec["expects_data_in"]:
        values[spec["expects_data_in"]] = "0" if first_start else "1"
    return [f"{name}={values[name]}" for name in sorted(values)]


def _as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, (bool, list, dict)) else str(value)


def _health(health: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Test": ["CMD", *health["command"]],
        "Interval": health["interval_seconds"] * _SECOND,
        "Timeout": health["timeout_seconds"] * _SECOND,
        "Retries": health["retries"],
        "StartPeriod": health["start_period_seconds"] * _SECOND,
    }


def _mounts(
    service: DesiredService, number: int, project: str, volumes: Mapping[str, str]
) -> list[dict[str, Any]]:
    spec = service.spec
    mounts: list[dict[str, Any]] = [
        {
            "Type": "volume",
            "Source": volumes.get(volume["name"])
            or volume_name(project, service.name, volume["name"], number),
            "Target": volume["path"],
            "VolumeOptions": {
                "Labels": {
                    "remlab.project": project,
                    "remlab.service": service.name,
                    "remlab.volume": volume["name"],
                }
            },
        }
        for volume in spec["volumes"]
    ]
    mounts += [
        {"Type": "bind", "Source": bind["source"], "Target": bind["target"], "ReadOnly": True}
        for bind in spec["binds"]
    ]
    mounts += [
        {
            "Type": "tmpfs",
            "Target": tmpfs["path"],
            "TmpfsOptions": {"SizeBytes": tmpfs["size_mb"] * _MB, "Mode": 0o1777},
        }
        for tmpfs in spec["tmpfs"]
    ]
    return mounts


def _secret(name: str, around: Surroundings) -> dict[str, Any]:
    version, identifier = around.secrets.get(name, (name, ""))
    return {
        "SecretID": identifier,
        "SecretName": version,
        "File": {"Name": name, "UID": _UID, "GID": _GID, "Mode": 0o400},
    }


def _limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "NanoCPUs": int(limits["cpus"] * _SECOND),
        "MemoryBytes": limits["memory_mb"] * _MB,
        "Pids": limits["pids"],
    }


def _rollout(order: str, on_failure: str) -> dict[str, Any]:
    return {
        "Parallelism": 1,
        "Order": order,
        "FailureAction": on_failure,
        "Monitor": _MONITOR_SECONDS * _SECOND,
    }


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Protocol": port["protocol"],
        "TargetPort": port["target"],
        "PublishedPort": port["published"],
        "PublishMode": "host",
    }


# Path in the engine's object -> what an operator calls it. The first that fits is taken.
_WORDS = (
    (("TaskTemplate", "ContainerSpec", "Image"), "image"),
    (("TaskTemplate", "ContainerSpec", "Args"), "command"),
    (("TaskTemplate", "ContainerSpec", "Env"), "environment"),
    (("TaskTemplate", "ContainerSpec", "Secrets"), "secrets"),
    (("TaskTemplate", "ContainerSpec", "Mounts"), "volumes"),
    (("TaskTemplate", "ContainerSpec", "Healthcheck"), "health check"),
    (("TaskTemplate", "ContainerSpec", "Labels"), ""),
    (("Labels",), ""),
    (("TaskTemplate", "Resources"), "limits"),
    (("TaskTemplate", "Placement"), "placement"),
    (("TaskTemplate", "Networks"), "network"),
    (("EndpointSpec",), "ports"),
    (("UpdateConfig",), "rollout"),
    (("RollbackConfig",), "rollout"),
    (("Mode",), "replicas"),
)


def differences(service: DesiredService, wanted: Mapping[str, Any], running: ObservedReplica) -> list[str]:
    """In words, in what a running replica differs from what is wanted.

    An image that is not built yet is told by its tag alone.
    """
    words: list[str] = []
    for path in _differing_paths(wanted, running.engine_spec):
        word = next((word for prefix, word in _WORDS if path[: len(prefix)] == prefix), "settings")
        if word == "image" or (not word and path[-1] == "remlab.image-tag"):
            word = _image_word(service, running)
        elif word:
            word = f"{word} changed"
        else:
            word = "labels changed"
        if word and word not in words:
            words.append(word)
    return words


def _image_word(service: DesiredService, running: ObservedReplica) -> str:
    if service.image.tag == running.image_tag:
        # A digest that is unknown (nothing was built in check mode) is no difference.
        return "image pushed anew" if service.image.reference else ""
    return f"image {running.image_tag[:8] or 'unknown'} → {service.image.short}"


def _differing_paths(wanted: Any, running: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of all values that we ask for and the engine does not have; what it adds is its own."""
    if isinstance(wanted, Mapping):
        running = running if isinstance(running, Mapping) else {}
        found = []
        for key, value in wanted.items():
            if key != "SecretID":  # follows from the name
                found += _differing_paths(value, running.get(key), (*path, key))
        return found
    if isinstance(wanted, list) and isinstance(running, list) and len(wanted) == len(running):
        found = []
        for ours, theirs in zip(wanted, running, strict=True):
            found += _differing_paths(ours, theirs, path)
        return found
    # The engine leaves out what is empty.
    return [] if wanted == running or (not wanted and not running) else [path]
