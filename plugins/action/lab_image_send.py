"""Sends the builder what the jobs of a plan need: one tar with the sources of services and frontend.

Arguments: plan (the result of lab_image_plan), services, only the jobs' sources are sent. Returns run, the
folder of this run on the builder.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Action plugins run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab.image_cache import ImageCache
from remlab.image_files import pack
from remlab.image_jobs import job_sources
from remlab.image_settings import ImageSettings


class ActionModule(ActionBase):
    """The sources, sent in one file."""

    _VALID_ARGS = frozenset({"plan", "services"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        plan = self._task.args["plan"]
        settings = ImageSettings.from_json(plan["settings"])
        # Unique, so that nobody takes the state of an earlier run for this one's; sorted by time.
        identity = time.strftime("%Y%m%d-%H%M%S-", time.gmtime()) + secrets.token_hex(3)
        run = str(ImageCache(Path(settings.cache)).run(identity))
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "sources.tar"
            try:
                pack(job_sources(plan["jobs"], self._task.args["services"], settings), archive)
            except OSError as error:
                raise AnsibleActionFail(f"the sources of the images cannot be read: {error}") from error
            result = self._copy(archive, f"{run}/", task_vars)
        result["run"] = run
        return result

    def _copy(self, source: Path, target: str, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        task = self._task.copy()
        task.args = {"src": str(source), "dest": target, "mode": "0600"}
        action = self._shared_loader_obj.action_loader.get(
            "ansible.legacy.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        result: dict[str, Any] = action.run(task_vars=task_vars)
        return result
