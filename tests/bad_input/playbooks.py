"""Runs a playbook as an operator does and keeps what it said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 120


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
    arguments: tuple[str, ...] = (),
) -> Outcome:
    """Runs ansible-playbook from the repository's root with these extra variables."""
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        playbook,
        "-i",
        str(inventory),
        *arguments,
    ]
    if settings:
        command += ["-e", json.dumps(settings)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)
