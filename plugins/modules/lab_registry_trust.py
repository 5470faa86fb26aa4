#!/usr/bin/python
"""Lets this host find and trust the laboratory's registry; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_registry_trust
short_description: Lets a host find the registry by its name and trust its certificate
description: [Writes a line of /etc/hosts and the certificate that Docker Engine looks for.]
options:
  name: {type: str, required: true, description: The registry's name in image references.}
  port: {type: int, required: true, description: Its port.}
  address: {type: str, required: true, description: IPv4 address of the host that runs it now.}
  authority: {type: str, default: "", description: The registry's CA as base64 of PEM; empty in check mode.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Trust the registry
  lab_registry_trust: {name: registry.remlab.internal, port: 5000, address: 192.0.2.7, authority: LS0tLS1CRUdJTg==}
"""
RETURN = r"""
files: {description: The files that were written., type: list, returned: always}
"""

import base64

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.registry_trust import trust


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "address": {"type": "str", "required": True},
            "authority": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    params = module.params
    files = trust(
        name=params["name"],
        port=params["port"],
        address=params["address"],
        authority=base64.b64decode(params["authority"]).decode(),
        check=module.check_mode,
    )
    module.exit_json(changed=bool(files), files=files)


if __name__ == "__main__":
    main()
