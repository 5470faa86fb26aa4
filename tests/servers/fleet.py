"""Hosts for Ansible out of network namespaces: a stand-in for `ssh` enters them, so no server is needed.

Each has its own network, hostname, machine-id and /var/lib; everything else is this machine's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.servers.network import Network

# Ansible calls it as ssh: options, the address, and last the command.
_STAND_IN = """#!/bin/sh
for command; do :; done
exec ip netns exec "{namespace}" unshare --uts --mount -- sh -c '
  hostname "{hostname}"
  touch /etc/machine-id
  mount --bind "{folder}/machine-id" /etc/machine-id
  mount --bind "{folder}/lib" /var/lib
  # No name server is reached from there, and asking for one costs seconds.
  mount --bind "{folder}/hosts" /etc/hosts
  exec {before} sh -c "$1"' sh "$command"
"""
# What OpenSSH writes, word by word, when a host shows another key.
_CHANGED_KEY = """#!/bin/sh
cat >&2 <<'SAID'
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.
Please contact your system administrator.
Add correct host key in /home/you/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /home/you/.ssh/known_hosts:7
Host key for 10.99.2.2 has changed and you have requested strict checking.
Host key verification failed.
SAID
exit 255
"""


@dataclass
class Fleet:
    """An inventory of the hosts of a network; each may be made strange before it is written."""

    network: Network
    folder: Path
    hostnames: dict[str, str] = field(default_factory=dict)
    machine_ids: dict[str, str] = field(default_factory=dict)
    # What a host's commands are started with: faketime, setarch.
    before: dict[str, str] = field(default_factory=dict)
    changed_keys: set[str] = field(default_factory=set)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> Path:
        """Writes stand-ins and inventory; the inventory's path."""
        for place, name in enumerate(self.network.names, start=1):
            mine = self.folder / name
            (mine / "lib").mkdir(parents=True, exist_ok=True)
            (mine / "machine-id").write_text(self.machine_ids.get(name, f"{place:032x}") + "\n")
            hostname = self.hostnames.get(name, name)
            (mine / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n")
            text = _STAND_IN.format(
                namespace=f"{self.network.prefix}-{name}",
                hostname=hostname,
                folder=mine,
                before=self.before.get(name, ""),
            )
            (mine / "ssh").write_text(_CHANGED_KEY if name in self.changed_keys else text)
            (mine / "ssh").chmod(0o755)
        first = next(iter(self.network.names))
        path = self.folder / "inventory.yml"
        path.write_text(
            yaml.safe_dump(
                {
                    "all": {
                        "hosts": {name: self._host(name) for name in self.network.names},
                        "children": {
                            group: {"hosts": {first: {}}}
                            for group in ("manager", "builder", "registry", "edge")
                        },
                    }
                }
            )
        )
        return path

    def _host(self, name: str) -> dict[str, Any]:
        return {
            "ansible_host": self.network.addresses[name],
            # As root nothing has to become root.
            "ansible_user": "root",
            "ansible_ssh_executable": str(self.folder / name / "ssh"),
            "ansible_python_interpreter": sys.executable,
            **self.variables.get(name, {}),
        }
