"""Takes the laboratory's lock for this run and starts the process that holds it.

Whether a run that holds the lock still lives can only be seen on its own controller, so
that is looked at here and not in the module.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# Action plugins run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab import run_lock_keeper

# Options of ansible-playbook that say how hosts are reached, as `ansible` knows them too.
_OPTIONS = (
    "remote_user",
    "private_key_file",
    "connection",
    "ssh_common_args",
    "ssh_extra_args",
    "become_method",
    "become_user",
)
_FLAGS = {"remote_user": "--user", "private_key_file": "--private-key"}


class ActionModule(ActionBase):
    """Module lab_run_lock for the run that this process belongs to."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        if "state" in self._task.args:
            # The keeper's call.
            return self._call(task_vars, **self._task.args)
        project = self._task.args["project"]
        keeper = boolean(self._task.args.get("keeper", True))
        if self._task.check_mode:
            result = self._call(task_vars, project=project)
            if other := result.get("holder"):
                Display().warning(
                    f"a run of {other['user']} on {other['host']} is under way since {other['since']}, "
                    f"step {other['step'] or 'unknown'}: this plan may be out of date when it ends"
                )
            return result
        if "REMLAB_RUN" not in os.environ:
            raise AnsibleError(
                "the callback lab_run_lock is not enabled; run in the folder of the project's ansible.cfg"
            )
        run = json.loads(os.environ["REMLAB_RUN"])
        me = {name: run[name] for name in ("run", "user", "host", "machine", "pid", "started")}
        me["step"] = self._task.name or "lab_run_lock"
        result = self._call(task_vars, project=project, run=me)
        other = result.get("holder")
        if other and _died(other, me):
            result = self._call(task_vars, project=project, run=me, dead_run=other["run"])
        if keeper and not result.get("failed"):
            host = self._task.delegate_to or (task_vars or {})["inventory_hostname"]
            self._start_keeper(run, project, host)
        return result

    def _call(self, task_vars: dict[str, Any] | None, **arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name="lab_run_lock", module_args=arguments, task_vars=task_vars
        )
        return result

    def _start_keeper(self, run: dict[str, Any], project: str, host: str) -> None:
        started = Path(run["folder"]) / "keeper"
        if started.exists():
            return
        become = self._connection.become
        password = (become.get_option("become_pass") if become else None) or ""
        orders = {
            "command": _command(host, become=become is not None),
            "become_password": str(password),
            "environment": {
                "ANSIBLE_CONFIG": constants.CONFIG_FILE or "",
                "ANSIBLE_STDOUT_CALLBACK": "minimal",
            },
            "project": project,
            "run": run,
        }
        with subprocess.Popen(
            [sys.executable, run_lock_keeper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            # An interrupted run is released too.
            start_new_session=True,
        ) as keeper:
            assert keeper.stdin is not None
            json.dump(orders, keeper.stdin)
            keeper.stdin.close()
            started.touch()
            # Not waited for: it ends after the run. (The end of `with` would.)
            keeper.returncode = 0


def _died(other: dict[str, Any], me: dict[str, Any]) -> bool:
    """Whether the other run was started on this machine and its process is gone."""
    same = (other["machine"], other["host"]) == (me["machine"], me["host"])
    return same and not run_lock_keeper.alive(int(other["pid"]), int(other["started"]))


def _command(host: str, *, become: bool) -> list[str]:
    given = context.CLIARGS
    line = [str(Path(sys.executable).with_name("ansible")), host]
    for source in given.get("inventory") or ():
        line += ["--inventory", source]
    for extra in given.get("extra_vars") or ():
        line += ["--extra-vars", extra]
    for identity in given.get("vault_password_files") or ():
        line += ["--vault-password-file", identity]
    for option in _OPTIONS:
        if value := given.get(option):
            line.append(f"{_FLAGS.get(option, '--' + option.replace('_', '-'))}={value}")
    return [*line, "--become"] if become else line
