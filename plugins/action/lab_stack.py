"""Runs module lab_stack and says meanwhile what it is doing.

A module cannot speak before it ends, and a first deploy waits for minutes. So the module
writes a line for each step into a file on its host, and this plugin shows new lines.
"""

from __future__ import annotations

import shlex
import threading
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

_POLL_SECONDS = 1.0
_FILE = "/run/remlab/progress"


class ActionModule(ActionBase):
    """Module lab_stack with progress."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        if self._task.check_mode:
            return self._module(task_vars)
        self._low_level_execute_command(f"rm -f {shlex.quote(_FILE)}")
        ended = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(ended,), daemon=True)
        watcher.start()
        try:
            return self._module(task_vars)
        finally:
            ended.set()
            watcher.join(timeout=5)

    def _module(self, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(module_name="lab_stack", task_vars=task_vars)
        return result

    def _watch(self, ended: threading.Event) -> None:
        shown = 0
        while not ended.wait(_POLL_SECONDS):
            try:
                answer = self._low_level_execute_command(f"cat {shlex.quote(_FILE)} 2>/dev/null")
            except AnsibleError:
                continue  # the connection is the module's; progress is only a courtesy
            lines = answer.get("stdout", "").splitlines()
            for line in lines[shown:]:
                Display().display(f"  … {line}")
            shown = max(shown, len(lines))
