#!/usr/bin/python
"""Asks a deployed laboratory whether it works; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_verify
short_description: Asks a deployed laboratory, through its front door, whether it works
description:
  - Asks for the pages, the API, every service's health, the OpenID provider and the cameras, as far as they are
    deployed, and fails with all that does not work.
  - Changes nothing. In check mode it asks nothing either, since nothing may be deployed yet.
options:
  public_url: {type: str, required: true, description: The address that the front door answers for.}
  address: {type: str, default: 127.0.0.1, description: Where the front door listens.}
  port: {type: int, required: true, description: The front door's port.}
  services: {type: list, elements: str, required: true, description: Names of the deployed services.}
  seconds: {type: int, default: 60, description: How long to ask again before giving up.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Ask the laboratory
  lab_verify: {public_url: "http://localhost:8080", port: 8080, services: [backend, auth, media]}
"""
RETURN = r""" # """

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.verify import Door, problems


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "public_url": {"type": "str", "required": True},
            "address": {"type": "str", "default": "127.0.0.1"},
            "port": {"type": "int", "required": True},
            "services": {"type": "list", "elements": "str", "required": True},
            "seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, skipped=True)
    params = module.params
    door = Door(params["public_url"], params["address"], params["port"])
    found = problems(door, params["services"], seconds=params["seconds"])
    if found:
        module.fail_json(msg="The laboratory was deployed but does not work:\n" + "\n".join(found))
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
