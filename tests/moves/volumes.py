"""Volumes on the hosts: which are in use, and which a move left behind."""

from __future__ import annotations

from tests.infra.deployment import Deployment, Host

_SECRETS = "/var/lib/remlab/secrets"


def in_use(host: Host, service: str) -> set[str]:
    """Volumes that running containers of a service have on the host."""
    return {
        mount["Name"]
        for one in host.containers()
        for mount in one["Mounts"]
        if mount["Type"] == "volume" and one["Config"]["Labels"]["remlab.service"] == service
    }


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


def recorded_as_retired(deployment: Deployment, host: Host, volume: str) -> bool:
    """Whether the lab knows that a volume was left behind: in its records on manager or host, or in the Swarm."""
    manager = deployment.manager.machine
    notes = manager.check_output("docker node inspect $(docker node ls --quiet)")
    notes += manager.check_output("docker info --format '{{json .Swarm.Cluster}}'")
    if volume in notes:
        return True
    search = f"grep -rqF --exclude-dir={_SECRETS.rpartition('/')[2]} %s {_SECRETS.rpartition('/')[0]}"
    return any(machine.run(search, volume).rc == 0 for machine in (manager, host.machine))
