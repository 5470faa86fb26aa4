"""Volumes on the hosts: which are in use, and which a move left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from remlab.observe import RETIRED
from tests.infra.deployment import Deployment, Host


class Left(NamedTuple):
    """What a service leaves when it moves: the host, and its volume there."""

    service: str
    host: Host
    volume: str

    def is_kept(self) -> bool:
        """It is still there, and no container has it."""
        return self.volume in there(self.host, self.service) and users(self.host, self.volume) == []

    def is_recorded(self, deployment: Deployment) -> bool:
        """The lab knows that it was left behind."""
        return (self.host.name, self.volume) in retired(deployment)


def left_by(service: str, host: Host) -> Left:
    """What the service will leave, which runs on this host."""
    (volume,) = in_use(host, service)
    return Left(service, host, volume)


def in_use(host: Host, service: str) -> set[str]:
    """Volumes that running containers of a service have on the host."""
    return {volume for owner, volume in _mounts(host) if owner == service}


def mounted(deployment: Deployment) -> set[tuple[str, str]]:
    """Host and name of each volume that running containers of the lab have."""
    return {(name, volume) for name, host in deployment.hosts.items() for _, volume in _mounts(host)}


def there(host: Host, service: str) -> set[str]:
    """All volumes of a service on the host."""
    listed = host.machine.check_output(
        "docker volume ls --quiet --filter label=remlab.service=%s --filter label=remlab.project=%s",
        service,
        host.project,
    )
    return set(listed.split())


def users(host: Host, volume: str) -> list[str]:
    """Running containers that have a volume, those of jobs too."""
    return str(host.machine.check_output("docker ps --quiet --filter volume=%s", volume)).split()


def retired(deployment: Deployment) -> set[tuple[str, str]]:
    """Host and name of each volume that the lab knows to be left behind."""
    found = deployment.manager.machine.check_output(
        f"ids=$(docker config ls --quiet --filter label={RETIRED}); "
        'if [ -n "$ids" ]; then docker config inspect $ids; else echo "[]"; fi'
    )
    labels = [one["Spec"]["Labels"] for one in json.loads(found)]
    return {(one["remlab.host"], one[RETIRED]) for one in labels}


def _mounts(host: Host) -> Iterator[tuple[str, str]]:
    """Service and volume of each mount that is one."""
    for one in host.containers():
        for mount in one["Mounts"]:
            if mount["Type"] == "volume":
                yield one["Config"]["Labels"]["remlab.service"], mount["Name"]
