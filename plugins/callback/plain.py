"""Prints only what tasks were asked to say, for verbs whose result is a text (`./lab status`, `logs`)."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plain
type: stdout
short_description: Prints the messages of debug tasks, and failures
description:
  - Everything else of a run stays silent.
"""

from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """The text of `debug` tasks to standard output, failures to standard error."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "plain"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Print the message of a debug task; nothing for any other."""
        if result.task.action.rpartition(".")[2] == "debug":
            message = result.result.get("msg", "")
            self._display.display("\n".join(message) if isinstance(message, list) else str(message))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Print why a task failed, unless the play goes on."""
        if not ignore_errors:
            self._complain(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Print which host did not answer."""
        self._complain(result)

    def _complain(self, result: Any) -> None:
        text = result.result.get("msg", "failed")
        self._display.display(f"{result.host}: {text}", color="red", stderr=True)
