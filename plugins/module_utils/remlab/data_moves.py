"""Moves replicas that hold data, each in the way that its service file says (`moves_by`).

What is left behind is recorded as retired before its successor starts, so that no kill in
between leaves a volume that nobody knows of; if the old one goes on after all, the record goes.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .database_move import DatabaseMove
from .database_pair import Pair
from .engine import Engine, EngineRefused, RegistryLogin, node_address
from .engine_spec import Surroundings, engine_spec, volume_name
from .observe import MOVING_TO, RETIRED, retired
from .planner import Step, StepFailed
from .state import DesiredService, Observed, ObservedReplica
from .volume_move import MoveFailed, VolumeMove

_HOOK_SECONDS = 60
_SILENT_HOST_SECONDS = 30
_TELL_EACH_SECONDS = 10
# Copying at full speed hurts those who work with the service more than the switch does.
_LIVE_KB_PER_SECOND = 60_000
_MB = 1e6
_FAILED = (MoveFailed, StepFailed, EngineRefused)


def new_volumes(service: DesiredService, number: int, observed: Observed, project: str) -> dict[str, str]:
    """Volume name in the service file -> a name that no volume of the service ever had that is still known."""
    known = [name for one in observed.of(service.name) for name in one.volumes.values()]
    known += [one.volume for one in observed.retired if one.service == service.name]
    lying = [one for one in (*observed.taken, *observed.others) if one.service == service.name]
    known += [name for one in lying for name in one.volumes.values()]
    generations = [int(last) for name in known if (last := name.rpartition("-")[2]).isdigit()]
    generation = 1 + max(generations, default=0)
    return {name: volume_name(project, service.name, name, number, generation) for name in service.volumes}


@dataclass
class DataMoves:
    """What one run moves.

    :param create: creates a service and waits until it is healthy; raises StepFailed.
    :param update: the same for an update.
    :param secret: reads a secret by its name in the service files.
    """

    engine: Engine
    login: RegistryLogin | None
    around: Surroundings
    desired: Mapping[str, DesiredService]
    observed: Observed
    timeout_seconds: float
    tell: Callable[[str], None]
    create: Callable[[Step, dict[str, Any]], None]
    update: Callable[[Step, dict[str, Any]], None]
    secret: Callable[[str], str]
    # Service -> when its successor was announced, on the monotonic clock.
    _announced: dict[str, float] = field(default_factory=dict)

    def move(self, step: Step) -> str:
        """Does it; returns what is worth telling of it.

        :raises StepFailed: it did not come about; says what serves now.
        """
        ways = {"copy": self._copy, "overlap": self._overlap, "postgresql": self._replicate}
        return ways[self.desired[step.service].way](step)

    # ---- by copying ----

    def _copy(self, step: Step) -> str:
        service, old = self.desired[step.service], self._at(step.service, step.source)
        volumes = new_volumes(service, step.number, self.observed, self.around.project)
        move = self._volume_move(service, old, step.host, volumes)
        began, stopped_at, started = time.monotonic(), 0.0, False
        try:
            move.clean()
            if old.wanted:
                move.copy_live()
                stopped_at = time.monotonic()
                self._stop(old, step.host)
            done = move.copy_final()
            move.clean()
            self.retire(old)
            started = True
            self.update(step, engine_spec(service, step.number, step.host, self.around, volumes))
        except _FAILED as error:
            back = self._go_back(old)
            if started:
                # It may have written on its copy, which is no copy any more.
                self._record(step.service, step.host, volumes.values())
            raise StepFailed(f"{step.name}: {error}\n{back}") from error
        finally:
            move.clean()
        pause = time.monotonic() - (stopped_at or began)
        return f"{done['bytes'] / _MB:.0f} MB, paused for {pause:.1f} s"

    def _stop(self, old: ObservedReplica, target: str) -> None:
        pair = Pair(self.engine, self.login, self.around.network_id, old.name, old.name)
        pair.change(old.name, 0, {MOVING_TO: target})
        if not pair.wait_ended(old.name, self.timeout_seconds, _SILENT_HOST_SECONDS):
            raise MoveFailed(
                f"{old.name} was told to stop and nobody saw it end: is the engine on {old.host} well?"
            )

    def _go_back(self, old: ObservedReplica) -> str:
        """The old one as it was."""
        spec = dict(old.engine_spec)
        spec["Labels"] = {key: value for key, value in spec["Labels"].items() if key != MOVING_TO}
        spec["Mode"] = {"Replicated": {"Replicas": 1}}
        step = Step("return", old.service, old.number, old.host)
        try:
            self.update(step, spec)
        except (StepFailed, EngineRefused) as error:
            return f"{old.name} was started again on {old.host} and is not healthy; its data is whole there.\n{error}"
        self._keep(old)
        return f"{old.name} serves on {old.host}, as before; nothing was lost."

    # ---- while both run ----

    def _overlap(self, step: Step) -> str:
        service, old = self.desired[step.service], self._at(step.service, step.source)
        volumes = new_volumes(service, step.number, self.observed, self.around.project)
        move = self._volume_move(service, old, step.host, volumes)
        started = False
        try:
            move.clean()
            done = move.copy_overlapping()
            move.clean()
            started = True
            self.create(step, engine_spec(service, step.number, step.host, self.around, volumes))
        except _FAILED as error:
            if started:
                self.engine.remove_service(step.name)
                self._record(step.service, step.host, volumes.values())
            raise StepFailed(
                f"{step.name}: {error}\n{old.name} serves on {old.host}, as before; nothing was lost."
            ) from error
        finally:
            move.clean()
        self._announce(step.service, step.source, step.host)
        return f"{done['bytes'] / _MB:.1f} MB, both answer"

    def wait_overlap(self, step: Step) -> None:
        """Before an old one goes: everybody is told of its successor and has had the time to follow."""
        service = self.desired[step.service]
        if step.service not in self._announced:
            self._announce(step.service, step.host, service.hosts[0])
        end = self._announced[step.service] + service.spec["overlap_seconds"]
        while (left := end - time.monotonic()) > 0:
            self.tell(f"{step.name} goes on answering on {step.host} for {left:.0f} s")
            time.sleep(min(left, _TELL_EACH_SECONDS))

    def _announce(self, service: str, old: str, new: str) -> None:
        """Runs the operator's hook; one that fails is told and stops nothing, since both answer."""
        hook = [str(word) for word in self.desired[service].spec["overlap_hook"]]
        if hook:
            addresses = {node["ID"]: node_address(node) for node in self.engine.nodes()}
            told = {
                "LAB_SERVICE": service,
                "LAB_OLD_ADDRESS": addresses.get(self.around.node_ids.get(old, ""), ""),
                "LAB_NEW_ADDRESS": addresses.get(self.around.node_ids.get(new, ""), ""),
            }
            self.tell(f"{service}: {_run_hook(hook, told)}")
        self._announced[service] = time.monotonic()

    # ---- PostgreSQL ----

    def _replicate(self, step: Step) -> str:
        report = self._database(step).run()
        self._wait_for_paused(step)
        if not report.switch_seconds:
            return f"{report.bytes / _MB:.0f} MB; an earlier run switched"
        return f"{report.bytes / _MB:.0f} MB, switched in {report.switch_seconds:.1f} s, lost 0"

    def undo(self, step: Step) -> str:
        """Gives up a move that an earlier run began.

        :raises StepFailed: it is too late for that.
        """
        try:
            done = self._database(step).undo()
        except MoveFailed as error:
            raise StepFailed(str(error)) from error
        copy = self._at(step.service, step.host)
        self._record(step.service, step.host, copy.volumes.values())
        return done

    def _database(self, step: Step) -> DatabaseMove:
        service = self.desired[step.service]
        copy = next((one for one in self.observed.of(step.service) if one.copy_of), None)
        if copy is None:
            old = self._at(step.service, step.source)
            volumes = new_volumes(service, step.number, self.observed, self.around.project)
        else:
            old, volumes = self._named(copy.copy_of) or _gone(copy), dict(copy.volumes)
        return DatabaseMove(
            engine=self.engine,
            login=self.login,
            around=self.around,
            service=service,
            old=old,
            host=step.host,
            number=step.number,
            volume=volumes[service.volumes[0]],
            password=self.secret(f"{service.name}_superuser_password"),
            timeout_seconds=self.timeout_seconds,
            tell=self.tell,
            pause=lambda: self._pause(service),
            resume=lambda: self._resume(service),
            retire=lambda: self.retire(old),
        )

    def _paused(self, service: DesiredService) -> list[str]:
        return [one.name for name in service.spec["pauses"] for one in self.observed.of(name)]

    def _pause(self, service: DesiredService) -> None:
        pairs = {
            name: Pair(self.engine, self.login, self.around.network_id, name, name)
            for name in self._paused(service)
        }
        for name, pair in pairs.items():
            pair.change(name, 0, {})
        for name, pair in pairs.items():
            if not pair.wait_ended(name, self.timeout_seconds, _SILENT_HOST_SECONDS):
                raise MoveFailed(f"{name} was told to pause and did not stop")

    def _resume(self, service: DesiredService) -> None:
        for name in self._paused(service):
            if self.engine.service(name)["Spec"]["Mode"]["Replicated"]["Replicas"] == 0:
                self.engine.scale_service(name, 1, {}, self.login)

    def _wait_for_paused(self, step: Step) -> None:
        for name in self._paused(self.desired[step.service]):
            pair = Pair(self.engine, self.login, self.around.network_id, name, name)
            try:
                pair.wait_running(name, self.timeout_seconds)
            except MoveFailed as error:
                raise StepFailed(f"{step.name} has moved; {error}") from error

    # ---- what is left behind ----

    def retire(self, replica: ObservedReplica) -> None:
        """Notes that the replica's volumes are kept and never mounted again."""
        self._record(replica.service, replica.host, replica.volumes.values())

    def retire_others(self, service: str) -> None:
        """The same for what else was found of a service that is about to start on some data, or anew."""
        for one in self.observed.others:
            if one.service == service:
                self._record(service, one.host, one.volumes.values())

    def _record(self, service: str, host: str, volumes: Iterable[str]) -> None:
        known = {(one.host, one.volume) for one in retired(self.engine)}
        since = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        for volume in volumes:
            if (host, volume) not in known:
                # The name of such an object has at most 64 characters.
                name = f"retired-{hashlib.sha256(f'{host}/{volume}'.encode()).hexdigest()[:16]}"
                labels = {
                    RETIRED: volume,
                    "remlab.host": host,
                    "remlab.service": service,
                    "remlab.since": since,
                }
                self.engine.create_config(name, labels)

    def _keep(self, replica: ObservedReplica) -> None:
        for one in retired(self.engine):
            if one.host == replica.host and one.volume in replica.volumes.values():
                self.engine.remove_config(one.identifier)

    # ---- helpers ----

    def _volume_move(
        self, service: DesiredService, old: ObservedReplica, target: str, volumes: Mapping[str, str]
    ) -> VolumeMove:
        return VolumeMove(
            engine=self.engine,
            login=self.login,
            around=self.around,
            service=service,
            old=old,
            target=target,
            new_volumes=volumes,
            timeout_seconds=self.timeout_seconds,
            tell=self.tell,
            limit_kb=_LIVE_KB_PER_SECOND,
        )

    def _at(self, service: str, host: str) -> ObservedReplica:
        return next(one for one in self.observed.of(service) if one.host == host)

    def _named(self, name: str) -> ObservedReplica | None:
        return next((one for one in self.observed.replicas if one.name == name), None)


def _gone(copy: ObservedReplica) -> ObservedReplica:
    """The server from which a copy was made, after it was removed."""
    service, _, number = copy.copy_of.rpartition("-")
    return ObservedReplica(service, int(number), "its old host", copy.image_tag)


def _run_hook(hook: list[str], told: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            hook,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=_HOOK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"WARNING: the hook {hook[0]} could not be run ({error}); tell the DNS by hand"
    if done.returncode:
        return f"WARNING: the hook {hook[0]} ended with {done.returncode} ({done.stderr.strip()[-200:]}); tell the DNS"
    return f"the hook {hook[0]} was told that {told['LAB_NEW_ADDRESS']} answers now"
