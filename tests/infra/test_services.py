"""Every service of the inventory runs and is healthy."""

import httpx

from tests.infra.deployment import Deployment, Replica


def test_the_service_is_healthy_for_the_backend(
    lab: httpx.Client, deployment: Deployment, service: str
) -> None:
    states = {one["name"]: one for one in lab.get("/api/services").json()}
    assert states[service]["healthy"], f"{states[service]}\n{deployment.logs(service)}"


def test_the_container_is_healthy_for_the_engine(deployment: Deployment, replica: Replica) -> None:
    state = deployment.container(replica)["State"]
    assert state["Health"]["Status"] == "healthy", f"{state}\n{deployment.log(replica)}"


def test_the_release_names_every_replica_and_its_host(lab: httpx.Client, deployment: Deployment) -> None:
    release = lab.get("/api/release").json()
    found = {(one["replica"], one["host"]) for one in release["services"]}
    assert found == {(replica.name, replica.host) for replica in deployment.replicas}


def test_the_release_tells_no_address(lab: httpx.Client, deployment: Deployment) -> None:
    text = lab.get("/api/release").text
    assert not [host.name for host in deployment.hosts.values() if host.address in text]
