"""While somebody drives a device its gateway stays, unless the operator wants it: then the device is stopped first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import socketio

from tests.bad_input.playbooks import Outcome
from tests.moves.fleet import Fleet

POWERON, POWEROFF, START = 1.0, 2.0, 3.0
PID = 1.0
_ANSWER_SECONDS = 10


class Driven(NamedTuple):
    """Moves of a gateway while a device is in PID."""

    device: str
    target: str
    refused: Outcome
    placed_after_refusal: dict[str, list[str]]
    state_after_refusal: str
    run: Outcome
    state_after_run: str


def _ask(fleet: Fleet, device: str, *commands: tuple[str, float]) -> str:
    """Send commands as a page does; the device's state afterwards."""

    async def ask() -> str:
        async with socketio.AsyncSimpleClient(ssl_verify=False) as page:
            await page.connect(
                fleet.deployment.public_url, auth={"client": "remlab"}, transports=["websocket"]
            )
            for key, value in commands:
                command = {"device": device, "key": key, "value": value}
                answer = await page.call("command", command, timeout=_ANSWER_SECONDS)
                assert answer["outcome"] == "confirmed", answer
            watched = await page.call("watch", {"device": device}, timeout=_ANSWER_SECONDS)
            return str(watched["status"]["state"])

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def driven(fleet: Fleet) -> Iterator[Driven]:
    device = fleet.deployment.lab["simulated_devices"][0]
    before, target = fleet.inventory.state(), fleet.inventory.elsewhere("gateway")
    _ask(fleet, device, ("event", POWERON), ("ctrl_mode", PID), ("event", START))
    fleet.edit(f"gateway={target}")
    refused = fleet.deploy()
    placed = {name: host.services() for name, host in fleet.deployment.hosts.items()}
    state = _ask(fleet, device)
    run = fleet.deploy(settings={"lab_move_while_driving": True})
    if run.code != 0:
        fleet.go_back(before)
        raise AssertionError(run.output[-6000:])
    fleet.settle()
    yield Driven(device, target, refused, placed, state, run, _ask(fleet, device))
    _ask(fleet, device, ("event", POWEROFF))


def test_the_move_is_refused_and_names_who_is_driven(driven: Driven) -> None:
    assert driven.refused.code != 0
    words = " ".join(driven.refused.output.split())
    assert f"while somebody drives {driven.device} (PID)" in words, driven.refused.output[-3000:]
    assert "lab_move_while_driving" in words


def test_nothing_changed_when_it_was_refused(driven: Driven) -> None:
    assert driven.state_after_refusal == "pid"
    assert "gateway" not in driven.placed_after_refusal[driven.target]


def test_it_moves_when_that_is_wanted(driven: Driven, fleet: Fleet) -> None:
    assert fleet.deployment.misplaced() == {}
    assert "gateway" in fleet.deployment.wanted_on(driven.target)


def test_the_device_was_stopped_first(driven: Driven) -> None:
    assert driven.state_after_run == "ready"
    assert f"stops {driven.device} (PID) first" in " ".join(driven.run.output.split())
