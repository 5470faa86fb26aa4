"""Whether a machine can take what the inventory puts on it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MIRROR_TIMEOUT_SECONDS = 8
_KIB = 1024
_MIB = 1024 * 1024
# Half the asked disk is for the first deploy; a machine that has deployed needs room for one more release.
_LATER_DISK_SHARE = 0.2


@dataclass(frozen=True)
class HostFacts:
    """What was read from one machine."""

    name: str
    system: str
    cores: int
    memory_mb: int
    disk_free_mb: int
    disk_path: str
    engine: bool
    # Port -> what listens there, for ports that are not ours.
    taken_ports: Mapping[int, str]
    # Mirror -> why it does not answer; only looked at where something has to be installed.
    dead_mirrors: Mapping[str, str]


def faults(facts: HostFacts, minimum: Mapping[str, int], ports: Sequence[int]) -> list[str]:
    """One sentence for each reason why this machine cannot take the laboratory."""
    return list(_faults(facts, minimum, ports))


def _faults(facts: HostFacts, minimum: Mapping[str, int], ports: Sequence[int]) -> Iterator[str]:
    if facts.system != "Linux":
        yield f"{facts.name} runs {facts.system}; the laboratory needs Debian 12 or 13 or Ubuntu 24.04"
    if facts.cores < minimum["cores"]:
        yield f"{facts.name} has {facts.cores} core; it needs {minimum['cores']} (lab_minimum_cores)"
    if facts.memory_mb < minimum["memory_mb"]:
        yield f"{facts.name} has {facts.memory_mb} MB of memory; it needs {minimum['memory_mb']} (lab_minimum_memory_mb)"
    needed = minimum["disk_mb"] if not facts.engine else int(minimum["disk_mb"] * _LATER_DISK_SHARE)
    if facts.disk_free_mb < needed:
        yield (
            f"{facts.name} has {facts.disk_free_mb} MB free on the disk of {facts.disk_path}; it needs {needed} "
            "(lab_minimum_disk_mb). Make room, for example with: docker system df"
        )
    for port in sorted(set(ports) & set(facts.taken_ports)):
        yield (
            f"{facts.name}: port {port} is taken by {facts.taken_ports[port]}. Stop that, or choose another port "
            "in the inventory (lab_http_port with lab_public_url, lab_device_port)"
        )
    for mirror, why in facts.dead_mirrors.items():
        yield f"{facts.name}: the package mirror {mirror} cannot be reached ({why}); Docker Engine comes from there"


def read(name: str, ports: Sequence[int], ours: Sequence[int]) -> HostFacts:
    """Reads this machine.

    :param ports: ports that will be published here.
    :param ours: ports that containers of this laboratory publish here now.
    """
    engine = shutil.which("dockerd") is not None or Path("/var/run/docker.sock").exists()
    path = next(folder for folder in ("/var/lib/docker", "/var/lib", "/") if Path(folder).exists())
    return HostFacts(
        name=name,
        system=platform.system(),
        cores=os.cpu_count() or 1,
        memory_mb=_memory_mb(),
        disk_free_mb=shutil.disk_usage(path).free // _MIB,
        disk_path=path,
        engine=engine,
        taken_ports={port: _listener(port) for port in set(ports) - set(ours) if _taken(port)},
        dead_mirrors={} if engine else dead_mirrors(),
    )


def _memory_mb() -> int:
    found = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) // _KIB if found else 0


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        # Otherwise connections that ended a moment ago would count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 (the engine binds to all, so this has to)
        except OSError:
            return True
    return False


def _listener(port: int) -> str:
    answer = (
        subprocess.run(
            ["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=False
        ).stdout
        if shutil.which("ss")
        else ""
    )
    found = re.search(r'users:\(\("([^"]+)",pid=(\d+)', answer)
    return f"{found[1]} (process {found[2]})" if found else "another program"


def dead_mirrors() -> dict[str, str]:
    """Package mirrors of this machine's apt -> why they do not answer; empty as soon as one does."""
    answer = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], capture_output=True, text=True, check=False
    ).stdout
    mirrors = sorted(set(answer.split()))
    reached = {mirror: _why_dead(mirror) for mirror in mirrors if mirror.startswith("http")}
    # One that answers is enough: further sources of the operator's own are not ours to judge.
    if not reached or any(why == "" for why in reached.values()):
        return {}
    return reached


def _why_dead(mirror: str) -> str:
    try:
        with urllib.request.urlopen(mirror, timeout=_MIRROR_TIMEOUT_SECONDS):  # noqa: S310 (apt's own sources)
            return ""
    except urllib.error.HTTPError:
        return ""  # it answered
    except (urllib.error.URLError, OSError) as error:
        return str(getattr(error, "reason", error))


def identity() -> dict[str, Any]:
    """What tells this machine from others, and its clock (seconds since 1970)."""
    ids = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
    known = next((path.read_text(encoding="ascii").strip() for path in ids if path.is_file()), "")
    return {
        "machine_id": "" if known == "uninitialized" else known,
        "hostname": platform.node(),
        "architecture": platform.machine(),
        "time_seconds": time.time(),
    }


def published_ports(containers: Sequence[Mapping[str, Any]]) -> list[int]:
    """Ports of the host that these containers (Engine API objects) publish."""
    return sorted({port["PublicPort"] for one in containers for port in one["Ports"] if "PublicPort" in port})
