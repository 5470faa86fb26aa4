"""A copy of a fleet's inventory that lies beside it, in which groups are given other hosts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Groups that are no service but placed like one.
_PLACED = ("manager", "builder")
_EDIT = re.compile(r"^(?P<group>\*|[a-z_]+)=(?P<hosts>[\w.+-]+)$|^-(?P<gone>[\w.-]+)$")


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
class Fleet:
    """The inventory as it is being edited."""

    original: Path
    services: tuple[str, ...]
    tree: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.tree = yaml.safe_load(self.original.read_text(encoding="utf-8"))

    @property
    def path(self) -> Path:
        """The copy, which git leaves out; beside the original, since paths in it may start from there."""
        return self.original.with_name(f"{self.original.stem}-moves-{os.getpid()}.local.yml")

    def write(self) -> None:
        self.path.write_text(yaml.safe_dump(self.tree, sort_keys=False), encoding="utf-8")

    def remove(self) -> None:
        """Forget the copy."""
        self.path.unlink(missing_ok=True)

    def hosts(self, group: str) -> list[str]:
        """The hosts of a group, in their order."""
        return list((self._children().get(group) or {}).get("hosts") or {})

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

    def _children(self) -> dict[str, Any]:
        children: dict[str, Any] = self.tree["all"]["children"]
        return children


def _take_out(tree: dict[str, Any], host: str) -> None:
    for key, value in tree.items():
        if key == "hosts" and isinstance(value, dict):
            value.pop(host, None)
        elif isinstance(value, dict):
            _take_out(value, host)
