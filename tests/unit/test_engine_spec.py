"""What the engine is asked for, and how differences from it are put into words."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from remlab.engine_spec import Surroundings, differences, engine_spec, one_shot_spec, secret_version
from remlab.service_files import service_specs
from remlab.state import DesiredService, Image, ObservedReplica

RAW: dict[str, Any] = {
    "summary": "for a test",
    "environment": {"WEB_LIMIT": 5, "WEB_OPEN": True},
    "lists_services_in": "WEB_SERVICES",
    "secrets": ["web_password"],
    "volumes": [{"name": "data", "path": "/data"}],
    "binds": [{"source": "/etc/remlab/web", "target": "/etc/web"}],
    "tmpfs": [{"path": "/tmp", "size_mb": 16}],
    "ports": [{"published": 8080, "target": 80, "scope": "public"}],
    "health": {"command": ["probe"]},
    "limits": {"memory_mb": 64, "cpus": 0.5, "pids": 10},
    "migrate": {"command": ["migrate"]},
}
AROUND = Surroundings(
    project="remlab",
    network_id="net1",
    node_ids={"a": "node1"},
    secrets={"web_password": ("web_password-abc", "secret1")},
    service_list="[1]",
)


def web(**more: Any) -> DesiredService:
    spec = service_specs({"web": RAW | more})["web"]
    return DesiredService("web", ("a",), Image("tag-one-more", "registry/web@sha256:1"), spec)


def wanted(service: DesiredService) -> dict[str, Any]:
    return engine_spec(service, 1, "a", AROUND, {})


def running(spec: dict[str, Any], tag: str = "tag-one-more") -> ObservedReplica:
    return ObservedReplica("web", 1, "a", tag, engine_spec=spec)


def test_every_container_is_hardened() -> None:
    container = wanted(web())["TaskTemplate"]["ContainerSpec"]
    assert container["User"] == "10001:10001"
    assert container["ReadOnly"]
    assert container["Init"]
    assert container["CapabilityDrop"] == ["ALL"]
    assert wanted(web())["TaskTemplate"]["Resources"]["Limits"] == {
        "NanoCPUs": 500_000_000,
        "MemoryBytes": 64 * 1024 * 1024,
        "Pids": 10,
    }


def test_an_exception_of_the_service_file_lifts_just_that() -> None:
    container = wanted(web(exceptions={"init": "is process 1 itself"}))["TaskTemplate"]["ContainerSpec"]
    assert not container["Init"]
    assert container["ReadOnly"]


def test_the_environment_is_text_and_sorted() -> None:
    env = wanted(web())["TaskTemplate"]["ContainerSpec"]["Env"]
    assert env == ["WEB_LIMIT=5", "WEB_OPEN=true", "WEB_SERVICES=[1]"]


def test_a_replica_is_bound_to_its_host_and_reached_by_its_services_name() -> None:
    template = wanted(web())["TaskTemplate"]
    assert template["Placement"]["Constraints"] == ["node.id==node1"]
    assert template["Networks"] == [{"Target": "net1", "Aliases": ["web"]}]


def test_a_running_replica_keeps_the_volume_it_has() -> None:
    spec = engine_spec(web(), 1, "a", AROUND, {"data": "remlab-web-data-1-7"})
    assert spec["TaskTemplate"]["ContainerSpec"]["Mounts"][0]["Source"] == "remlab-web-data-1-7"


def test_a_job_has_neither_volumes_nor_the_services_alias_and_runs_once() -> None:
    job = one_shot_spec(web(), "a", AROUND, command=["migrate"], name="web-migrate")
    container = job["TaskTemplate"]["ContainerSpec"]
    assert [mount["Type"] for mount in container["Mounts"]] == ["tmpfs"]
    assert container["Command"] == ["migrate"]
    assert "Aliases" not in job["TaskTemplate"]["Networks"][0]
    assert job["TaskTemplate"]["RestartPolicy"] == {"Condition": "none"}


def test_what_the_engine_adds_of_its_own_is_no_difference() -> None:
    spec = wanted(web())
    seen = copy.deepcopy(spec)
    seen["TaskTemplate"]["Runtime"] = "container"
    seen["TaskTemplate"]["ContainerSpec"]["Isolation"] = "default"
    seen["TaskTemplate"]["ContainerSpec"].pop("Args")  # the engine leaves out what is empty
    assert differences(web(), spec, running(seen)) == []


def test_the_same_secret_under_another_id_is_no_difference() -> None:
    spec = wanted(web())
    seen = copy.deepcopy(spec)
    seen["TaskTemplate"]["ContainerSpec"]["Secrets"][0]["SecretID"] = "other"
    assert differences(web(), spec, running(seen)) == []


def test_differences_are_told_in_words() -> None:
    spec = wanted(web())
    seen = copy.deepcopy(spec)
    container = seen["TaskTemplate"]["ContainerSpec"]
    container["Image"] = "registry/web@sha256:0"
    container["Env"] = ["WEB_LIMIT=4"]
    container["Secrets"][0]["SecretName"] = "web_password-old"
    seen["TaskTemplate"]["Resources"]["Limits"]["Pids"] = 9
    seen["EndpointSpec"]["Ports"][0]["PublishedPort"] = 9090
    seen["Labels"]["remlab.image-tag"] = "tag-zero-and"
    assert differences(web(), spec, running(seen, tag="tag-zero-and")) == [
        "image tag-zero → tag-one-",
        "environment changed",
        "secrets changed",
        "limits changed",
        "ports changed",
    ]


def test_an_image_that_is_not_built_yet_is_told_by_its_tag_alone() -> None:
    unbuilt = replace(web(), image=Image("tag-one-more"))
    assert differences(unbuilt, wanted(unbuilt), running(wanted(web()))) == []
    newer = replace(web(), image=Image("tag-two-more"))
    assert differences(newer, wanted(newer), running(wanted(web()))) == ["image tag-one- → tag-two-"]


def test_another_value_of_a_secret_gets_another_name() -> None:
    assert secret_version("x", b"1") != secret_version("x", b"2")
    assert secret_version("x", b"1") == secret_version("x", b"1")
