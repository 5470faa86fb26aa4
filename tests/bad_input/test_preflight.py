"""Preflight refuses what cannot be deployed; it is run as it is, against this machine, and only reads."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bad_input.playbooks import ROOT, Outcome, play

PREFLIGHT = "playbooks/preflight.yml"
LOCAL: dict[str, Any] = yaml.safe_load((ROOT / "inventory/local.yml").read_text(encoding="utf-8"))


def preflight(**settings: Any) -> Outcome:
    return play(PREFLIGHT, settings=settings)


def with_groups(tmp_path: Path, change: dict[str, Any]) -> Path:
    """A copy of the local inventory, elsewhere, with some groups changed."""
    inventory = yaml.safe_load(yaml.safe_dump(LOCAL))
    inventory["all"]["children"] |= change
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    return path


def refused(outcome: Outcome, *sentences: str) -> None:
    assert outcome.code != 0, outcome.output
    assert "Nothing was changed. Mend this first:" in outcome.output, outcome.output
    for sentence in sentences:
        assert sentence in outcome.output, outcome.output


def test_a_mistyped_key_in_a_service_file_is_named_with_its_file_and_the_right_one() -> None:
    path = ROOT / "roles/lab_services/defaults/main/media.yml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["lab_service_media"]
    spec["enviroment"] = spec.pop("environment", {})
    outcome = preflight(lab_service_media=spec)
    refused(
        outcome,
        "roles/lab_services/defaults/main/media.yml",
        "unknown key 'enviroment' (did you mean 'environment'?)",
    )


def test_hosts_in_a_misspelt_group_are_refused_and_the_likely_one_is_named(tmp_path: Path) -> None:
    inventory = with_groups(tmp_path, {"bakend": {"hosts": {"localhost": {}}}})
    outcome = play(PREFLIGHT, inventory=inventory)
    refused(outcome, "group 'bakend' has hosts (localhost)", "did you mean 'backend'?")


@pytest.mark.parametrize("group", ["manager", "builder", "registry", "edge"])
def test_a_group_that_nothing_works_without_must_have_a_host(tmp_path: Path, group: str) -> None:
    outcome = play(PREFLIGHT, inventory=with_groups(tmp_path, {group: {"hosts": {}}}))
    refused(outcome, f"inventory: group '{group}' has no host")


def test_a_port_that_somebody_else_has_is_named_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = preflight(lab_http_port=port, lab_public_url=f"http://localhost:{port}")
    refused(outcome, f"port {port} is taken by", "choose another port in the inventory (lab_http_port")


def test_a_disk_without_room_is_refused_with_both_figures() -> None:
    outcome = preflight(lab_minimum_disk_mb=10**9)
    refused(outcome, "MB free on the disk of", "lab_minimum_disk_mb")


def test_a_machine_that_is_too_small_is_refused() -> None:
    outcome = preflight(lab_minimum_cores=1000, lab_minimum_memory_mb=10**9)
    refused(outcome, "it needs 1000 (lab_minimum_cores)", "(lab_minimum_memory_mb)")


def test_two_devices_with_one_id_are_refused() -> None:
    device = {"id": "one", "title": {"es": "Uno", "en": "One"}, "kind": "aeropendulum", "limits": {}}
    outcome = preflight(lab_devices=[device | {"default": True}, device], lab_cameras=[])
    refused(outcome, "lab_devices: two devices have the id 'one'")


def test_passwords_readable_on_the_network_are_refused() -> None:
    refused(preflight(lab_public_url="http://lab.example.org:8080"), "lab_allow_plain_http")
