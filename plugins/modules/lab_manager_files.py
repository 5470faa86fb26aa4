#!/usr/bin/python
"""Reads, writes or removes what a manager keeps beside the Swarm; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_manager_files
short_description: Reads, writes or removes a manager's secrets and records of releases
description:
  - What it reads goes into the result, so a task that reads or writes has C(no_log).
options:
  verb: {type: str, required: true, choices: [read, write, remove], description: What to do.}
  files: {type: dict, default: {}, description: What was read elsewhere and is written here.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Take the secrets off a host that is no manager any more
  lab_manager_files: {verb: remove}
"""
RETURN = r"""
files: {description: Relative path to content in base64., type: dict, returned: when read}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import manager_files


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "required": True, "choices": ["read", "write", "remove"]},
            "files": {"type": "dict", "default": {}, "no_log": True},
        },
        supports_check_mode=False,
    )
    verb = module.params["verb"]
    if verb == "read":
        module.exit_json(changed=False, files=manager_files.read())
    if verb == "remove":
        module.exit_json(changed=manager_files.remove())
    module.exit_json(changed=manager_files.write(module.params["files"]))


if __name__ == "__main__":
    main()
