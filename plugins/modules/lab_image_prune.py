#!/usr/bin/python
"""Removes old images of services from this builder; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_image_prune
short_description: Removes old images of services from this builder's engine
description:
  - Removes names of images without force, so what a container uses stays.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  current: {type: list, elements: str, required: true, description: References that stay.}
  kept_per_service: {type: int, required: true, description: How many of each service stay besides.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Remove old images
  lab_image_prune: {project: remlab, current: [], kept_per_service: 5}
"""
RETURN = r"""
removed: {description: References that were removed., type: list, elements: str, returned: always}
"""

import subprocess

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.image_prune import LocalImage, superfluous


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def _images(project: str) -> list[LocalImage]:
    filters = ("--filter", f"label=remlab.project={project}", "--filter", "label=remlab.service")
    listed = _docker("image", "ls", *filters, "--format", "{{.Repository}} {{.Tag}} {{.CreatedAt}}").stdout
    found = [line.split(" ", 2) for line in listed.splitlines() if "<none>" not in line]
    return [LocalImage(repository=name, tag=tag, created=created) for name, tag, created in found]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "current": {"type": "list", "elements": "str", "required": True},
            "kept_per_service": {"type": "int", "required": True},
        },
    )
    old = superfluous(
        _images(module.params["project"]),
        current=module.params["current"],
        kept_per_service=module.params["kept_per_service"],
    )
    removed = [reference for reference in old if _docker("image", "rm", reference).returncode == 0]
    module.exit_json(changed=bool(removed), removed=removed)


if __name__ == "__main__":
    main()
