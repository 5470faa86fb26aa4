"""From groups to placement, and what is said about groups that cannot be meant."""

from __future__ import annotations

import pytest

from remlab.placement import placement
from remlab.service_files import ServiceFileError

SERVICES = ["backend", "edge", "media", "registry"]
GROUPS = {"manager": ["a"], "builder": ["a"], "registry": ["a"], "edge": ["a"]}


def test_a_service_without_hosts_is_not_placed() -> None:
    assert placement(SERVICES, GROUPS | {"media": []}) == {"edge": ["a"], "registry": ["a"]}


@pytest.mark.parametrize("group", ["manager", "builder", "registry", "edge"])
def test_a_group_that_nothing_works_without_must_have_a_host(group: str) -> None:
    with pytest.raises(ServiceFileError, match=f"group '{group}' has no host"):
        placement(SERVICES, GROUPS | {group: []})


def test_hosts_in_a_misspelt_group_are_named_with_the_likely_one() -> None:
    with pytest.raises(ServiceFileError, match=r"group 'bakend' has hosts \(b\).*did you mean 'backend'"):
        placement(SERVICES, GROUPS | {"bakend": ["b"]})


def test_a_group_of_the_operators_own_is_left_alone() -> None:
    assert "printers" not in placement(SERVICES, GROUPS | {"printers": ["b"]})


@pytest.mark.parametrize("managers", [["a", "b"], ["a", "b", "c", "d"]])
def test_an_even_number_of_managers_is_refused(managers: list[str]) -> None:
    with pytest.raises(ServiceFileError, match="odd number"):
        placement(SERVICES, GROUPS | {"manager": managers})
