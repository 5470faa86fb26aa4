"""A fleet that moves its front door from one fake lab to another, with the load beside it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.bad_input.playbooks import Outcome
from tests.infra.deployment import Deployment, Host
from tests.moves import fleet as module
from tests.moves.aim import Aim
from tests.moves.fleet import Fleet
from tests.servers.fake_lab import FakeLab, fake_lab

AIM = Aim(reads=30, writes=20, run_seconds=60, request_seconds=2, silence_seconds=5)
INSIDE = 18081
RUN_SECONDS = 2.5


@dataclass
class Made:
    """A fleet whose playbook does nothing but take its time."""

    fleet: Fleet
    ports: dict[str, int]
    folder: Path
    code: int = 0

    def play(self, playbook: str, *, inventory: Path, **_: Any) -> Outcome:
        assert (playbook, inventory.name) == ("site.yml", "fleet-moved.local.yml")
        time.sleep(RUN_SECONDS)
        return Outcome(self.code, "what it said")

    def describe(self, inventory: Path) -> Deployment:
        return describe(inventory, self.ports)


def describe(inventory: Path, ports: dict[str, int]) -> Deployment:
    children = yaml.safe_load(inventory.read_text())["all"]["children"]
    lab = {
        "public_url": f"http://127.0.0.1:{ports['a']}",
        "http_port": INSIDE,
        "tls": "off",
        "services": {"edge": {}, "simulator": {}},
        "placement": {name: list(children[name]["hosts"]) for name in ("edge", "simulator")},
    }
    hosts = {
        name: Host(name, "remlab", {"is_test_host": True, "published": [f"{port}:{INSIDE}"]})
        for name, port in ports.items()
    }
    return Deployment(inventory, lab, hosts)


@pytest.fixture
async def labs() -> AsyncIterator[dict[str, FakeLab]]:
    """One lab behind two doors."""
    async with fake_lab() as one, fake_lab() as other:
        other.entries = one.entries
        yield {"a": one, "b": other}


@pytest.fixture
def made(labs: dict[str, FakeLab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    inventory = tmp_path / "fleet.yml"
    children = {"machines": {"hosts": {"a": {}, "b": {}}}, "edge": {"hosts": {"a": {}}}}
    children["simulator"] = {"hosts": {"b": {}}}
    inventory.write_text(yaml.safe_dump({"all": {"children": children}}))
    ports = {name: urlsplit(lab.url).port or 0 for name, lab in labs.items()}
    found = Made(Fleet(describe(inventory, ports), inventory, tmp_path), ports, tmp_path)
    monkeypatch.setattr(module, "play", found.play)
    monkeypatch.setattr(module, "describe", found.describe)
    return found


async def test_clients_follow_a_front_door_that_moves(made: Made) -> None:
    assert made.fleet.home == "a"
    move = await asyncio.to_thread(made.fleet.move, "edge=b", aim=AIM)
    assert move.verdict.good, move.verdict.text
    assert [one["address"] for one in move.verdict.figures["switches"]] == [["127.0.0.1", made.ports["b"]]]
    assert move.doors is not None
    assert move.doors.overlap_seconds > 1
    assert move.seconds >= RUN_SECONDS
    assert made.fleet.deployment.lab["placement"]["edge"] == ["b"]


async def test_a_front_door_that_stays_is_not_asked(made: Made) -> None:
    move = await asyncio.to_thread(made.fleet.move, "simulator=a", aim=AIM)
    assert move.verdict.good, move.verdict.text
    assert move.doors is None
    assert move.verdict.figures["switches"] == []


async def test_a_run_that_fails_takes_its_edits_back(made: Made) -> None:
    made.code = 2
    with pytest.raises(AssertionError, match="ended with 2\nwhat it said"):
        await asyncio.to_thread(made.fleet.move, "edge=b", aim=AIM)
    assert made.fleet.inventory.hosts("edge") == ["a"]
    assert yaml.safe_load(made.fleet.inventory.path.read_text()) == made.fleet.inventory.tree
    assert (made.folder / "front-door").read_text().splitlines()[-1] == f"127.0.0.1 {made.ports['a']}"
