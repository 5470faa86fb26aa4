"""Gateway and media service move together: devices, pages and viewers come back by themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.moves.fleet import PATIENCE, STATELESS, Fleet, Moved

# The firmware's reconnect, and so the simulator's, takes 5 s.
STREAMS_AGAIN_SECONDS = 7.0


@pytest.fixture(scope="module")
def move(fleet: Fleet) -> Moved:
    edits = [f"{service}={fleet.inventory.elsewhere(service)}" for service in ("gateway", "media")]
    return fleet.move(*edits, aim=STATELESS)


def test_no_request_fails_and_none_waits(move: Moved, record_property: Callable[[str, object], None]) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text


def test_both_run_where_the_inventory_says(move: Moved) -> None:
    assert move.misplaced() == {}


def test_each_device_streams_again(move: Moved, device: str) -> None:
    assert device in move.deployment.lab["simulated_devices"]
    watched = {one["name"]: one for one in move.sources("devices")}
    assert f"device {device}" in watched, move.verdict.text
    silence = watched[f"device {device}"]["longest_silence_seconds"]
    assert silence <= STREAMS_AGAIN_SECONDS * PATIENCE, move.verdict.text


def test_a_camera_was_watched_all_the_time(move: Moved) -> None:
    assert [one["name"] for one in move.sources("camera")], move.verdict.text


def test_pages_and_viewers_are_told_to_connect_again(move: Moved) -> None:
    assert move.cut() == {}
