"""A network of its own inside of this machine: hosts that reach each other through a router."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PROBE = """
import json, sys
from remlab.doctor_probe import Plan, probe
given = json.load(sys.stdin)
print(json.dumps(probe(Plan(**given | {"token": given["token"].encode()}))))
"""
_TIMEOUT_SECONDS = 60


def impossible() -> str:
    """Why no such network can be made here; "" when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"rl-try-{os.getpid()}"
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"network namespaces cannot be made here: {error}"
    try:
        in_namespace(name, "iptables", "-L", "-n")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"iptables does not work in a network namespace here: {error}"
    finally:
        _ip("netns", "del", name)
    return ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)


def in_namespace(name: str, *command: str) -> str:
    """Runs a command in a namespace; what it wrote."""
    return subprocess.run(
        ["ip", "netns", "exec", name, *command],
        check=True, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS,
    ).stdout  # fmt: skip


@dataclass(frozen=True)
class Network:
    """Hosts a, b, … at 10.99.1.2, 10.99.2.2, …, each with a leg to one router."""

    prefix: str
    names: Sequence[str]

    @property
    def addresses(self) -> dict[str, str]:
        return {name: f"10.99.{place}.2" for place, name in enumerate(self.names, start=1)}

    def on(self, host: str, *command: str) -> str:
        """Runs a command on a host, or on the one named `router`."""
        return in_namespace(f"{self.prefix}-{host}", *command)

    def shrink_way_to(self, host: str, mtu: int) -> None:
        """The router's leg to a host takes shorter packets only; the host does not know."""
        self.on("router", "ip", "link", "set", "dev", host, "mtu", str(mtu))

    def probe(self, checks: Sequence[str], *, late: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
        """Runs the doctor on all hosts at once; those in `late` start 2 s later."""
        plan = {"addresses": self.addresses, "checks": list(checks), "size_port": 4789, "token": "testtest"}
        running = {
            name: subprocess.Popen(
                ["sh", "-c", f'sleep {2 if name in late else 0}; exec ip netns exec {self.prefix}-{name} "$@"',
                 "sh", sys.executable, "-c", _PROBE],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env=os.environ | {"PYTHONPATH": str(ROOT / "plugins/module_utils")},
            )
            for name in self.names
        }  # fmt: skip
        for name, process in running.items():
            assert process.stdin is not None
            process.stdin.write(json.dumps(plan | {"me": name}))
            process.stdin.close()
            process.stdin = None
        return {
            name: json.loads(process.communicate(timeout=_TIMEOUT_SECONDS)[0])
            for name, process in running.items()
        }


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Makes the hosts and the router, and removes them."""
    made = Network(f"rl-{os.getpid()}", names)
    router = f"{made.prefix}-router"
    try:
        _ip("netns", "add", router)
        in_namespace(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for name, address in made.addresses.items():
            host, gateway = f"{made.prefix}-{name}", address.removesuffix("2") + "1"
            _ip("netns", "add", host)
            _ip("-n", host, "link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", router)
            _ip("-n", host, "address", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", router, "address", "add", f"{gateway}/24", "dev", name)
            for namespace, device in ((host, "lo"), (host, "eth0"), (router, name)):
                _ip("-n", namespace, "link", "set", "dev", device, "up")
            _ip("-n", host, "route", "add", "default", "via", gateway)
        yield made
    finally:
        for name in ("router", *names):
            subprocess.run(["ip", "netns", "del", f"{made.prefix}-{name}"], check=False, capture_output=True)
