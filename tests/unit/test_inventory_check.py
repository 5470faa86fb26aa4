"""Mistakes of an inventory that Ansible itself passes over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from remlab.inventory_check import file_mistakes, mistakes


def inventory(tmp_path: Path, text: str, name: str = "campus.yml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_host_that_stands_twice_under_one_group_is_named_with_both_lines(tmp_path: Path) -> None:
    path = inventory(
        tmp_path,
        "all:\n  hosts:\n    a: {ansible_host: 10.0.0.1}\n    b: {}\n    a: {ansible_host: 10.0.0.2}\n",
    )
    assert file_mistakes(path) == [
        "campus.yml: host a is listed twice under all.hosts (lines 3 and 5); only the last would count. "
        "Keep one of them",
        "campus.yml: host a is listed twice with different ansible_host (lines 3 and 5); only one of them "
        "would count. Give a host's variables in one place",
    ]


def test_a_group_that_stands_twice_is_named(tmp_path: Path) -> None:
    path = inventory(
        tmp_path, "all:\n  children:\n    media: {hosts: {a: {}}}\n    media: {hosts: {b: {}}}\n"
    )
    assert file_mistakes(path) == [
        "campus.yml: 'media' is given twice under all.children (lines 3 and 4); only the last would count. "
        "Keep one of them"
    ]


def test_two_groups_that_give_a_host_different_addresses_are_named(tmp_path: Path) -> None:
    path = inventory(
        tmp_path,
        "all:\n  children:\n    edge: {hosts: {a: {ansible_host: x}}}\n"
        "    media: {hosts: {a: {ansible_host: y}}}\n",
    )
    assert file_mistakes(path) == [
        "campus.yml: host a is listed twice with different ansible_host (lines 3 and 4); only one of them "
        "would count. Give a host's variables in one place"
    ]


def test_the_same_holds_for_an_inventory_in_ini_format(tmp_path: Path) -> None:
    path = inventory(
        tmp_path,
        "[edge]\na ansible_host=x\n[media]\na ansible_host=y # moved\n[all:vars]\nb ansible_host=1\n",
        "hosts",
    )
    assert file_mistakes(path) == [
        "hosts: host a is listed twice with different ansible_host (lines 2 and 4); only one of them "
        "would count. Give a host's variables in one place"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "all:\n  hosts: {a: {ansible_host: x}}\n  children: {edge: {hosts: {a: {}}}, media: {hosts: {a: {}}}}\n",
        "all:\n  hosts: {a: {secret: !vault x}}\n  vars: {hosts: {a: {x: 1}}, more: {hosts: {a: {x: 2}}}}\n",
        "[edge]\na ansible_host=x\n[media]\na\n",
        "a\nb\n",
        "",
        "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    ],
)
def test_a_sound_inventory_has_no_mistake(tmp_path: Path, text: str) -> None:
    assert file_mistakes(inventory(tmp_path, text)) == []


def test_the_projects_own_inventories_are_sound() -> None:
    root = Path(__file__).resolve().parents[2]
    paths = [*root.glob("inventory/*.yml"), *root.glob("molecule/*/inventory.yml")]
    assert paths
    assert [mistake for path in paths for mistake in file_mistakes(path)] == []


def test_files_of_a_folder_are_read_and_lists_of_hosts_and_scripts_are_not(tmp_path: Path) -> None:
    inventory(tmp_path, "all:\n  hosts:\n    a: {}\n    a: {}\n")
    inventory(tmp_path, "all:\n  hosts:\n    b: {}\n    b: {}\n", "script.yml").chmod(0o755)
    found = mistakes([str(tmp_path), "x,y"], {}, [])
    assert [sentence.split(" under")[0] for sentence in found] == ["campus.yml: host a is listed twice"]


@pytest.mark.parametrize(
    ("variables", "sentences"),
    [
        ({"a": {"ansible_host": "10.0.0.1"}, "b": {"ansible_host": "10.0.0.2"}}, []),
        ({"a": {"ansible_host": "h", "ansible_port": 1}, "b": {"ansible_host": "h", "ansible_port": 2}}, []),
        (
            {
                "a": {"ansible_host": "10.0.0.9", "ansible_ssh_common_args": "-J one"},
                "b": {"ansible_host": "10.0.0.9", "ansible_ssh_common_args": "-J two"},
            },
            [],
        ),
        (
            {"a": {"ansible_host": "10.0.0.1"}, "b": {"ansible_host": "10.0.0.1", "ansible_port": 22}},
            [
                "inventory: a and b are one machine: both lead to 10.0.0.1 port 22. "
                "Keep one name, or correct ansible_host or ansible_port"
            ],
        ),
        (
            {"a": {"ansible_connection": "local"}, "b": {"ansible_connection": "local"}},
            [
                "inventory: a and b are one machine: both lead to this machine. "
                "Keep one name, or correct ansible_host or ansible_port"
            ],
        ),
        (
            {"a": {"lab_swarm_address": "10.0.0.1"}, "b": {}, "c": {"lab_swarm_address": "10.0.0.1"}},
            ["inventory: a and c have one lab_swarm_address, 10.0.0.1; each host needs its own"],
        ),
    ],
)
def test_two_names_of_one_machine_are_named(
    variables: dict[str, dict[str, Any]], sentences: list[str]
) -> None:
    assert mistakes([], variables, list(variables)) == sentences
