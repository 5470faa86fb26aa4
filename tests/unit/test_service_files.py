"""Service files: what they may say and what is said about mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from remlab.service_files import ServiceFileError, in_order, service_specs

GOOD: dict[str, Any] = {
    "summary": "for a test",
    "health": {"command": ["true"]},
    "limits": {"memory_mb": 64, "cpus": 1, "pids": 10},
}


def test_a_mistyped_key_is_named_with_its_file_and_the_right_one() -> None:
    with pytest.raises(ServiceFileError) as caught:
        service_specs({"media": GOOD | {"enviroment": {}}})
    assert "roles/lab_services/defaults/main/media.yml" in str(caught.value)
    assert "'enviroment' (did you mean 'environment'?)" in str(caught.value)


def test_a_mistyped_key_deep_inside_is_named_with_its_path() -> None:
    with pytest.raises(ServiceFileError, match=r"media\.yml: health: unknown key 'intervall_seconds'"):
        service_specs({"media": GOOD | {"health": {"command": ["true"], "intervall_seconds": 3}}})


def test_every_mistake_of_every_file_is_told_at_once() -> None:
    with pytest.raises(ServiceFileError) as caught:
        service_specs({"one": GOOD | {"x": 1}, "two": {**GOOD, "limits": {"memory_mb": "much"}}})
    assert "one.yml" in str(caught.value)
    assert "two.yml: limits" in str(caught.value)


def test_a_service_with_a_port_of_its_host_stops_before_its_successor_starts() -> None:
    port = {"published": 8080, "target": 80, "scope": "public"}
    specs = service_specs({"web": GOOD | {"ports": [port]}, "free": GOOD})
    assert specs["web"]["update_order"] == "stop-first"
    assert specs["free"]["update_order"] == "start-first"


def test_start_first_with_a_volume_is_refused() -> None:
    holding = {"volumes": [{"name": "data", "path": "/data"}], "update_order": "start-first"}
    with pytest.raises(ServiceFileError, match="cannot overlap"):
        service_specs({"web": GOOD | holding})


def test_a_secret_has_one_owner() -> None:
    owning = GOOD | {"generates": {"password": {"kind": "password"}}}
    with pytest.raises(
        ServiceFileError, match=r"two\.yml: generates\.password: one\.yml generates it already"
    ):
        service_specs({"one": owning, "two": owning})


def test_services_come_behind_those_they_need_and_else_by_name() -> None:
    specs = service_specs({"a": GOOD | {"after": ["c"]}, "b": GOOD, "c": GOOD})
    assert in_order(specs) == ["b", "c", "a"]


def test_services_that_wait_for_each_other_are_refused() -> None:
    specs = service_specs({"a": GOOD | {"after": ["b"]}, "b": GOOD | {"after": ["a"]}})
    with pytest.raises(ServiceFileError, match="wait for each other"):
        in_order(specs)


def test_waiting_for_an_unknown_service_is_refused() -> None:
    with pytest.raises(ServiceFileError, match="there is no service 'databse'"):
        service_specs({"backend": GOOD | {"after": ["databse"]}})
