#!/usr/bin/python
"""Says what a host knows of the Swarm and of the laboratory's hosts; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_fleet_look
short_description: Says what a host knows of the Swarm and of the laboratory's hosts
description:
  - Changes nothing; works without an engine, too.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  host: {type: str, required: true, description: The inventory's name of this host.}
  address: {type: str, default: "", description: The IPv4 address that this host has now.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Look at the Swarm from here
  lab_fleet_look: {project: remlab, host: lab1, address: 192.0.2.7}
"""
RETURN = r"""
state: {description: The engine's LocalNodeState; empty without an engine., type: str, returned: always}
node_id: {description: This host's node id., type: str, returned: always}
control: {description: Whether it is a manager., type: bool, returned: always}
cluster_id: {description: "The Swarm's id, on a manager.", type: str, returned: always}
managers: {description: Node ids of the managers that it knows., type: list, returned: always}
manager_addresses: {description: Their addresses., type: list, returned: always}
rebuilding: {description: Whether it left a lost Swarm for a new one that is not all there., type: bool, returned: always}
members: {description: "On a manager: node_id, host, role, state, address, labels.", type: list, returned: always}
foreign_services: {description: "On a manager: services that are not ours.", type: list, returned: always}
placed: {description: "On a manager: service, and the hosts on which it runs.", type: dict, returned: always}
address: {description: The address that the Swarm has for this host., type: str, returned: always}
remembered: {description: Hosts and how they are reached, from the memory here., type: dict, returned: always}
left: {description: The same of cleaned hosts that keep retired volumes., type: dict, returned: always}
secrets: {description: Tells one folder of secrets from another., type: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import EngineRefused
from ansible.module_utils.remlab.membership import look


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "address": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        answer = look(module.params["project"])
    except EngineRefused as error:
        module.fail_json(msg=f"{module.params['host']}: {error}")
    now, known = module.params["address"], answer["address"]
    if now and known and now != known:
        module.warn(
            f"{module.params['host']} has the address {now} now, but joined its Swarm with {known}. "
            "Set lab_swarm_address, or give the host its old address back."
        )
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
