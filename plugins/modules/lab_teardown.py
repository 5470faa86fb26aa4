#!/usr/bin/python
"""Takes the laboratory off one host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_teardown
short_description: Takes the laboratory off one host
description:
  - Removes the services, networks, volumes, images and containers that carry the project's label, leaves the Swarm
    and removes the laboratory's own folders and firewall rules. Docker and everything else on the host stay.
  - In check mode it tells what it would remove.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  keep_data: {type: bool, default: false, description: Whether volumes and secrets stay.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Take the laboratory off this host, its data kept
  lab_teardown: {project: remlab, keep_data: true}
"""
RETURN = r"""
removed: {description: What was removed, in words., type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.teardown import Teardown


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "keep_data": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    client = None
    try:
        import docker

        client = docker.APIClient(version="1.41", timeout=60)
        client.ping()
    except ImportError:
        pass
    except (docker.errors.DockerException, OSError):
        client = None
    teardown = Teardown(
        client, module.params["project"], keep_data=module.params["keep_data"], check=module.check_mode
    )
    teardown.run()
    module.exit_json(changed=bool(teardown.done), removed=teardown.done)


if __name__ == "__main__":
    main()
