"""Tells the keeper of the run's lock which step is under way, and when the run has ended."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lab_run_lock
type: aggregate
short_description: Names the run, its current step and its end, for the lock on the laboratory
description:
  - Lives in the process that drives a run, and prints nothing.
  - The action plugin lab_run_lock takes the lock and starts its keeper, which reads what is written here.
"""

import getpass
import json
import os
import shutil
import socket
import tempfile
import uuid
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """One folder per run: `step` (the current one), `keeper` (if one was started), `ended`."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "lab_run_lock"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path()

    def v2_playbook_on_start(self, playbook: Any) -> None:  # noqa: ARG002 - Ansible's signature
        """Names this run; the forks of this process, in which tasks run, inherit the variable."""
        self._folder = Path(tempfile.mkdtemp(prefix="remlab-run-"))
        stat = Path("/proc/self/stat")
        machine = Path("/etc/machine-id")
        os.environ["REMLAB_RUN"] = json.dumps(
            {
                "folder": str(self._folder),
                "run": uuid.uuid4().hex,
                "user": os.environ.get("SUDO_USER") or getpass.getuser(),
                "host": socket.gethostname(),
                "machine": machine.read_text().strip() if machine.exists() else "",
                "pid": os.getpid(),
                "started": int(stat.read_text().rpartition(")")[2].split()[19]) if stat.exists() else 0,
            }
        )

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002 - Ansible's
        """Write down what is being done."""
        if self._folder.is_dir():
            (self._folder / "step").write_text(task.get_name().strip(), encoding="utf-8")

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002 - Ansible's
        """Have the lock released, also after a failure; nobody waits for that."""
        if (self._folder / "keeper").exists():
            (self._folder / "ended").touch()
        elif self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)
