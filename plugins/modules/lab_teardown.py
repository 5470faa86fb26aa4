#!/usr/bin/python
"""Takes the laboratory off one host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_teardown
short_description: Takes the laboratory off one host
description:
  - Removes the services, networks, volumes, images and containers that carry the project's label, leaves the Swarm
    and removes the laboratory's own folders, firewall rules and trust in its registry. Docker and everything else on
    the host stay.
  - With C(former) the laboratory goes on elsewhere. Its services are not touched, and the host's volumes stay.
  - In check mode it tells what it would remove.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  keep_data: {type: bool, default: false, description: Whether volumes and secrets stay.}
  former: {type: bool, default: false, description: Whether this is a host that left the inventory.}
  node_id: {type: str, default: "", description: "For C(former), the id under which the Swarm knows the host."}
  registry: {type: str, default: "", description: The registry's name that the host was taught.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Take the laboratory off this host, its data kept
  lab_teardown: {project: remlab, keep_data: true}
"""
RETURN = r"""
removed: {description: What was removed, in words., type: list, returned: always}
volumes: {description: Volumes of the laboratory that stay., type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.teardown import AnotherMachine, Teardown


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "keep_data": {"type": "bool", "default": False},
            "former": {"type": "bool", "default": False},
            "node_id": {"type": "str", "default": ""},
            "registry": {"type": "str", "default": ""},
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
    params = module.params
    teardown = Teardown(
        client,
        params["project"],
        keep_volumes=params["keep_data"] or params["former"],
        keep_folders=params["keep_data"],
        check=module.check_mode,
        registry=params["registry"],
    )
    try:
        if params["former"]:
            teardown.clean_former(params["node_id"])
        else:
            teardown.run()
    except AnotherMachine as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(teardown.done), removed=teardown.done, volumes=teardown.volumes())


if __name__ == "__main__":
    main()
