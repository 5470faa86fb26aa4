"""The front door moves: who looks its name up each second loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import websockets
from websockets.sync.client import connect

from tests.moves.doors import answers
from tests.moves.fleet import STATELESS, Fleet, Moved
from tests.moves.volumes import Left, left_by

pytestmark = pytest.mark.slow

# How late the old one may be asked for the last time.
POLL_SECONDS = 1.0
HOOK_FILE = "/run/remlab-test-hook"
HOOK = ["sh", "-c", f'echo "$LAB_SERVICE $LAB_OLD_ADDRESS $LAB_NEW_ADDRESS" >> {HOOK_FILE}']
UNKNOWN_DEVICE = 4404


@pytest.fixture(scope="module")
def left(fleet: Fleet) -> Left:
    return left_by("edge", fleet.host_of("edge"))


@pytest.fixture(scope="module")
def move(fleet: Fleet, left: Left) -> Moved:
    fleet.deployment.manager.machine.check_output(f"rm -f {HOOK_FILE}")
    edit = f"edge={fleet.inventory.elsewhere('edge')}"
    return fleet.move(edit, aim=STATELESS, settings={"lab_front_door_hook": HOOK})


def test_no_request_fails_and_none_waits(move: Moved, record_property: Callable[[str, object], None]) -> None:
    move.record(record_property)
    assert move.verdict.good, move.verdict.text


def test_clients_went_to_the_new_one(move: Moved, fleet: Fleet) -> None:
    switches = [tuple(one["address"]) for one in move.verdict.figures["switches"]]
    assert switches == [fleet.door_of(fleet.host_of("edge").name)]


def test_the_new_one_answers_before_the_old_one_stops(
    move: Moved, record_property: Callable[[str, object], None]
) -> None:
    assert move.doors is not None
    record_property("overlap_seconds", round(move.doors.overlap_seconds, 1))
    wanted = move.deployment.lab["services"]["edge"]["overlap_seconds"]
    assert move.doors.overlap_seconds >= wanted - POLL_SECONDS


def test_the_operator_s_hook_is_told(move: Moved, fleet: Fleet, left: Left) -> None:
    told = move.deployment.manager.machine.check_output(f"cat {HOOK_FILE}").splitlines()
    assert told == [f"edge {left.host.address} {fleet.host_of('edge').address}"]


def test_it_runs_where_the_inventory_says(move: Moved) -> None:
    assert move.misplaced() == {}


def test_the_old_one_answers_no_more(move: Moved, fleet: Fleet, left: Left) -> None:
    assert not answers(fleet.door_of(left.host.name), move.deployment.authority)


def test_devices_are_let_in_on_the_new_host(move: Moved, fleet: Fleet) -> None:
    address, port = fleet.host_of("edge").outside(move.deployment.lab["device_port"])
    assert device_port_code(f"ws://{address}:{port}/no-such-device") == UNKNOWN_DEVICE


def test_the_old_volume_is_kept_and_never_mounted_again(move: Moved, left: Left) -> None:
    assert left.is_kept()


def test_the_old_volume_is_recorded_as_retired(move: Moved, left: Left) -> None:
    assert left.is_recorded(move.deployment)


def device_port_code(url: str) -> int | None:
    """The code with which a device is closed."""
    with connect(url, subprotocols=[websockets.Subprotocol("arduino")], proxy=None) as device:
        try:
            device.recv(timeout=10)
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
    return None
