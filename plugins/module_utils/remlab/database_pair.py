"""The two Swarm services of a database that moves: the old one and the one that follows it.

What a mover that was killed needs to know stands in labels of these services. Labels of
a service, unlike those of its containers, change without replacing a task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .engine import Engine, RegistryLogin
from .observe import MOVE, ended
from .volume_move import MoveFailed

# On the new service, beside MOVE: which cluster it is a copy of.
SYSTEM = "remlab.move-system"
# On the new service: it was asked to take writes, so whether it does has to be looked at.
PROMOTED = "remlab.move-promoted"
# On the old service, set by the very update that stops it: every write was on both sides.
MOVED_TO = "remlab.moved-to"
_ALIVE = (
    "new",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
)
_POLL_SECONDS = 0.1
_LOG_LINES = 15


@dataclass(frozen=True)
class Pair:
    """Old and new service by name, on the Swarm."""

    engine: Engine
    login: RegistryLogin | None
    network_id: str
    old: str
    new: str

    def find(self, name: str) -> dict[str, Any] | None:
        return next((found for found in self.engine.services() if found["Spec"]["Name"] == name), None)

    def address(self, name: str) -> str:
        """The address in the overlay of the service's task; empty while it has none.

        A server that follows is not in Docker's DNS.
        """
        service = self.find(name)
        for task in self.engine.tasks(service["ID"]) if service else []:
            if task["DesiredState"] == "running" and task["Status"]["State"] in ("starting", "running"):
                return self.address_of(task)
        return ""

    def address_of(self, task: Mapping[str, Any]) -> str:
        for attachment in task.get("NetworksAttachments") or []:
            if attachment["Network"]["ID"] == self.network_id and attachment.get("Addresses"):
                return str(attachment["Addresses"][0]).partition("/")[0]
        return ""

    def stop_old(self) -> None:
        """Stops the old server and notes that it was in sync, in one update."""
        self.change(self.old, 0, {MOVED_TO: self.new})

    def start_old(self) -> None:
        self.change(self.old, 1, {MOVED_TO: None})

    def scale_new(self, replicas: int) -> None:
        self.change(self.new, replicas, {})

    def note_promotion(self) -> None:
        self.change(self.new, 1, {PROMOTED: "1"})

    def drop_labels(self) -> None:
        """The new service is an ordinary one from here on."""
        self.change(self.new, 1, {MOVE: None, SYSTEM: None, PROMOTED: None})

    def change(self, name: str, replicas: int, labels: Mapping[str, str | None]) -> None:
        self.engine.scale_service(name, replicas, labels, self.login)

    def alive(self, name: str) -> list[dict[str, Any]]:
        """The service's tasks that run or may yet run."""
        service = self.find(name)
        tasks = self.engine.tasks(service["ID"]) if service else []
        return [task for task in tasks if task["Status"]["State"] in _ALIVE]

    def node_answers(self, task: Mapping[str, Any]) -> bool:
        nodes = {node["ID"]: node for node in self.engine.nodes()}
        node = nodes.get(task.get("NodeID", ""))
        return node is not None and node["Status"]["State"] == "ready"

    def wait_ended(self, name: str, timeout_seconds: float, silent_seconds: float) -> bool:
        """Waits until no task of the service is alive; False if one may still be.

        :param silent_seconds: how long to wait for a host that does not answer the Swarm.
        """
        began = time.monotonic()
        silent_since: float | None = None
        while tasks := self.alive(name):
            now = time.monotonic()
            silent = not any(self.node_answers(task) for task in tasks)
            silent_since = (silent_since or now) if silent else None
            if now - began > timeout_seconds:
                return False
            if silent_since is not None and now - silent_since > silent_seconds:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def wait_running(self, name: str, timeout_seconds: float) -> None:
        """Waits until the service's task is healthy.

        :raises MoveFailed: it is not, in time.
        """
        self.until(
            lambda: any(task["Status"]["State"] == "running" for task in self.alive(name)),
            timeout_seconds,
            lambda: self.explained(name, f"was not healthy within {timeout_seconds:.0f} s"),
        )

    @staticmethod
    def until(true: Callable[[], bool], timeout_seconds: float, problem: Callable[[], str]) -> None:
        """Asks again and again.

        :raises MoveFailed: with the problem, after the time-out.
        """
        deadline = time.monotonic() + timeout_seconds
        while not true():
            if time.monotonic() > deadline:
                raise MoveFailed(problem())
            time.sleep(_POLL_SECONDS)

    def failures(self, name: str) -> int:
        """How often a task of the service ended by itself."""
        service = self.find(name)
        return len(ended(self.engine.tasks(service["ID"]))) if service else 0

    def explained(self, name: str, what: str) -> str:
        return f"{name} {what}; its last log lines:\n{self.engine.service_log(name, _LOG_LINES)}"
