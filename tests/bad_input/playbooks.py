"""Runs a playbook as an operator does and keeps what it said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Outcome:
    """What a run ended with."""

    code: int
    output: str

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks that were begun."""
        return [line for line in self.output.splitlines() if line.startswith("TASK [")]


def play(
    playbook: str,
    *,
    inventory: str | Path = "inventory/local.yml",
    settings: dict[str, Any] | None = None,
    check: bool = False,
    tree: Path = ROOT,
    kill_at: str = "",
    environment: dict[str, str] | None = None,
    timeout_seconds: float = _TIMEOUT_SECONDS,
    started: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Runs ansible-playbook from the repository's root, or from a copy of it.

    :param settings: extra variables.
    :param check: only plan.
    :param kill_at: ends the run the hard way as soon as it writes a line with this text.
    :param environment: variables beside those of this process.
    :param started: is told the process group of the run as soon as it has begun.
    """
    command = [str(Path(sys.executable).parent / "ansible-playbook"), playbook, "-i", str(inventory)]
    if check:
        command += ["--check", "--diff"]
    if settings:
        command += ["-e", json.dumps(settings)]
    lines = []
    with subprocess.Popen(
        command,
        cwd=tree,
        env=os.environ
        | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(tree / "ansible.cfg")}
        | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(timeout_seconds, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        started(process.pid)
        for line in process.stdout:
            lines.append(line)
            if kill_at and kill_at in line:
                os.killpg(process.pid, signal.SIGKILL)
        watchdog.cancel()
    return Outcome(process.returncode, "".join(lines))
