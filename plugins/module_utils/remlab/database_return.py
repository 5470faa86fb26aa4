"""The way back of a database's move, open for as long as the new server surely took no write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .control_container import ControlFailed
from .database_pair import PROMOTED, Pair
from .database_servers import Servers
from .volume_move import MoveFailed

_ANSWER_SECONDS = 60
_SILENT_HOST_SECONDS = 10


@dataclass(frozen=True)
class Return:
    """Gives a move up."""

    pair: Pair
    servers: Servers
    timeout_seconds: float
    # Says what the new volume holds: empty, follower or writer.
    look: Callable[[], str]
    resume: Callable[[], None]

    def give_up(self) -> str:
        """The old server goes on, or is started again. Returns what was done.

        :raises MoveFailed: the new server takes writes already, or may.
        """
        old = self.pair.find(self.pair.old)
        if old is None:
            raise MoveFailed(f"{self.pair.old} was removed; {self.pair.new} has the data: run again")
        if old["Spec"]["Mode"]["Replicated"]["Replicas"] == 0:
            self.start_old()
            return f"{self.pair.old} was started again and serves; nothing was lost"
        self.discard()
        self.resume()
        return f"{self.pair.old} goes on serving; nothing was lost"

    def discard(self) -> None:
        """Takes a copy away from an old server that runs."""
        # First of all nobody waits for the copy any more.
        self.servers.insist(lambda: self.servers.old("asynchronous"), _ANSWER_SECONDS)
        self._remove_follower()
        self.servers.insist(self.servers.drop_slots, _ANSWER_SECONDS)
        self.servers.control.ask("disarm")

    def start_old(self) -> None:
        """Starts the old server after it was stopped.

        :raises MoveFailed: the new one was promoted, or that cannot be told.
        """
        self._refuse_writer()
        self._remove_follower()
        self.pair.start_old()
        self.discard()
        self.pair.wait_running(self.pair.old, self.timeout_seconds)
        self.resume()

    def _remove_follower(self) -> None:
        """One that follows never takes writes by itself, so a host that is silent is not waited for."""
        if self.pair.find(self.pair.new) is not None:
            self.pair.scale_new(0)
            self.pair.wait_ended(self.pair.new, self.timeout_seconds, _SILENT_HOST_SECONDS)
            self.pair.engine.remove_service(self.pair.new)

    def _refuse_writer(self) -> None:
        new = self.pair.find(self.pair.new)
        if new is not None and PROMOTED not in new["Spec"]["Labels"]:
            return  # Nobody ever asked it to take writes.
        if self._writes():
            raise MoveFailed(self._promoted())
        if new is not None:
            self.pair.scale_new(0)
            if not self.pair.wait_ended(self.pair.new, self.timeout_seconds, _SILENT_HOST_SECONDS):
                self.pair.scale_new(1)
                raise MoveFailed(
                    f"whether {self.pair.new} was promoted cannot be told, since its host does not answer; "
                    f"{self.pair.old} stays stopped, so that never two take writes: get that host back and run again"
                )
        if self.look() not in ("empty", "follower"):
            if new is not None:
                self.pair.scale_new(1)
            raise MoveFailed(self._promoted())

    def _writes(self) -> bool:
        try:
            return not self.servers.new("status")["in_recovery"]
        except ControlFailed:
            return False

    def _promoted(self) -> str:
        return (
            f"{self.pair.new} was promoted and has the newest data; {self.pair.old} stays stopped, so that never "
            f"two take writes. Look at ./lab logs {self.pair.new.rpartition('-')[0]}, mend it and run again"
        )
