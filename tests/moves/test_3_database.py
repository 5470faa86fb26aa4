"""The database moves with its data: requests wait a moment, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.moves.database import left_on
from tests.moves.fleet import DATA, Fleet, Moved
from tests.moves.volumes import Left, left_by


@pytest.fixture(scope="module")
def left(fleet: Fleet) -> Left:
    return left_by("database", fleet.host_of("database"))


@pytest.fixture(scope="module")
def move(fleet: Fleet, left: Left, filler: str) -> Moved:
    return fleet.move(f"database={fleet.inventory.elsewhere('database')}", aim=DATA)


def test_no_request_fails_no_row_is_lost_and_none_waits_long(
    move: Moved, record_property: Callable[[str, object], None]
) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text
    assert move.verdict.figures["rows"]["acknowledged"] > 0


def test_the_database_runs_where_the_inventory_says(move: Moved) -> None:
    assert move.misplaced() == {}


def test_the_data_is_the_same(move: Moved, fleet: Fleet, filler: str) -> None:
    assert fleet.database().checksum() == filler


def test_it_takes_writes(move: Moved, fleet: Fleet) -> None:
    assert fleet.database().takes_writes()


def test_the_old_one_wrote_nothing_after_the_new_one_began(move: Moved, fleet: Fleet, left: Left) -> None:
    old = left_on(left.host, left.volume)
    assert old.clean
    assert old.last_checkpoint < fleet.database().promoted_at()


def test_the_old_volume_is_kept_and_never_mounted_again(move: Moved, left: Left) -> None:
    assert left.is_kept()


def test_the_old_volume_is_recorded_as_retired(move: Moved, left: Left) -> None:
    assert left.is_recorded(move.deployment)
