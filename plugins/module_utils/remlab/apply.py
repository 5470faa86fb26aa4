"""Does the steps of a plan on the Swarm and waits until each has come true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import guards, jobs, planner
from .data_moves import DataMoves, new_volumes
from .engine import Engine, RegistryLogin
from .engine_spec import Surroundings, engine_spec, one_shot_spec
from .observe import converged, ended, last_failure
from .planner import Step, StepFailed
from .state import DesiredService, Observed

_POLL_SECONDS = 0.3
_LOG_LINES = 15
_REPEATED_FAILURES = 3
# What earlier plays did before this one could run at all, and what is nothing to do.
_DONE_ELSEWHERE = (planner.INSTALL, planner.SWARM, planner.KEEP)


@dataclass
class Report:
    """What was done, in the order in which it was done."""

    lines: list[str] = field(default_factory=list)
    # Those of them that took something from or to a host.
    moves: list[str] = field(default_factory=list)

    def add(self, step: Step, seconds: float, more: str = "") -> None:
        line = f"{step} ({seconds:.1f} s{f'; {more}' if more else ''})"
        self.lines.append(line)
        if step.kind in (planner.MOVE, planner.UNDO, planner.REMOVE):
            self.moves.append(line)


@dataclass
class Applier:
    """Carries a plan out."""

    engine: Engine
    desired: Mapping[str, DesiredService]
    observed: Observed
    around: Surroundings
    login: RegistryLogin | None
    timeout_seconds: float
    # Called with one line each time something begins or ends.
    tell: Callable[[str], None]
    # Whether devices that are driven are stopped before a service moves on which they depend.
    make_safe: bool = False
    # Reads a secret by its name in the service files.
    secret: Callable[[str], str] = lambda _name: ""
    report: Report = field(default_factory=Report)

    def run(self, steps: Sequence[Step]) -> Report:
        """Does one step after the other.

        :raises StepFailed: at the first that fails; what follows is not begun.
        """
        actions: dict[str, Callable[[Step], str | None]] = {
            planner.MIGRATE: self._migrate,
            planner.CREATE: self._create,
            planner.UPDATE: self._update,
            planner.MOVE: self._move,
            planner.UNDO: self._data.undo,
            planner.WAIT: self._wait_for,
            planner.REMOVE: self._remove,
        }
        self._clear_unfinished_jobs()
        for step in steps:
            if step.kind in _DONE_ELSEWHERE:
                continue
            action = actions[step.kind]
            self.tell(str(step))
            began = time.monotonic()
            more = action(step)
            self.report.add(step, time.monotonic() - began, more or "")
        return self.report

    def __post_init__(self) -> None:
        self._data = DataMoves(
            engine=self.engine,
            login=self.login,
            around=self.around,
            desired=self.desired,
            observed=self.observed,
            timeout_seconds=self.timeout_seconds,
            tell=self.tell,
            create=self._create_as,
            update=self._update_as,
            secret=self.secret,
        )

    def _create(self, step: Step) -> None:
        service = self.desired[step.service]
        self._data.retire_others(step.service)
        found = self.observed.taken_on(step.service, step.host)
        if found is not None:
            self._create_as(step, engine_spec(service, step.number, step.host, self.around, found.volumes))
            return
        volumes = new_volumes(service, step.number, self.observed, self.around.project)
        first, later = (
            engine_spec(service, step.number, step.host, self.around, volumes, first_start=first_start)
            for first_start in (True, False)
        )
        self._create_as(step, first)
        if first != later:
            # From now on it refuses an empty volume.
            self._update_as(step, later)

    def _create_as(self, step: Step, spec: dict[str, Any]) -> None:
        self.engine.create_service(spec, self.login)
        self._wait_for(step)

    def _update(self, step: Step) -> None:
        running = next(one for one in self.observed.of(step.service) if one.number == step.number)
        service = self.desired[step.service]
        self._update_as(step, engine_spec(service, step.number, step.host, self.around, running.volumes))

    def _update_as(self, step: Step, spec: dict[str, Any]) -> None:
        before = (self.engine.service(step.name).get("UpdateStatus") or {}).get("StartedAt", "")
        self.engine.update_service(step.name, spec, self.login)
        self._wait_for(step, update_before=before)

    def _move(self, step: Step) -> str | None:
        if self.desired[step.service].volumes:
            return self._data.move(step)
        if self.make_safe and self.desired[step.service].spec["guard"]:
            self._make_safe(step)
        # One update of the constraint: start-first, health-gated, given back by the engine if it fails.
        self._update(step)
        return None

    def _make_safe(self, step: Step) -> None:
        """Devices that are driven stop before they are sent to another host."""
        spec = guards.job(self.desired[step.service], "make_safe", self.desired, self.observed, self.around)
        if spec is None:
            return
        try:
            stopped = guards.answer(jobs.run(self.engine, spec, self.login, self.timeout_seconds))
        except jobs.JobFailed as error:
            raise StepFailed(
                f"{step.name} was not moved: devices could not be made safe.\n{error}"
            ) from error
        if stopped:
            self.tell(f"{step.name}: stopped {', '.join(sorted(stopped))}")

    def _remove(self, step: Step) -> None:
        if step.overlaps:
            self._data.wait_overlap(step)
        replica = next((one for one in self.observed.replicas if one.name == step.name), None)
        if replica is not None:
            self._data.retire(replica)
        self.engine.remove_service(step.name)
        deadline = time.monotonic() + self.timeout_seconds
        while any(task["DesiredState"] != "remove" for task in self._tasks_of_removed(step)):
            if time.monotonic() > deadline:
                raise StepFailed(f"{step.name} did not stop within {self.timeout_seconds:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _tasks_of_removed(self, step: Step) -> list[dict[str, Any]]:
        return [
            task
            for task in self.engine.tasks()
            if (task["Spec"]["ContainerSpec"].get("Labels") or {}).get("remlab.service") == step.service
            and task["Spec"]["ContainerSpec"].get("Hostname") == step.name
            and task["Status"]["State"] in ("running", "starting", "preparing")
        ]

    def _wait_for(self, step: Step, *, update_before: str | None = None) -> None:
        """Until all tasks run the current version and no older one is left."""
        deadline = time.monotonic() + self.timeout_seconds
        while True:
            service = self.engine.service(step.name)
            tasks = self.engine.tasks(service["ID"])
            self._refuse_rollback(step, service, tasks, update_before)
            if converged(service, tasks, self.engine.lost_nodes()):
                return
            self._refuse_hopeless(step, service, tasks, update_before)
            if time.monotonic() > deadline:
                raise StepFailed(
                    self._explain(step, tasks, f"was not healthy within {self.timeout_seconds:.0f} s")
                )
            time.sleep(_POLL_SECONDS)

    def _refuse_rollback(
        self, step: Step, service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], before: str | None
    ) -> None:
        status = service.get("UpdateStatus") or {}
        ours = before is not None and status.get("StartedAt", "") != before
        if ours and str(status.get("State", "")).startswith("rollback"):
            what = "was given back to its old version, which goes on serving: the new one never got healthy"
            raise StepFailed(self._explain(step, tasks, what))
        if ours and status.get("State") == "paused":
            raise StepFailed(self._explain(step, tasks, "was paused by the engine: the new version failed"))

    def _refuse_hopeless(
        self, step: Step, service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], before: str | None
    ) -> None:
        """A first start that fails again and again will not get better by waiting for the deadline."""
        if before is not None:
            return
        template = service["Spec"]["TaskTemplate"]["ContainerSpec"]
        failed = [task for task in ended(tasks) if task["Spec"]["ContainerSpec"] == template]
        if len(failed) >= _REPEATED_FAILURES:
            raise StepFailed(self._explain(step, tasks, f"failed {len(failed)} times"))

    def _explain(self, step: Step, tasks: Sequence[Mapping[str, Any]], what: str) -> str:
        lines = [f"{step.name} on {step.host} {what}."]
        task = last_failure(tasks)
        if task is not None:
            status = task["Status"]
            container = status.get("ContainerStatus") or {}
            lines.append(f"task {task['ID'][:12]}: {status.get('Err') or status.get('Message', '')}")
            lines.append(f"exit code: {container.get('ExitCode', 'none')}")
            health = self.engine.health_output(container.get("ContainerID") or "none")
            lines.append(f"health check said: {health or 'nothing that is still readable here'}")
            lines.append(f"last log lines:\n{self.engine.task_log(task['ID'], _LOG_LINES)}")
        else:
            lines.append(f"last log lines:\n{self.engine.service_log(step.name, _LOG_LINES)}")
        lines.append(
            f"Nothing else was changed. Look further with: ./lab logs {step.service}; mend it and run again."
        )
        return "\n".join(lines)

    def _migrate(self, step: Step) -> None:
        service = self.desired[step.service]
        migrate = service.spec["migrate"]
        spec = one_shot_spec(
            service,
            service.hosts[0],
            self.around,
            command=list(migrate["command"]),
            name=jobs.unique(f"{step.service}-migrate-{service.image.short}"),
        )
        try:
            jobs.run(self.engine, spec, self.login, migrate["timeout_seconds"])
        except jobs.JobFailed as error:
            raise StepFailed(
                f"{step.service}: the migration failed; the old version goes on serving.\n{error}"
            ) from error

    def _clear_unfinished_jobs(self) -> None:
        """Jobs of a run that was killed; the plan starts them again where they are still needed."""
        for service in self.engine.services():
            if "remlab.job" in service["Spec"]["Labels"]:
                self.engine.remove_service(service["ID"])
