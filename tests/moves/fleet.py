"""A fleet whose services are moved about under load."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bad_input.playbooks import Outcome, play
from tests.infra.deployment import Deployment, Host, describe
from tests.load.beside import Load, Verdict, beside
from tests.moves.aim import Aim, load_arguments
from tests.moves.database import Database
from tests.moves.derived_inventory import DerivedInventory, Edit, moved
from tests.moves.doors import Doors

# On a machine that is slower than the reference machine, limits of time are multiplied by this.
PATIENCE = float(os.environ.get("REMLAB_MOVE_PATIENCE", "1"))
# A load that two cores with four hosts inside them can bear; `./lab bench moves` has the full one.
_READS = int(os.environ.get("REMLAB_MOVE_READS", "50"))
_WRITES = int(os.environ.get("REMLAB_MOVE_WRITES", "20"))
_RUN_SECONDS = 900.0
# The simulator's reconnect, like the firmware's, takes 5 s by itself.
_SILENCE_SECONDS = 10.0
# Twice the benchmark's: all four hosts, their engines and the load share two cores.
STATELESS = Aim(_READS, _WRITES, _RUN_SECONDS, 2.0 * PATIENCE, _SILENCE_SECONDS * PATIENCE)
DATA = replace(STATELESS, request_seconds=4.0 * PATIENCE)
_TAIL_CHARACTERS = 6000


@dataclass(frozen=True)
class Moved:
    """A move that was made."""

    deployment: Deployment
    """As the inventory says since then."""
    output: str
    seconds: float
    """Of the whole run of `site.yml`."""
    verdict: Verdict
    doors: Doors | None
    """Of a front door that moved."""

    def properties(self) -> dict[str, float]:
        """What is worth keeping beside the test's result."""
        found = {"run_seconds": round(self.seconds, 1), "patience": PATIENCE}
        if not self.verdict.figures:
            return found
        requests, rows = self.verdict.figures["requests"], self.verdict.figures["rows"]
        found |= {
            "requests": requests["sent"],
            "requests_failed": requests["failed"],
            "slowest_request_seconds": max((one["seconds"] for one in requests["slowest"]), default=0.0),
        }
        if rows is not None:
            found |= {"rows": rows["acknowledged"], "rows_lost": len(rows["lost"])}
            found["rows_doubled"] = len(rows["doubled"])
        for what in ("signals", "devices", "camera"):
            found[f"longest_silence_{what}_seconds"] = max(
                (one["longest_silence_seconds"] for one in self.sources(what)), default=0.0
            )
        return found

    def record(self, keep: Callable[[str, object], None]) -> None:
        """Keep all of it; `keep` is pytest's `record_property`."""
        for name, value in self.properties().items():
            keep(name, value)

    def sources(self, what: str = "") -> list[dict[str, Any]]:
        """What was watched: signals, devices or camera; without a name all of them."""
        found: list[dict[str, Any]] = self.verdict.figures.get("sources", [])
        return [one for one in found if what in ("", one["what"])]

    def misplaced(self) -> dict[str, tuple[list[str], list[str]]]:
        """Host -> what runs there and what should, for those where it is not the same."""
        return self.deployment.misplaced()

    def cut(self) -> dict[str, list[Any]]:
        """Source -> its connections that ended without a proper code."""
        found = {one["name"]: [end for end in one["closes"] if not end["proper"]] for one in self.sources()}
        return {name: ends for name, ends in found.items() if ends}


class Fleet:
    """Where everything is now, and how to move it."""

    def __init__(self, deployment: Deployment, inventory: Path, folder: Path) -> None:
        """
        :param inventory: the scenario's, whatever became of it meanwhile.
        :param folder: for files of this session.
        """
        self.deployment = deployment
        self.inventory = DerivedInventory(
            deployment.inventory, tuple(deployment.lab["services"]), moved(inventory)
        )
        self._name_file = folder / "front-door"
        self._point_at(deployment)

    def host_of(self, service: str) -> Host:
        """The first host of a service."""
        return self.deployment.hosts[self.deployment.lab["placement"][service][0]]

    def database(self) -> Database:
        """The database where it is now."""
        return Database(self.host_of("database"))

    def door_of(self, host: str) -> tuple[str, int]:
        """Where the front door is found when it is on that host."""
        return self.deployment.hosts[host].outside(self.deployment.lab["http_port"])

    @property
    def home(self) -> str:
        """The host to which the lab's public address leads."""
        port = urlsplit(self.deployment.public_url).port
        return next(name for name in self.inventory.everyone() if self.door_of(name)[1] == port)

    def move(self, *edits: str, aim: Aim, settings: dict[str, Any] | None = None) -> Moved:
        """Edit the inventory and deploy under load, with these extra variables.

        A run that fails is an AssertionError, and its edits are taken back: the next move starts from the
        last placement that was deployed.
        """
        before, former = self.inventory.state(), self.deployment
        self.edit(*edits)
        with self.load(aim) as load, self._doors(former) as doors:
            began = time.monotonic()
            outcome = self.deploy(load, timeout_seconds=aim.run_seconds, settings=settings)
            seconds = time.monotonic() - began
            if doors is not None:
                doors.see_to_the_end()
            verdict = load.finish()
        print(f"\n### {' '.join(edits)}: {seconds:.1f} s\n\n{verdict.text}", flush=True)
        if outcome.code != 0:
            self.go_back(before)
            raise AssertionError(
                f"{' '.join(edits)}: site.yml ended with {outcome.code}\n{outcome.output[-_TAIL_CHARACTERS:]}"
                f"\n{verdict.text}"
            )
        self.settle()
        return Moved(self.deployment, outcome.output, seconds, verdict, doors)

    def edit(self, *edits: str) -> None:
        """Edit the inventory without deploying it; `settle` follows when it was."""
        for edit in edits:
            self.inventory.apply(Edit.parse(edit))
        self.inventory.write()

    @contextmanager
    def load(self, aim: Aim) -> Iterator[Load]:
        """Keep the load up at the front door, wherever that is."""
        with beside(load_arguments(self.deployment, aim, name_file=self._name_file)) as load:
            yield load

    def deploy(self, load: Load | None = None, **options: Any) -> Outcome:
        """Run `site.yml` with the inventory as it is; `options` are those of `play`."""
        environment = load.environment() if load is not None else None
        return play("site.yml", inventory=self.inventory.path, environment=environment, **options)

    def go_back(self, state: dict[str, Any]) -> None:
        """Take back what was edited since; where the front door was, it is looked for."""
        self.inventory.go_back(state)
        self.inventory.write()
        self._point_at(self.deployment)

    def settle(self) -> None:
        """What the inventory says has been deployed."""
        self.deployment = describe(self.inventory.path)
        self._point_at(self.deployment)

    @contextmanager
    def _doors(self, former: Deployment) -> Iterator[Doors | None]:
        """Watches the front door if it moves; clients are led to the new one as soon as that answers."""
        old, new = former.lab["placement"]["edge"][0], self.inventory.hosts("edge")[0]
        if old == new:
            yield None
            return
        with Doors(
            self.door_of(old), self.door_of(new), host=former.authority, answers=lambda: self._lead(new)
        ) as doors:
            yield doors

    def _point_at(self, deployment: Deployment) -> None:
        self._lead(deployment.lab["placement"]["edge"][0])

    def _lead(self, host: str) -> None:
        """What the operator's DNS would do. Appended, so that a reader never finds half a file."""
        address, port = self.door_of(host)
        with self._name_file.open("a", encoding="utf-8") as file:
            file.write(f"{address} {port}\n")
