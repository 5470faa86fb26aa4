"""Runs module lab_host_check and compares the host's clock with this machine's.

Only the controller knows when it asked and when it was answered, so the comparison is made here:
the host's time lies between the two, and half-way is the best guess.
"""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """Module lab_host_check with `machine.clock_seconds`, how far the host's clock is ahead."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        asked = time.time()
        result: dict[str, Any] = self._execute_module(module_name="lab_host_check", task_vars=task_vars)
        answered = time.time()
        machine = result.get("machine")
        if machine is not None:
            its = float(machine["time_seconds"])
            # Between the two is no difference: a slow answer is no wrong clock.
            machine["clock_seconds"] = 0.0 if asked <= its <= answered else its - (asked + answered) / 2
        return result
