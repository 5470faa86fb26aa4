"""Which ports answer whom; asked from this machine, so only of hosts that the tests made."""

import json
import socket

import httpx
import pytest

from tests.infra.deployment import Deployment, Host

SSH = 22
PATIENCE_SECONDS = 2


def _answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(PATIENCE_SECONDS)
        return probe.connect_ex((address, port)) == 0


def _listening(host: Host) -> set[int]:
    """TCP ports on which anything of the host listens for others."""
    lines = host.machine.check_output("ss --no-header --listening --tcp --numeric").splitlines()
    bound = [line.split()[3].rsplit(":", 1) for line in lines]
    return {int(port) for address, port in bound if not address.startswith(("127.", "[::1]"))}


@pytest.fixture
def test_host(host: Host) -> Host:
    if not host.is_test_host:
        pytest.skip("the machine itself cannot ask as a stranger would")
    return host


def test_a_stranger_reaches_nothing_but_the_open_ports(deployment: Deployment, test_host: Host) -> None:
    candidates = (
        _listening(test_host) | set(deployment.lab["lab_only_ports"]) | {2375, 2376, 2377, 4789, 7946}
    )
    reached = {port for port in candidates if _answers(test_host.address, port)}
    assert reached <= {*deployment.lab["open_ports"], SSH}


def test_the_open_port_answers(deployment: Deployment, open_port: int) -> None:
    hosts = [deployment.hosts[name] for name in deployment.lab["placement"]["edge"]]
    assert any(_answers(host.address, open_port) for host in hosts)


def test_the_firewall_s_rules_are_in_force(host: Host) -> None:
    assert host.machine.run("/usr/local/sbin/remlab-firewall check").rc == 0


def test_the_firewall_s_rules_come_back_after_a_restart(host: Host) -> None:
    if not host.machine.file("/run/systemd/system").exists:
        pytest.skip("no systemd runs here; each deploy puts them into force")
    assert host.machine.service("remlab-firewall").is_enabled


def test_the_lab_s_own_ports_answer_within_the_lab(deployment: Deployment, host: Host) -> None:
    probe = "import socket,sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
    registry = deployment.hosts[deployment.lab["placement"]["registry"][0]].address
    for port in deployment.lab["lab_only_ports"]:
        host.machine.check_output("python3 -c %s %s %s", probe, registry, str(port))


def test_the_operator_s_page_is_told_no_addresses(lab: httpx.Client, deployment: Deployment) -> None:
    text = json.dumps([lab.get(path).json() for path in ("/api/services", "/api/gateways", "/api/release")])
    assert not [host.name for host in deployment.hosts.values() if host.address in text]
