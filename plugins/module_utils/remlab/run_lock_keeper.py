"""Holds a run's lock: a process beside ansible-playbook, on the controller.

It renews the lease while the run lives, releases it when the run has ended, and lets it
expire when the run was killed. It calls `ansible`, so that every kind of connection works.
Only the standard library, since it is started as a file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# The lease lasts 60 s, so two calls may fail. Tests have less time.
RENEW_SECONDS = float(os.environ.get("REMLAB_LOCK_RENEW_SECONDS", "20"))
_POLL_SECONDS = 0.2
_CALL_SECONDS = 50.0
# Results are shown as JSON or YAML, as ansible.cfg has it.
_LOST = re.compile(r"\blost\"?: true\b")


def alive(pid: int, started: int) -> bool:
    """Whether that very process runs; its number may have been given to another one since.

    :param started: clock ticks since boot; proc(5), /proc/PID/stat, field 22.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return int(fields[19]) == started and fields[0] not in ("Z", "X")


def keep(orders: Mapping[str, Any]) -> None:
    """Until the run has ended.

    :param orders: ``command`` (ansible with inventory, host and options), ``become_password``,
        ``environment``, ``project`` and ``run``, which has folder, run, pid and started too.
    """
    run = orders["run"]
    folder = Path(run["folder"])
    renewed = time.monotonic()
    while alive(run["pid"], run["started"]) and not (folder / "ended").exists():
        time.sleep(_POLL_SECONDS)
        if time.monotonic() - renewed >= RENEW_SECONDS:
            renewed = time.monotonic()
            if _LOST.search(_call(orders, "renewed", _step(folder))):
                # Another run has it: this controller slept for longer than the lease.
                os.kill(run["pid"], signal.SIGINT)
    # A run that was killed may have left a module at work on a host: the lease bounds that.
    if (folder / "ended").exists():
        _call(orders, "released", "")
    shutil.rmtree(folder, ignore_errors=True)


def _step(folder: Path) -> str:
    try:
        return (folder / "step").read_text(encoding="utf-8")
    except OSError:
        return ""


def _call(orders: Mapping[str, Any], state: str, step: str) -> str:
    """What `ansible` said; a call that fails is made again the next time."""
    arguments = {
        "project": orders["project"],
        "state": state,
        "run": {"run": orders["run"]["run"], "step": step},
    }
    command: Sequence[str] = [*orders["command"], "-m", "lab_run_lock", "-a", json.dumps(arguments)]
    password = orders["become_password"]
    if password:
        command = [*command, "--become-password-file=-"]
    try:
        done = subprocess.run(
            command,
            input=password + "\n" if password else "",
            env=os.environ | orders["environment"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_CALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return str(done.stdout)


if __name__ == "__main__":
    keep(json.load(sys.stdin))
