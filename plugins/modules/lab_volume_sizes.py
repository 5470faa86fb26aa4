#!/usr/bin/python
"""Says how large the laboratory's volumes on this host are; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_volume_sizes
short_description: Says how large the laboratory's volumes on this host are
description:
  - Changes nothing. The engine looks at each file, so it is asked only where something is about to be copied.
options:
  project: {type: str, required: true, description: The label of what is ours.}
author: [remlab]
"""
EXAMPLES = r"""
- name: See what would be copied
  lab_volume_sizes: {project: remlab}
"""
RETURN = r"""
bytes: {description: "Name of the volume, and its bytes.", type: dict, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def main() -> None:
    module = AnsibleModule(
        argument_spec={"project": {"type": "str", "required": True}}, supports_check_mode=True
    )
    try:
        sizes = Engine(module.params["project"]).volume_bytes()
    except EngineAbsent as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, bytes=sizes)


if __name__ == "__main__":
    main()
