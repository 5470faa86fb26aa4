"""SQL with the two servers of a database that moves, by the control container."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import database_phase as phases
from .control_container import ControlContainer, ControlFailed
from .database_pair import MOVED_TO, SYSTEM, Pair

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Servers:
    """Asks the old and the new server."""

    control: ControlContainer
    pair: Pair
    # The new replica's number; slots that the old server keeps for it are named after it.
    number: int

    def old(self, do: str, **more: str | float) -> dict[str, Any]:
        """
        :raises ControlFailed: it does not answer or refuses.
        """
        return self.control.ask(do, self.pair.address(self.pair.old) or self.pair.old, **more)

    def new(self, do: str, **more: str | float) -> dict[str, Any]:
        """
        :raises ControlFailed: it does not answer or refuses.
        """
        address = self.pair.address(self.pair.new)
        if not address:
            raise ControlFailed(f"{do} of {self.pair.new}: it does not run")
        return self.control.ask(do, address, **more)

    @staticmethod
    def insist(ask: Callable[[], object], timeout_seconds: float) -> None:
        """Asks again while the server does not answer, since it may be about to start.

        :raises ControlFailed: the last refusal, after the time-out.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                ask()
            except ControlFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return

    def new_slot(self) -> str:
        """A name that no earlier try had: a copy is whole only for the slot it was begun with."""
        return f"remlab_move_{self.number}_{time.time_ns() // 1_000_000:x}"

    def slot(self) -> str:
        """The slot that still holds what the copy lacks; empty if there is none."""
        prefix = f"remlab_move_{self.number}_"
        slots = self.old("slots")["slots"]
        return next((str(s["name"]) for s in slots if s["name"].startswith(prefix) and not s["lost"]), "")

    def drop_slots(self, keep: str = "") -> None:
        """Drops what this and earlier moves left on the old server."""
        for slot in self.old("slots")["slots"]:
            if slot["name"] != keep:
                self.old("drop_slot", slot=slot["name"])

    def seen(self) -> phases.Seen:
        """How far the move is."""
        old = self.pair.find(self.pair.old)
        replicas = old["Spec"]["Mode"]["Replicated"]["Replicas"] if old else None
        new = self._seen_new()
        return phases.Seen(
            old_replicas=replicas,
            new=new,
            stopped_in_sync=old is not None and old["Spec"]["Labels"].get(MOVED_TO) == self.pair.new,
            slot_usable=replicas != 1 or new == phases.ABSENT or bool(self.slot()),
        )

    def _seen_new(self) -> str:
        new = self.pair.find(self.pair.new)
        if new is None:
            return phases.ABSENT
        try:
            status = self.new("status")
        except ControlFailed:
            return phases.SILENT
        if status["system"] != new["Spec"]["Labels"].get(SYSTEM, status["system"]):
            return phases.STRANGE
        return phases.FOLLOWS if status["in_recovery"] else phases.WRITES
