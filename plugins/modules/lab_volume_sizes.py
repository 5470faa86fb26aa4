#!/usr/bin/python
"""Says how large the laboratory's volumes on this host are, and how much room is left; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_volume_sizes
short_description: Says how large the laboratory's volumes on this host are, and how much room is left
description:
  - Changes nothing. The engine looks at each file, so it is asked only where something is about to be copied.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  sizes: {type: bool, default: true, description: Whether the volumes are asked for; the room is told in any case.}
author: [remlab]
"""
EXAMPLES = r"""
- name: See what would be copied
  lab_volume_sizes: {project: remlab}
"""
RETURN = r"""
bytes: {description: "Name of the volume, and its bytes.", type: dict, returned: always}
free_bytes: {description: What is free on the disk of the engine's volumes., type: int, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "sizes": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        engine = Engine(module.params["project"])
        sizes = engine.volume_bytes() if module.params["sizes"] else {}
        free = engine.free_bytes()
    except EngineAbsent as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, bytes=sizes, free_bytes=free)


if __name__ == "__main__":
    main()
