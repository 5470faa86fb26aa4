"""One-shot services: one command, once, on a chosen host, through the Swarm alone.

No access to the host is needed; exit code and output come back through the manager.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .engine import Engine, RegistryLogin
from .observe import last_failure

_POLL_SECONDS = 0.2
_LOG_LINES = 15


class JobFailed(RuntimeError):
    """The job ended badly or not at all; says what it wrote."""

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Job:
    """A job that was started."""

    name: str
    identifier: str


def unique(name: str) -> str:
    """A name that no earlier try had: the engine keeps the tasks of removed services for a while."""
    return f"{name}-{time.time_ns() // 1_000_000:x}"


def start(engine: Engine, spec: Mapping[str, Any], login: RegistryLogin | None) -> Job:
    """Starts a job; ``spec`` is made by ``engine_spec.one_shot_spec``."""
    return Job(spec["Name"], engine.create_service(spec, login))


def address(engine: Engine, job: Job, timeout_seconds: float) -> str:
    """The job's address in the overlay, once it runs.

    :raises JobFailed: it ended, or did not start in time.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        for task in engine.tasks(job.identifier):
            state = task["Status"]["State"]
            if state == "running":
                return str(task["NetworksAttachments"][0]["Addresses"][0]).partition("/")[0]
            if state in ("failed", "rejected", "complete"):
                raise _failure(engine, job, f"ended at once ({task['Status'].get('Err', '')})")
        if time.monotonic() > deadline:
            raise _failure(engine, job, f"did not start within {timeout_seconds:.0f} s")
        time.sleep(_POLL_SECONDS)


def wait(
    engine: Engine,
    job: Job,
    timeout_seconds: float,
    *,
    each_second: Callable[[], None] | None = None,
) -> str:
    """Waits until the job has ended well; returns what it wrote.

    :param each_second: called about once a second meanwhile.
    :raises JobFailed: it failed or took too long.
    """
    deadline = time.monotonic() + timeout_seconds
    called = time.monotonic()
    while True:
        tasks = engine.tasks(job.identifier)
        states = {task["Status"]["State"] for task in tasks}
        if "complete" in states:
            return engine.service_log(job.identifier, 1000)
        if states & {"failed", "rejected", "orphaned"}:
            failed = last_failure(tasks) or {"Status": {}}
            code = (failed["Status"].get("ContainerStatus") or {}).get("ExitCode")
            raise _failure(engine, job, str(failed["Status"].get("Err", "failed")), code)
        if time.monotonic() > deadline:
            raise _failure(engine, job, f"did not end within {timeout_seconds:.0f} s")
        if each_second is not None and time.monotonic() - called >= 1:
            called = time.monotonic()
            each_second()
        time.sleep(_POLL_SECONDS)


def run(engine: Engine, spec: Mapping[str, Any], login: RegistryLogin | None, timeout_seconds: float) -> str:
    """Starts a job, waits for it, removes it; returns what it wrote.

    :raises JobFailed: it failed or took too long.
    """
    job = start(engine, spec, login)
    try:
        return wait(engine, job, timeout_seconds)
    finally:
        remove(engine, job)


def remove(engine: Engine, job: Job) -> None:
    engine.remove_service(job.identifier)


def _failure(engine: Engine, job: Job, what: str, code: int | None = None) -> JobFailed:
    log = engine.service_log(job.identifier, _LOG_LINES)
    return JobFailed(f"{job.name} {what}\nlast log lines:\n{log}", code)
