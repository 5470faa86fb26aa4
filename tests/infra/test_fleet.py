"""Hosts, managers and what each of them holds, as the inventory says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.deployment import Deployment, Host

FOLDER = "/var/lib/remlab"


@pytest.fixture(scope="module")
def nodes(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Host -> its node, as the first manager describes it."""
    machine = deployment.manager.machine
    found = json.loads(
        machine.check_output("docker node inspect $(docker node ls --quiet)")  # all in one call
    )
    return {node["Spec"]["Labels"].get("remlab.host", node["ID"]): node for node in found}


def test_each_host_runs_the_services_of_its_groups_and_no_others(deployment: Deployment, host: Host) -> None:
    assert host.services() == deployment.wanted_on(host.name)


def test_the_swarm_has_the_inventory_s_hosts_and_no_others(
    deployment: Deployment, nodes: dict[str, Any]
) -> None:
    assert sorted(nodes) == sorted(deployment.hosts)
    assert {node["Status"]["State"] for node in nodes.values()} == {"ready"}


def test_the_hosts_of_its_group_manage_the_swarm(deployment: Deployment, nodes: dict[str, Any]) -> None:
    managers = sorted(name for name, node in nodes.items() if node["Spec"]["Role"] == "manager")
    assert managers == sorted(deployment.lab["managers"])


def test_only_managers_hold_secrets(deployment: Deployment, host: Host) -> None:
    found = host.machine.run(f"ls -A {FOLDER}/secrets").stdout.split()
    assert bool(found) is (host.name in deployment.lab["managers"])


def test_all_managers_hold_the_same_secrets(deployment: Deployment) -> None:
    sums = {
        deployment.hosts[name].machine.check_output(f"cd {FOLDER}/secrets && sha256sum * | sha256sum")
        for name in deployment.lab["managers"]
    }
    assert len(sums) == 1


def test_nobody_else_reads_what_a_manager_keeps(deployment: Deployment) -> None:
    for name in deployment.lab["managers"]:
        machine = deployment.hosts[name].machine
        assert not machine.check_output(f"find {FOLDER}/secrets -perm /077")


def test_the_node_s_labels_lead_to_the_host(
    nodes: dict[str, Any], host: Host, deployment: Deployment
) -> None:
    labels = nodes[host.name]["Spec"]["Labels"]
    assert labels["remlab.project"] == deployment.lab["project"]
    way = json.loads(labels["remlab.reach"])
    if host.reached["connection"] == "ssh":
        assert (way.get("ansible_host"), way.get("ansible_port", 22)) == (
            host.reached["address"],
            host.reached["port"],
        )


def test_each_host_remembers_all(deployment: Deployment, host: Host) -> None:
    memory = f"{FOLDER}/fleet.json"
    known = json.loads(host.machine.check_output(f"cat {memory}"))
    assert sorted(known["hosts"]) == sorted(deployment.hosts)
    assert host.machine.check_output(f"stat -c %a:%U {memory}") == "600:root"


def test_the_registry_is_found_and_trusted_on_each_host(deployment: Deployment, host: Host) -> None:
    name = deployment.lab["registry"]
    registry = deployment.hosts[deployment.lab["placement"]["registry"][0]]
    found = host.machine.check_output("getent hosts %s", name.partition(":")[0]).split()[0]
    assert found == registry.address
    assert host.machine.run("test -s %s", f"/etc/docker/certs.d/{name}/ca.crt").rc == 0
