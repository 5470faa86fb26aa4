"""The inventory that a move is made from."""

from pathlib import Path

import pytest

from bench.moves import Move
from tests.moves.derived_inventory import DerivedInventory, Edit, current, moved

INVENTORY = """
all:
  children:
    machines:
      hosts: {a: {ansible_port: 1}, b: {ansible_port: 2}}
      vars: {ansible_user: lab}
    manager: {hosts: {a: {}}}
    backend: {hosts: {a: {}}}
    gateway: {hosts: {a: {}}}
    simulator: {}
    own: {hosts: {a: {}}}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> DerivedInventory:
    path = tmp_path / "fleet.yml"
    path.write_text(INVENTORY, encoding="utf-8")
    return DerivedInventory(path, ("backend", "gateway", "simulator"), moved(path))


def test_an_edit_gives_a_group_other_hosts(fleet: DerivedInventory) -> None:
    fleet.apply(Edit.parse("backend=b"))
    assert (fleet.hosts("backend"), fleet.hosts("gateway")) == (["b"], ["a"])
    fleet.apply(Edit.parse("backend=a+b"))
    assert fleet.hosts("backend") == ["a", "b"]


def test_the_whole_site_moves_and_the_old_host_leaves(fleet: DerivedInventory) -> None:
    for edit in Move.parse("site:*=b,-a").edits:
        fleet.apply(edit)
    assert [fleet.hosts(group) for group in ("manager", "backend", "gateway", "simulator")] == [["b"]] * 3 + [
        []
    ]
    assert fleet.hosts("own") == []
    assert fleet.tree["all"]["children"]["machines"]["hosts"] == {"b": {"ansible_port": 2}}


def test_the_copy_lies_beside_the_original_and_is_removed(fleet: DerivedInventory) -> None:
    fleet.write()
    assert fleet.path.parent == fleet.original.parent
    assert fleet.path.name == "fleet-moved.local.yml"
    assert current(fleet.original) == fleet.path
    fleet.remove()
    assert current(fleet.original) == fleet.original


def test_another_host_than_those_of_a_group_is_found(fleet: DerivedInventory) -> None:
    assert fleet.everyone() == ["a", "b"]
    assert fleet.elsewhere("backend", "gateway") == "b"
    fleet.apply(Edit.parse("gateway=b"))
    with pytest.raises(LookupError, match="is in one of the groups backend, gateway"):
        fleet.elsewhere("backend", "gateway")


def test_what_was_edited_is_taken_back(fleet: DerivedInventory) -> None:
    before = fleet.state()
    fleet.apply(Edit.parse("*=b"))
    fleet.go_back(before)
    fleet.apply(Edit.parse("gateway=b"))
    fleet.go_back(before)
    assert [fleet.hosts(group) for group in ("backend", "gateway")] == [["a"], ["a"]]


def test_settings_and_paths_of_the_inventory_are_kept(fleet: DerivedInventory) -> None:
    fleet.write()
    copied = DerivedInventory(fleet.path, fleet.services, fleet.path)
    assert copied.tree == fleet.tree
    assert copied.path.parent == fleet.original.parent


@pytest.mark.parametrize("text", ["backend", "backend=", "=b", "backend=b c"])
def test_an_edit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an edit is group=host"):
        Edit.parse(text)


def test_a_group_that_is_not_there_is_refused(fleet: DerivedInventory) -> None:
    with pytest.raises(ValueError, match="has no group media"):
        fleet.apply(Edit.parse("media=b"))


def test_a_host_is_added_beside_another(fleet: DerivedInventory) -> None:
    fleet.add("c", "b", ansible_port=3)
    assert fleet.everyone() == ["a", "b", "c"]
    assert fleet.variables("c") == {"ansible_port": 3}
    assert "c" not in fleet.hosts("manager")
    with pytest.raises(LookupError, match="d has no variables"):
        fleet.add("e", "d")
