"""Writes down when each play and task began, so that a load beside a deploy can say what slowed it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: events
type: notification
short_description: Appends a line "time text" for each play and task to a file
description:
  - Used by C(./lab deploy --prove) and the benchmark C(moves).
requirements:
  - The environment variable E(REMLAB_EVENTS_FILE) names the file; without it nothing is written.
"""

import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """A line for each play and task that begins. Times are seconds since 1970."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "events"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Note a play."""
        self._note(f"play: {play.get_name()}")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Note a task."""
        del is_conditional
        self._note(f"task: {task.get_name()}")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Note the end."""
        del stats
        self._note("the deploy has ended")

    def _note(self, text: str) -> None:
        path = os.environ.get("REMLAB_EVENTS_FILE")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{time.time():.3f} {text}\n")
