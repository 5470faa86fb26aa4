"""Moves PostgreSQL to another host: a copy follows the old server and is then promoted.

Applications wait for one or two seconds whatever the size of the data, and nothing that was
acknowledged is lost. The run after a kill at any point goes on from there, see
``database_phase.py``; never do two servers take writes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from . import database_phase as phases
from . import jobs
from .control_container import ControlContainer, ControlFailed
from .database_pair import SYSTEM, Pair
from .database_return import Return
from .database_servers import Servers
from .engine import Engine, EngineRefused, RegistryLogin
from .engine_spec import Surroundings, engine_spec, one_shot_spec
from .jobs import JobFailed
from .observe import MOVE
from .state import DesiredService, ObservedReplica
from .volume_move import MoveFailed

_FAILED = (ControlFailed, EngineRefused, JobFailed, MoveFailed)
_POLL_SECONDS = 0.1
# Slower than this is a copy that hangs.
_SLOWEST_COPY_BYTES_PER_SECOND = 2_000_000
# What the copy may lack when the old server begins to wait for it, and before it takes over.
_NEARLY_THERE_BYTES = 4_000_000
# Hanging writes are given free after so long; while the old server stops, not before it has.
_WATCH_SECONDS = 3
_HOLD_SECONDS = 180
# A dead host still counts as ready for some 8 s.
_SILENT_HOST_SECONDS = 30
# A health check that waits for the promotion does so for 50 s.
_FRESH_PROBE_SECONDS = 35
_PROMOTE_SECONDS = 60
_REPEATED_FAILURES = 3
_TELL_EACH_SECONDS = 10
_MB = 1_000_000


@dataclass(frozen=True)
class MoveReport:
    """What a move did. ``switch_seconds``: from the old one's stop to the new one's first answer;
    0 if an earlier run did that."""

    bytes: int
    seconds: float
    switch_seconds: float


class DatabaseMove:
    """One move; ``run`` begins it or goes on with it, ``undo`` gives it up."""

    def __init__(
        self,
        *,
        engine: Engine,
        login: RegistryLogin | None,
        around: Surroundings,
        service: DesiredService,
        old: ObservedReplica,
        host: str,
        number: int,
        volume: str,
        password: str,
        timeout_seconds: float,
        tell: Callable[[str], None],
        pause: Callable[[], None],
        resume: Callable[[], None],
        retire: Callable[[], None] = lambda: None,
    ) -> None:
        """
        :param host: where it moves to.
        :param number: the new replica's; never that of one that is there.
        :param volume: name of the new volume on that host.
        :param password: the superuser's.
        :param pause: stops services whose own clients cannot wait for the switch; may be called twice.
        :param resume: starts them again; called without a pause too.
        :param retire: called just before the old service is removed, to note what becomes of its volume.
        """
        self._engine, self._login, self._around, self._service = engine, login, around, service
        self._old, self._host, self._number, self._volume = old, host, number, volume
        self._timeout_seconds, self._tell = timeout_seconds, tell
        self._pause, self._resume, self._retire = pause, resume, retire
        self._new = f"{service.name}-{number}"
        self._pair = Pair(engine, login, around.network_id, old.name, self._new)
        self._control = ControlContainer(
            project=around.project,
            image=service.image.reference,
            login=login,
            network_id=around.network_id,
            password=password,
        )
        self._servers = Servers(self._control, self._pair, number)
        self._return = Return(self._pair, self._servers, timeout_seconds, self._look, resume)
        self._name = f"{old.name} → {self._new}"
        self._bytes, self._stopped_at, self._switch_seconds = 0, 0.0, 0.0

    def run(self) -> MoveReport:
        """Moves, from wherever an earlier run was killed.

        :raises MoveFailed: it did not work; says which server serves now.
        """
        began = time.monotonic()
        try:
            self._control.start()
            what, why = phases.phase(self._servers.seen())
        except (ControlFailed, EngineRefused) as error:
            raise MoveFailed(f"{self._name}: {error}; nothing was changed") from error
        if what == phases.REFUSE:
            raise MoveFailed(f"{self._name}: {why}; nothing was changed")
        self._tell(f"{self._name}: {what}, {why}")
        try:
            self._steps(what)
        except _FAILED as error:
            raise MoveFailed(f"{self._name}: {error}\n{self._rescued()}") from error
        self._control.remove()
        return MoveReport(self._bytes, time.monotonic() - began, self._switch_seconds)

    def undo(self) -> str:
        """Gives the move up; the old server goes on, or is started again. Returns what was done.

        :raises MoveFailed: the new server takes writes already, or may.
        """
        try:
            self._control.start()
            done = self._return.give_up()
        except _FAILED as error:
            raise MoveFailed(f"{self._name} cannot be given up: {error}") from error
        self._control.remove()
        return done

    def _rescued(self) -> str:
        try:
            done = self._return.give_up()
        except _FAILED as error:
            # The control container stays: it keeps writes from hanging.
            return str(error)
        self._control.remove()
        return done

    def _steps(self, what: str) -> None:
        if what == phases.RETURN:
            self._return.start_old()
            what = phases.COPY
        if what == phases.DISCARD:
            self._return.discard()
            what = phases.COPY
        if what == phases.COPY:
            self._copy()
            what = phases.FOLLOW
        if what == phases.FOLLOW:
            self._wait_in_sync()
            self._stopped_at = time.monotonic()
            self._pair.stop_old()
            what = phases.PROMOTE
        if what == phases.PROMOTE:
            self._wait_old_stopped()
            self._pair.note_promotion()
            self._servers.insist(lambda: self._servers.new("promote"), _PROMOTE_SECONDS)
        self._finish()

    def _copy(self) -> None:
        slot = self._servers.slot() or self._servers.new_slot()
        self._servers.drop_slots(keep=slot)
        self._servers.old("create_slot", slot=slot)
        self._bytes = int(self._servers.old("size")["bytes"])
        system = self._servers.old("status")["system"]
        self._tell(f"{self._new}: copying {self._bytes // _MB} MB from {self._old.host} to {self._host}")
        self._run_job(
            "copy", [], {"DATABASE_COPY_FROM": self._old.name, "DATABASE_COPY_SLOT": slot}, self._progress()
        )
        volumes = {self._service.volumes[0]: self._volume}
        spec = engine_spec(self._service, self._number, self._host, self._around, volumes)
        spec["Labels"] = {**spec["Labels"], MOVE: self._old.name, SYSTEM: system}
        self._engine.create_service(spec, self._login)

    def _run_job(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        each_second: Callable[[], None] | None = None,
    ) -> str:
        spec = one_shot_spec(
            self._service,
            self._host,
            self._around,
            command=["python3", "-m", "remlab_database.copy", *arguments],
            name=jobs.unique(f"{self._new}-{name}"),
            volumes={self._service.volumes[0]: self._volume},
            environment=environment,
        )
        job = jobs.start(self._engine, spec, self._login)
        limit = self._timeout_seconds + self._bytes / _SLOWEST_COPY_BYTES_PER_SECOND
        try:
            return jobs.wait(self._engine, job, limit, each_second=each_second)
        finally:
            jobs.remove(self._engine, job)

    def _look(self) -> str:
        """What the new volume holds: empty, follower or writer."""
        words = self._run_job("look", ["--look"], {}).split()
        return words[-1] if words else ""

    def _progress(self) -> Callable[[], None]:
        told = time.monotonic()

        def each_second() -> None:
            nonlocal told
            if time.monotonic() - told < _TELL_EACH_SECONDS:
                return
            told = time.monotonic()
            done = self._servers.old("progress")
            self._tell(f"{self._new}: {done['bytes'] // _MB} of {done['of_bytes'] // _MB} MB copied")

        return each_second

    def _wait_in_sync(self) -> None:
        """From its end on each acknowledged write is on both sides."""
        slot = self._servers.slot()
        self._bytes = self._bytes or int(self._servers.old("size")["bytes"])
        self._wait_nearly_there(slot)
        old = self._pair.address(self._old.name)
        self._control.ask("arm", old, patience_seconds=_WATCH_SECONDS)
        self._servers.old("synchronous", slot=slot)
        self._wait_sync(slot)
        # Whatever is only in memory now would have to be written while everybody waits.
        self._servers.old("checkpoint")
        self._wait_fresh_probe()
        self._pause()
        self._wait_sync(slot)
        # No write may pass unconfirmed from here on, even if the copy dies.
        self._control.ask("arm", old, patience_seconds=_HOLD_SECONDS)
        if self._servers.old("replication", slot=slot)["sync_state"] != "sync":
            raise MoveFailed(f"{self._new} lost its connection to {self._old.name}")

    def _wait_nearly_there(self, slot: str) -> None:
        best, deadline = None, time.monotonic() + self._timeout_seconds
        while True:
            seen = self._servers.old("replication", slot=slot)
            lag = seen["lag_bytes"]
            if seen["state"] == "streaming" and lag < _NEARLY_THERE_BYTES:
                return
            if seen["state"] and (best is None or lag < best):
                best, deadline = lag, time.monotonic() + self._timeout_seconds
            if time.monotonic() > deadline:
                raise MoveFailed(self._pair.explained(self._new, "does not catch up"))
            if self._pair.failures(self._new) >= _REPEATED_FAILURES:
                raise MoveFailed(self._pair.explained(self._new, "fails again and again"))
            time.sleep(_POLL_SECONDS)

    def _wait_sync(self, slot: str) -> None:
        self._pair.until(
            lambda: self._servers.old("replication", slot=slot)["sync_state"] == "sync",
            self._timeout_seconds,
            lambda: f"{self._new} does not confirm the writes of {self._old.name}",
        )

    def _wait_fresh_probe(self) -> None:
        """Until the new one's health check has just begun to wait for the promotion: between two
        checks nobody would notice it for some seconds."""
        deadline = time.monotonic() + 2 * _FRESH_PROBE_SECONDS
        while not 0 <= self._servers.new("status")["probe_age_seconds"] < _FRESH_PROBE_SECONDS:
            if time.monotonic() > deadline:
                return  # That only costs these seconds.
            time.sleep(_POLL_SECONDS)

    def _wait_old_stopped(self) -> None:
        addresses = [self._pair.address_of(task) for task in self._pair.alive(self._old.name)]
        grace = float(self._service.spec["stop_grace_seconds"])
        if self._pair.wait_ended(self._old.name, grace + self._timeout_seconds, _SILENT_HOST_SECONDS):
            return
        # Its host is dead, or only cut off from the managers. There each write waits for the copy.
        self._control.ask("disarm")
        for address in filter(None, addresses):
            try:
                self._control.ask("status", address)
            except ControlFailed:
                continue
            raise MoveFailed(
                f"{self._old.name} was told to stop and still answers: is the engine on {self._old.host} well?"
            )

    def _finish(self) -> None:
        self._pair.wait_running(self._new, self._timeout_seconds)
        if self._stopped_at:
            self._switch_seconds = time.monotonic() - self._stopped_at
            self._tell(
                f"{self._new} takes writes on {self._host}, {self._switch_seconds:.1f} s after the stop"
            )
        self._control.ask("disarm")
        self._resume()
        self._bytes = self._bytes or int(self._servers.new("size")["bytes"])
        if self._pair.find(self._old.name) is not None:
            self._retire()
            if not self._pair.wait_ended(self._old.name, self._timeout_seconds, _SILENT_HOST_SECONDS):
                # Were the service gone, nothing would end its server when the host is back.
                self._tell(
                    f"{self._old.name} stays, stopped, until {self._old.host} is back; a later run removes it"
                )
                return
            self._engine.remove_service(self._old.name)
        self._pair.drop_labels()
