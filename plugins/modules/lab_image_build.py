#!/usr/bin/python
"""Makes bases, Python trees, the frontend and images; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_image_build
short_description: Works through the jobs of an image build, several at a time
description:
  - Meant to run in the background (async). M(lab_image_wait) tells when a job is over, and how it ended.
  - It never fails because of a job; who waits for the job does.
options:
  run: {type: path, required: true, description: Folder of the run, with sources.tar in it.}
  jobs: {type: list, elements: dict, required: true, description: The jobs, as M(lab_image_plan) lists them.}
  settings: {type: dict, required: true, description: The settings of image builds.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Build in the background
  lab_image_build: {run: /var/cache/remlab/runs/1, jobs: "{{ plan.jobs }}", settings: "{{ plan.settings }}"}
  async: 3600
  poll: 0
"""
RETURN = r"""
states: {description: How each job ended., type: list, elements: dict, returned: always}
"""

import sys
import tarfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.image_cache import ImageCache
from ansible.module_utils.remlab.image_perform import Performer
from ansible.module_utils.remlab.image_settings import ImageSettings
from ansible.module_utils.remlab.image_worker import ALIVE, at_a_time, work_through, write_state


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "path", "required": True},
            "jobs": {"type": "list", "elements": "dict", "required": True},
            "settings": {"type": "dict", "required": True},
        },
    )
    settings = ImageSettings.from_json(module.params["settings"])
    cache, run = ImageCache(Path(settings.cache)), Path(module.params["run"])
    # Two locks: one says that this run lives, the other that no second run builds at the same time.
    with cache.locked(run / ALIVE):
        write_state(run, "begun", {})
        with cache.locked(cache.root / "lock"):
            cache.clean()
            with tarfile.open(run / "sources.tar") as archive:
                archive.extractall(run / "sources", filter="tar")
            performer = Performer(settings=settings, run=run, python=sys.executable)
            states = work_through(module.params["jobs"], perform=performer, run=run, at_a_time=at_a_time())
    module.exit_json(changed=True, states=states)


if __name__ == "__main__":
    main()
