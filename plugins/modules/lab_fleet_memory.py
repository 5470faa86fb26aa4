#!/usr/bin/python
"""Writes down on a host how all hosts of the laboratory are reached; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_fleet_memory
short_description: Writes down on a host how all hosts of the laboratory are reached
description:
  - Any one host that is left in the inventory thus leads to those that were taken out of it.
options:
  hosts: {type: dict, required: true, description: Host to the variables that lead to it; no secret.}
  warnings: {type: list, elements: str, default: [], description: Sentences about hosts that were not cleaned.}
  left: {type: dict, default: {}, description: The same of cleaned hosts that keep retired volumes.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Remember the hosts
  lab_fleet_memory:
    hosts: {lab1: {ansible_host: 192.0.2.7, ansible_user: you}}
"""
RETURN = r"""#"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.membership import remember


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "hosts": {"type": "dict", "required": True},
            "left": {"type": "dict", "default": {}},
            "warnings": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    changed = remember(module.params["hosts"], module.params["left"], check=module.check_mode)
    for sentence in module.params["warnings"]:
        module.warn(sentence)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
