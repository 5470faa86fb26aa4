"""Mistakes of an inventory that Ansible passes over: a host that stands twice, two names for one machine."""

from __future__ import annotations

import os
import shlex
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

# Files beside an inventory that Ansible passes over too.
_NOT_INVENTORY = {".pyc", ".pyo", ".swp", ".bak", ".orig", ".cfg", ".retry", ".rst", ".md"}
_DEFAULT_SSH_PORT = 22


class _Said(NamedTuple):
    """A variable of a host, as one place of a file gives it."""

    host: str
    variable: str
    value: str
    line: int


def mistakes(
    sources: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]
) -> list[str]:
    """One sentence for each mistake, from the files and from what Ansible made of them.

    :param sources: paths given by -i; lists of hosts and scripts among them are passed over.
    :param hostvars: what is known of each host without asking it.
    """
    found = [mistake for path in _files(sources) for mistake in file_mistakes(path)]
    return found + _one_address(hostvars, hosts)


def file_mistakes(path: Path) -> list[str]:
    """Keys and hosts that stand twice in one inventory file (YAML or INI), where Ansible keeps the last silently."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.startswith("$ANSIBLE_VAULT"):
        return []  # cannot be read here
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        root = None
    if isinstance(root, yaml.MappingNode):
        return [*_twice_in_one_mapping(path.name, root, ()), *_at_odds(path.name, _said_in_yaml(root))]
    return _at_odds(path.name, _said_in_ini(text))


def _files(sources: Iterable[str]) -> Iterator[Path]:
    for source in map(Path, sources):
        if source.is_dir():
            yield from (path for path in sorted(source.iterdir()) if _readable(path))
        elif _readable(source):
            yield source


def _readable(path: Path) -> bool:
    # Scripts are programs, and their output is not ours to judge.
    return path.is_file() and path.suffix not in _NOT_INVENTORY and not os.access(path, os.X_OK)


def _twice_in_one_mapping(file: str, node: yaml.Node, trail: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        # Ansible keeps the last one without a word, or with a warning that scrolls away.
        if name in lines:
            where = ".".join(trail) or "the top"
            what = f"host {name} is listed twice" if trail[-1:] == ("hosts",) else f"'{name}' is given twice"
            yield (
                f"{file}: {what} under {where} (lines {lines[name]} and {line}); "
                "only the last would count. Keep one of them"
            )
        lines[name] = line
        yield from _twice_in_one_mapping(file, value, (*trail, name))


def _said_in_yaml(node: yaml.MappingNode) -> Iterator[_Said]:
    """Variables of hosts in the `hosts:` mappings of all groups; not inside of `vars:`."""
    for key, value in node.value:
        if not isinstance(value, yaml.MappingNode) or key.value == "vars":
            continue
        if key.value != "hosts":
            yield from _said_in_yaml(value)
            continue
        for host, variables in value.value:
            if isinstance(variables, yaml.MappingNode):
                for variable, its in variables.value:
                    line = variable.start_mark.line + 1
                    yield _Said(str(host.value), str(variable.value), yaml.serialize(its), line)


def _said_in_ini(text: str) -> Iterator[_Said]:
    of_hosts = True
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            of_hosts = ":" not in stripped
        elif of_hosts and stripped and stripped[0] not in "#;":
            try:
                host, *words = shlex.split(stripped, comments=True)
            except ValueError:
                continue  # Ansible itself explains what is wrong with such a line
            for variable, equals, value in (word.partition("=") for word in words):
                if equals:
                    yield _Said(host, variable, value, number)


def _at_odds(file: str, said: Iterable[_Said]) -> list[str]:
    """Hosts that stand in several groups with differing values of one variable."""
    first: dict[tuple[str, str], _Said] = {}
    found = []
    for one in said:
        other = first.setdefault((one.host, one.variable), one)
        if other.value != one.value and other.line != one.line:
            found.append(
                f"{file}: host {one.host} is listed twice with different {one.variable} "
                f"(lines {other.line} and {one.line}); only one of them would count. "
                "Give a host's variables in one place"
            )
    return found


def _one_address(hostvars: Mapping[str, Mapping[str, Any]], hosts: Sequence[str]) -> list[str]:
    """Names that lead to one machine by what the inventory says alone."""
    ways = {host: _way_to(hostvars[host], host) for host in hosts}
    found = [
        f"inventory: {listed(names)} are one machine: both lead to {_shown(way)}. "
        "Keep one name, or correct ansible_host or ansible_port"
        for way, names in shared(ways)
    ]
    given = {host: str(hostvars[host]["lab_swarm_address"]) for host in hosts
             if hostvars[host].get("lab_swarm_address")}  # fmt: skip
    return found + [
        f"inventory: {listed(names)} have one lab_swarm_address, {address}; each host needs its own"
        for address, names in shared(given)
    ]


def _way_to(variables: Mapping[str, Any], host: str) -> tuple[str, ...]:
    if variables.get("ansible_connection") == "local":
        return ("this machine",)
    address = str(variables.get("ansible_host") or host).lower()
    port = str(variables.get("ansible_port") or _DEFAULT_SSH_PORT)
    # Behind two different jump hosts one address may be two machines.
    jumps = (str(variables.get(key, "")) for key in ("ansible_ssh_common_args", "ansible_ssh_extra_args"))
    return (address, port, *jumps)


def _shown(way: Sequence[str]) -> str:
    return way[0] if len(way) == 1 else f"{way[0]} port {way[1]}"


def shared(values: Mapping[str, Hashable]) -> list[tuple[Any, list[str]]]:
    """Values that more than one host has, with those hosts, in the hosts' order."""
    owners: dict[Hashable, list[str]] = defaultdict(list)
    for host, value in values.items():
        owners[value].append(host)
    return [(value, names) for value, names in owners.items() if len(names) > 1]


def listed(names: Sequence[str]) -> str:
    """Two names or more, as a sentence has them."""
    return ", ".join(names[:-1]) + f" and {names[-1]}"
