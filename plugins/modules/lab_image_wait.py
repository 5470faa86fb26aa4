#!/usr/bin/python
"""Waits for one job of an image build; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_image_wait
short_description: Waits until a job of M(lab_image_build) is over, and fails as it failed
options:
  run: {type: path, required: true, description: Folder of the run.}
  job: {type: dict, required: true, description: The job.}
  timeout_seconds: {type: int, default: 1800, description: How long to wait at most.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Wait for the base
  lab_image_wait: {run: /var/cache/remlab/runs/1, job: "{{ __item }}"}
"""
RETURN = r"""
seconds: {description: How long the job took., type: float, returned: success}
"""

import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.image_cache import ImageCache
from ansible.module_utils.remlab.image_worker import ALIVE, State, explain, read_state

#: How long the background process may take to begin.
BEGIN_SECONDS = 60


def _wait(run: Path, identity: str, timeout_seconds: int) -> State | None:
    began = time.monotonic()
    while time.monotonic() - began < timeout_seconds:
        state = read_state(run, identity)
        if state is not None:
            return state
        begun = read_state(run, "begun") is not None
        if not ImageCache.is_locked(run / ALIVE) and (begun or time.monotonic() - began > BEGIN_SECONDS):
            # The state may have been written between the two looks.
            return read_state(run, identity)
        time.sleep(0.2)
    return None


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "path", "required": True},
            "job": {"type": "dict", "required": True},
            "timeout_seconds": {"type": "int", "default": 1800},
        },
    )
    run, job = Path(module.params["run"]), module.params["job"]
    state = _wait(run, job["id"], module.params["timeout_seconds"])
    if state is None:
        module.fail_json(
            msg=f"The {job['label']} was not made: the build in the background ended without a word, or took longer "
            f"than {module.params['timeout_seconds']} s. What it wrote is in {run} on this host. Run the deploy again; "
            "what was finished is kept."
        )
    elif state["state"] == "failed":
        module.fail_json(msg=explain(job, state, run))
    else:
        module.exit_json(changed=True, seconds=state["seconds"])


if __name__ == "__main__":
    main()
