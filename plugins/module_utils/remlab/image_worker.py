"""Works through the jobs of a run, several at a time, and keeps each one's state where others can read it.

A job is {id, kind, label, needs: [ids], …}; its kind decides what is called. The state of a job is the file
<run>/<id>.json: {"state": "done" | "failed", "seconds": …, "result": …} or with a failure's lines; its log is
<run>/<id>.log. A job whose need failed fails too and says which.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from .image_commands import BuildFailure

Job = Mapping[str, Any]
State = dict[str, Any]

#: The file that the process of a run keeps locked while it lives.
ALIVE = "alive"


def work_through(
    jobs: Sequence[Job], *, perform: Callable[[Job], Any], run: Path, at_a_time: int
) -> list[State]:
    """Do all jobs, each after those it needs, and return their states in the order of the jobs.

    Of the jobs that can begin, the one that stands first in the list does.
    """
    states: dict[str, State] = {}
    waiting = list(jobs)
    running: dict[Future[State], str] = {}
    with ThreadPoolExecutor(max_workers=max(1, at_a_time)) as pool:
        while waiting or running:
            # No more than there are workers, so that the order of the jobs is also their priority.
            ready = [job for job in waiting if _is_ready(job, states)]
            for job in ready[: max(1, at_a_time) - len(running)]:
                waiting.remove(job)
                broken = [other["label"] for other in jobs if _has_failed(other, job, states)]
                running[pool.submit(_attempt, job, perform, broken)] = job["id"]
            if not running:
                raise ValueError(f"these jobs wait for each other: {[job['id'] for job in waiting]}")
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                identity = running.pop(future)
                states[identity] = future.result()
                write_state(run, identity, states[identity])
    return [states[job["id"]] for job in jobs]


def write_state(run: Path, identity: str, state: State) -> None:
    """Write the state of a job in one step, so that no reader sees half of it."""
    target = run / f"{identity}.json"
    partial = target.with_suffix(".part")
    partial.write_text(json.dumps(state))
    partial.rename(target)


def read_state(run: Path, identity: str) -> State | None:
    """Return the state of a job, or None while it is not over."""
    try:
        state: State = json.loads((run / f"{identity}.json").read_text())
    except FileNotFoundError:
        return None
    return state


def explain(job: Job, state: State, run: Path) -> str:
    """Return in words why a job failed: the last lines of the step that failed, and what to do."""
    parts = [f"The {job['label']} was not made: {state['step']}."]
    if state.get("lines"):
        parts += ["The last lines of it:", *(f"  {line}" for line in state["lines"])]
    if state.get("advice"):
        parts.append(state["advice"])
    if "because" not in state:
        parts.append(f"The whole log is {run / job['id']}.log on the builder.")
    return "\n".join(parts)


def at_a_time() -> int:
    """Return how many jobs to do at once: one per core that this process may use."""
    return len(os.sched_getaffinity(0))


def _is_ready(job: Job, states: Mapping[str, State]) -> bool:
    return all(need in states for need in job.get("needs", ()))


def _has_failed(other: Job, job: Job, states: Mapping[str, State]) -> bool:
    return other["id"] in job.get("needs", ()) and states[other["id"]]["state"] == "failed"


def _attempt(job: Job, perform: Callable[[Job], Any], broken: Sequence[str]) -> State:
    began = time.monotonic()
    state: State
    if broken:
        state = {"state": "failed", "step": f"it needs the {broken[0]}, which failed", "because": broken[0]}
    else:
        try:
            state = {"state": "done", "result": perform(job)}
        except BuildFailure as failure:
            state = {
                "state": "failed",
                "step": failure.step,
                "lines": failure.lines,
                "advice": failure.advice,
            }
        except Exception:  # the one who waits has to hear of it, whatever it is
            lines = traceback.format_exc().splitlines()
            state = {"state": "failed", "step": "an error in remlab itself", "lines": lines, "advice": ""}
    return {**state, "seconds": round(time.monotonic() - began, 1)}
