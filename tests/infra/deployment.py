"""A deployed lab as its inventory describes it, and its hosts as they are."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import testinfra
from testinfra.host import Host as Machine

_ROOT = Path(__file__).resolve().parents[2]
_TAIL_LINES = 25


@dataclass(frozen=True)
class Replica:
    """One container that the inventory asks for."""

    service: str
    number: int
    host: str

    @property
    def name(self) -> str:
        """Name of its Swarm service."""
        return f"{self.service}-{self.number}"


@dataclass
class Host:
    """A host of the inventory."""

    name: str
    project: str
    reached: dict[str, Any]

    @cached_property
    def machine(self) -> Machine:
        """The host for commands as root."""
        if self.reached["connection"] == "local":
            return testinfra.get_host("local://", sudo=os.geteuid() != 0)
        user = f"{self.reached['user']}@" if self.reached["user"] else ""
        return testinfra.get_host(
            f"ssh://{user}{self.reached['address']}:{self.reached['port']}",
            ssh_identity_file=self.reached["key_file"] or None,
            ssh_extra_args=self.reached["arguments"] or None,
            sudo=self.reached["user"] != "root",
        )

    @property
    def is_test_host(self) -> bool:
        """Whether the tests made it, so that it may be asked from outside and changed."""
        return bool(self.reached["is_test_host"])

    @cached_property
    def address(self) -> str:
        """IPv4 address of its default route."""
        route = json.loads(self.machine.check_output("ip -json -4 route show default"))
        links = json.loads(self.machine.check_output("ip -json -4 address show dev %s", route[0]["dev"]))
        return str(links[0]["addr_info"][0]["local"])

    def outside(self, port: int) -> tuple[str, int]:
        """Address and port at which this machine finds a port of the host."""
        if not self.is_test_host:
            return self.address, port
        for published in self.reached["published"]:
            outer, _, inner = published.partition(":")
            if int(inner or outer) == port:
                return "127.0.0.1", int(outer)
        raise LookupError(f"port {port} of {self.name} is not in its test_hosts_published")

    def services(self) -> list[str]:
        """The services that it runs now, once for each container, sorted."""
        return sorted(one["Config"]["Labels"]["remlab.service"] for one in self.containers())

    def containers(self) -> list[dict[str, Any]]:
        """What the engine knows of the lab's running containers, asked anew."""
        found = self.machine.check_output("docker ps --quiet --filter label=remlab.project=%s", self.project)
        if not found:
            return []
        inspected: list[dict[str, Any]] = json.loads(
            self.machine.check_output(f"docker inspect {' '.join(found.split())}")
        )
        return [one for one in inspected if "remlab.replica" in one["Config"]["Labels"]]


@dataclass
class Deployment:
    """What the inventory and the service files say."""

    inventory: Path
    lab: dict[str, Any]
    hosts: dict[str, Host]
    _containers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def public_url(self) -> str:
        """The lab's one address, without a slash at its end."""
        return str(self.lab["public_url"]).rstrip("/")

    @property
    def authority(self) -> str:
        """Host and port of the public address."""
        return urlsplit(self.public_url).netloc

    @property
    def own_authority(self) -> bool:
        """Whether the front door's certificate comes from the lab's own authority, which nobody trusts yet."""
        return bool(self.lab["tls"] == "internal")

    @property
    def device_url(self) -> str:
        """Where devices connect."""
        return f"ws://{urlsplit(self.public_url).hostname}:{self.lab['device_port']}"

    @property
    def services(self) -> dict[str, Any]:
        """The specs of the services that this inventory deploys."""
        return {name: self.lab["services"][name] for name in self.lab["placement"]}

    @property
    def replicas(self) -> list[Replica]:
        """Every container that should run."""
        return [
            Replica(service, number, host)
            for service, hosts in sorted(self.lab["placement"].items())
            for number, host in enumerate(hosts, start=1)
        ]

    def wanted_on(self, host: str) -> list[str]:
        """The services that a host should run, sorted."""
        return sorted(service for service, hosts in self.lab["placement"].items() if host in hosts)

    def misplaced(self) -> dict[str, tuple[list[str], list[str]]]:
        """Host -> the services that run there and that should, for those where it is not the same."""
        found = {name: (host.services(), self.wanted_on(name)) for name, host in self.hosts.items()}
        return {name: (runs, wanted) for name, (runs, wanted) in found.items() if runs != wanted}

    @property
    def manager(self) -> Host:
        """The first manager."""
        return self.hosts[self.lab["managers"][0]]

    def container(self, replica: Replica) -> dict[str, Any]:
        """The container of a replica as it was when first asked for; fails with its log if there is none."""
        if replica.host not in self._containers:
            self._containers[replica.host] = self.hosts[replica.host].containers()
        for one in self._containers[replica.host]:
            labels = one["Config"]["Labels"]
            if (labels["remlab.service"], labels["remlab.replica"]) == (replica.service, str(replica.number)):
                return one
        raise AssertionError(f"{replica.name} does not run on {replica.host}:\n{self.log(replica)}")

    def log(self, replica: Replica, lines: int = _TAIL_LINES) -> str:
        """The last lines that a replica wrote."""
        command = "docker service logs --raw --no-trunc --tail %s %s 2>&1"
        return str(self.manager.machine.run(command, str(lines), replica.name).stdout)

    def logs(self, service: str) -> str:
        """The last lines of every replica of a service, for the message of a failed test."""
        return "\n".join(self.log(replica) for replica in self.replicas if replica.service == service)


def describe(inventory: Path) -> Deployment:
    """Read an inventory as the deploy does, by a small playbook."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                "--inventory",
                str(inventory),
                "--extra-vars",
                f"describe_to={folder}",
                str(_ROOT / "tests/infra/describe.yml"),
            ],
            env=os.environ | {"ANSIBLE_CONFIG": str(_ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{inventory} cannot be read:\n{done.stdout}")
        lab = json.loads((Path(folder) / "lab.json").read_text(encoding="utf-8"))
        reached = [json.loads(path.read_text(encoding="utf-8")) for path in Path(folder).glob("host-*.json")]
    return Deployment(
        inventory=inventory,
        lab=lab,
        hosts={one["name"]: Host(one["name"], lab["project"], one) for one in reached},
    )
