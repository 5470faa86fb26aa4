"""Lets a host find the laboratory's registry by its name and trust its certificate.

The engine reads both anew for each pull, so nothing has to be restarted.
"""

from __future__ import annotations

import re
from pathlib import Path

_HOSTS = Path("/etc/hosts")
_CERTIFICATES = Path("/etc/docker/certs.d")


def with_address(hosts: str, name: str, address: str) -> str:
    """The text of /etc/hosts in which `name` leads to `address`, and nowhere else."""
    return without_name(hosts, name) + f"{address} {name}\n"


def without_name(hosts: str, name: str) -> str:
    """The text of /etc/hosts in which `name` leads nowhere."""
    others = [line for line in hosts.splitlines() if not re.search(rf"\s{re.escape(name)}(\s|$)", line)]
    return "".join(f"{line}\n" for line in others)


def trust(
    *,
    name: str,
    port: int,
    address: str,
    authority: str,
    check: bool,
    hosts_file: Path = _HOSTS,
    certificates: Path = _CERTIFICATES,
) -> list[str]:
    """Writes what differs; returns the paths of the files that did.

    :param authority: the registry's CA, PEM.
    :param check: writes nothing.
    """
    hosts = hosts_file.read_text(encoding="utf-8")
    known = re.search(rf"^{re.escape(address)}\s+{re.escape(name)}$", hosts, re.MULTILINE)
    wanted = {certificates / f"{name}:{port}" / "ca.crt": authority}
    if not known:
        wanted[hosts_file] = with_address(hosts, name, address)
    differing = [
        path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path in [] if check else differing:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Written in place: a container's /etc/hosts is a mount and cannot be replaced.
        path.write_text(wanted[path], encoding="utf-8")
    return [str(path) for path in differing]
