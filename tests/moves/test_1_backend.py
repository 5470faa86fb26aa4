"""One of the backend's replicas goes to another host: nobody notices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.moves.fleet import STATELESS, Fleet, Moved


@pytest.fixture(scope="module")
def move(fleet: Fleet) -> Moved:
    _, *staying = fleet.inventory.hosts("backend")
    return fleet.move(f"backend={'+'.join([fleet.inventory.elsewhere('backend'), *staying])}", aim=STATELESS)


def test_no_request_fails_and_none_waits(move: Moved, record_property: Callable[[str, object], None]) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text


def test_the_backend_runs_where_the_inventory_says(move: Moved) -> None:
    assert move.misplaced() == {}


def test_pages_are_told_to_connect_again(move: Moved) -> None:
    assert move.cut() == {}
