"""A copy of a fleet's inventory that lies beside it, in which groups are given other hosts."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Groups that are no service but placed like one.
_PLACED = ("manager", "builder")
_EDIT = re.compile(r"^(?P<group>\*|[a-z_]+)=(?P<hosts>[\w.+-]+)$|^-(?P<gone>[\w.-]+)$")


def moved(inventory: Path) -> Path:
    """Where the tests of moves keep what became of an inventory; git leaves it out.

    Beside the original, since paths in it may start from there.
    """
    return inventory.with_name(f"{inventory.stem}-moved.local.yml")


def current(inventory: Path) -> Path:
    """What became of an inventory, or the inventory itself where nothing was moved."""
    return found if (found := moved(inventory)).exists() else inventory


@dataclass(frozen=True)
class Edit:
    """One change of the inventory: `group=host+host`, `*=host` (every group) or `-host` (taken out)."""

    group: str | None
    hosts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Edit:
        """Raises ValueError, naming what it cannot read."""
        found = _EDIT.match(text)
        if found is None:
            raise ValueError(f"{text}: an edit is group=host, group=host+host, *=host or -host")
        if found["gone"]:
            return cls(None, (found["gone"],))
        return cls(found["group"], tuple(found["hosts"].split("+")))


@dataclass
class DerivedInventory:
    """The inventory as it is being edited."""

    original: Path
    services: tuple[str, ...]
    path: Path
    """Of the copy; in the original's folder."""
    tree: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = yaml.safe_load(self.original.read_text(encoding="utf-8"))

    def write(self) -> None:
        self.path.write_text(yaml.safe_dump(self.tree, sort_keys=False), encoding="utf-8")

    def remove(self) -> None:
        """Forget the copy."""
        self.path.unlink(missing_ok=True)

    def everyone(self) -> list[str]:
        """All hosts, sorted."""
        return sorted(_hosts(self.tree))

    def hosts(self, group: str) -> list[str]:
        """The hosts of a group, in their order."""
        return list((self._children().get(group) or {}).get("hosts") or {})

    def elsewhere(self, *groups: str) -> str:
        """The first host that is in none of these groups. Raises LookupError if there is none."""
        taken = {host for group in groups for host in self.hosts(group)}
        for host in self.everyone():
            if host not in taken:
                return host
        raise LookupError(f"every host of {self.original} is in one of the groups {', '.join(groups)}")

    def add(self, host: str, beside: str, **variables: Any) -> None:
        """Add a host to the group in which another one has its variables. Raises LookupError if that is not there."""
        for group in self._children().values():
            hosts = (group or {}).get("hosts") or {}
            if hosts.get(beside):
                hosts[host] = variables
                return
        raise LookupError(f"{beside} has no variables in {self.original}")

    def variables(self, host: str) -> dict[str, Any]:
        """A host's own variables, as the groups have them."""
        groups = [(group or {}).get("hosts") or {} for group in self._children().values()]
        return {name: value for hosts in groups for name, value in (hosts.get(host) or {}).items()}

    def apply(self, edit: Edit) -> None:
        """Change the tree. Raises ValueError if a group is not there."""
        if edit.group is None:
            _take_out(self.tree, edit.hosts[0])
            return
        children = self._children()
        groups = [edit.group]
        if edit.group == "*":
            groups = [name for name in children if name in {*self.services, *_PLACED} and self.hosts(name)]
        for group in groups:
            if group not in children:
                raise ValueError(f"{self.original} has no group {group} under all: children:")
            children[group] = (children[group] or {}) | {"hosts": {host: {} for host in edit.hosts}}

    def state(self) -> dict[str, Any]:
        """The tree as it is now, for `go_back`."""
        return copy.deepcopy(self.tree)

    def go_back(self, state: dict[str, Any]) -> None:
        """Take back what was edited since."""
        self.tree = copy.deepcopy(state)

    def _children(self) -> dict[str, Any]:
        children: dict[str, Any] = self.tree["all"]["children"]
        return children


def _hosts(tree: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        if key == "hosts" and isinstance(value, dict):
            found |= set(value)
        elif key != "vars" and isinstance(value, dict):
            found |= _hosts(value)
    return found


def _take_out(tree: dict[str, Any], host: str) -> None:
    for key, value in tree.items():
        if key == "hosts" and isinstance(value, dict):
            value.pop(host, None)
        elif isinstance(value, dict):
            _take_out(value, host)
