"""Mistakes in the inventory are refused before any host is asked."""

from __future__ import annotations

from pathlib import Path

from tests.bad_input.playbooks import Outcome, play

GROUPS = """  children:
    manager: {hosts: {localhost: {}}}
    builder: {hosts: {localhost: {}}}
    registry: {hosts: {localhost: {}}}
    edge: {hosts: {localhost: {}}}
"""
LOCALHOST = '    localhost: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}\n'


def preflight(tmp_path: Path, hosts: str) -> Outcome:
    path = tmp_path / "campus.yml"
    path.write_text("all:\n  hosts:\n" + LOCALHOST + hosts + GROUPS, encoding="utf-8")
    return play("playbooks/preflight.yml", inventory=path)


def refused_before_a_host_was_asked(outcome: Outcome, sentence: str) -> None:
    assert outcome.code != 0, outcome.output
    assert "Nothing was changed. Mend this first:" in outcome.output, outcome.output
    assert sentence in outcome.output, outcome.output
    assert len(outcome.tasks) == 1, outcome.output


def test_two_names_of_one_address_are_refused(tmp_path: Path) -> None:
    hosts = "    one: {ansible_host: 192.0.2.77}\n    two: {ansible_host: 192.0.2.77}\n"
    refused_before_a_host_was_asked(
        preflight(tmp_path, hosts), "inventory: one and two are one machine: both lead to 192.0.2.77 port 22"
    )


def test_a_host_listed_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    hosts = "    one: {ansible_host: 192.0.2.77}\n    one: {ansible_host: 192.0.2.78}\n"
    refused_before_a_host_was_asked(
        preflight(tmp_path, hosts), "campus.yml: host one is listed twice under all.hosts (lines 4 and 5)"
    )


def test_one_swarm_address_for_two_hosts_is_refused(tmp_path: Path) -> None:
    hosts = "".join(f"    {name}: {{lab_swarm_address: 192.0.2.9}}\n" for name in ("one", "two"))
    refused_before_a_host_was_asked(
        preflight(tmp_path, hosts), "inventory: one and two have one lab_swarm_address, 192.0.2.9"
    )


def test_a_host_that_does_not_answer_is_named_with_what_to_try(tmp_path: Path) -> None:
    outcome = preflight(tmp_path, "    one: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_user: you}\n")
    assert outcome.code != 0
    assert "Nothing was changed. Mend this first:" in outcome.output, outcome.output
    assert (
        "one (127.0.0.1 port 9) is there, but nothing answers on that port. Is sshd running, "
        "is ansible_port right?" in outcome.output
    ), outcome.output


def test_an_inventory_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    missing = tmp_path / "campus.yml"
    outcome = play("site.yml", inventory=missing)
    assert outcome.code != 0
    assert str(missing) in outcome.output
    assert outcome.tasks == []


def test_an_only_manager_that_does_not_answer_is_named_with_both_ways_out(tmp_path: Path) -> None:
    groups = GROUPS.replace("manager: {hosts: {localhost: {}}}", "manager: {hosts: {one: {}}}")
    path = tmp_path / "campus.yml"
    away = "    one: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_user: you}\n"
    path.write_text("all:\n  hosts:\n" + LOCALHOST + away + groups, encoding="utf-8")
    outcome = play("playbooks/preflight.yml", inventory=path)
    assert outcome.code != 0
    assert (
        "one is the only host of group manager. Until it is back, the services on localhost go on"
        in outcome.output
    )


def test_two_managers_are_refused(tmp_path: Path) -> None:
    two = GROUPS.replace("manager: {hosts: {localhost: {}}}", "manager: {hosts: {localhost: {}, one: {}}}")
    path = tmp_path / "campus.yml"
    path.write_text(
        "all:\n  hosts:\n" + LOCALHOST + "    one: {ansible_host: 192.0.2.77}\n" + two, encoding="utf-8"
    )
    refused_before_a_host_was_asked(
        play("playbooks/preflight.yml", inventory=path),
        "inventory: group 'manager' has 2 hosts; a Swarm needs an odd number (1, 3 or 5)",
    )
