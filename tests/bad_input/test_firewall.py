"""The firewall's script itself, on a router between a stranger and others: what it stops and what it lets through."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jinja2
import pytest

from tests.servers.network import ROOT, Network, impossible, in_namespace, network

TEMPLATE = ROOT / "roles/firewall/templates/usr/local/sbin/remlab-firewall.j2"
PORT = 5000
_LISTEN = (
    f"import socket; s = socket.create_server(('', {PORT})); print('ready', flush=True)\nwhile 1: s.accept()"
)
_REACH = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"

pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())


def _script(folder: Path, address: str, ports: list[int]) -> str:
    """The script as role firewall writes it, for a lab whose one host is `address`."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    # Ansible's own, as far as the template uses them.
    environment.filters["regex_replace"] = lambda text, _, prefix: f"{prefix}{text}"
    environment.filters["hash"] = lambda text, _: str(abs(hash(text)))
    text = environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        firewall_lab_addresses=[address], firewall_lab_ports=ports, firewall_comment="remlab"
    )
    path = folder / f"firewall-{len(ports)}"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@contextmanager
def _listening(net: Network, host: str) -> Iterator[None]:
    name = f"{net.prefix}-{host}"
    command = ["ip", "netns", "exec", name, "python3", "-c", _LISTEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


def _reaches(net: Network, host: str, address: str) -> bool:
    try:
        in_namespace(f"{net.prefix}-{host}", "python3", "-c", _REACH, address, str(PORT))
    except subprocess.CalledProcessError:
        return False
    return True


@pytest.fixture
def net() -> Iterator[Network]:
    """A member, a stranger and another machine; the router publishes its port from machine `inside`, as Docker does."""
    with (
        network("member", "stranger", "elsewhere", "inside") as made,
        _listening(made, "elsewhere"),
        _listening(made, "inside"),
    ):
        inside = made.addresses["inside"]
        made.on("router", "iptables", "-N", "DOCKER-USER")
        made.on("router", "iptables", "-I", "FORWARD", "-j", "DOCKER-USER")
        rule = f"PREROUTING -d {_gateway(made)} -p tcp --dport {PORT} -j DNAT --to {inside}:{PORT}"
        made.on("router", "iptables", "-t", "nat", "-A", *rule.split())
        yield made


def _gateway(net: Network) -> str:
    """An address of the router's own, which all can reach."""
    return net.addresses["inside"].removesuffix("2") + "1"


def test_a_published_port_is_the_lab_s_alone(net: Network, tmp_path: Path) -> None:
    assert _reaches(net, "stranger", _gateway(net))
    net.on("router", _script(tmp_path, net.addresses["member"], [PORT]), "apply")
    assert not _reaches(net, "stranger", _gateway(net))
    assert _reaches(net, "member", _gateway(net))


def test_what_is_on_its_way_to_another_machine_is_let_through(net: Network, tmp_path: Path) -> None:
    net.on("router", _script(tmp_path, net.addresses["member"], [PORT]), "apply")
    assert _reaches(net, "stranger", net.addresses["elsewhere"])


def test_rules_of_ports_from_before_go(net: Network, tmp_path: Path) -> None:
    before = net.on("router", "iptables-save", "-t", "filter")
    old = _script(tmp_path, net.addresses["member"], [PORT, 5001])
    new = _script(tmp_path, net.addresses["member"], [PORT])
    net.on("router", old, "apply")
    net.on("router", new, "apply")
    net.on("router", new, "check")
    assert "5001" not in net.on("router", "iptables", "-S")
    net.on("router", new, "remove")
    assert _rules(net.on("router", "iptables-save", "-t", "filter")) == _rules(before)


def _rules(saved: str) -> list[str]:
    return [line for line in saved.splitlines() if line.startswith("-")]
