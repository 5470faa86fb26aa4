#!/usr/bin/python
"""Reads a machine and says whether it can take the laboratory; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_host_check
short_description: Says whether a machine can take what the inventory puts on it
description: [Changes nothing; looks at size, disk, ports and package mirrors.]
options:
  host: {type: str, required: true, description: The inventory's name of this host.}
  project: {type: str, required: true, description: The label of what is ours.}
  ports: {type: list, elements: int, default: [], description: Ports that will be published here.}
  minimum: {type: dict, required: true, description: "cores, memory_mb and disk_mb."}
author: [remlab]
"""
EXAMPLES = r"""
- name: Check the machine
  lab_host_check: {host: lab1, project: remlab, ports: [8080], minimum: {cores: 2, memory_mb: 3800, disk_mb: 15000}}
"""
RETURN = r"""
faults: {description: A sentence for each reason against this machine., type: list, returned: always}
machine:
  description: Its machine_id, hostname, architecture, time_seconds; clock_seconds ahead of the controller.
  type: dict
  returned: always
doctor_passed: {description: Fingerprint of the network that was last found well., type: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import doctor, host_check
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def _our_ports(project: str) -> list[int]:
    try:
        ports: list[int] = host_check.published_ports(Engine(project).containers())
        return ports
    except EngineAbsent:
        return []


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "project": {"type": "str", "required": True},
            "ports": {"type": "list", "elements": "int", "default": []},
            "minimum": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    machine = host_check.identity()
    ports = module.params["ports"]
    facts = host_check.read(module.params["host"], ports, _our_ports(module.params["project"]))
    minimum = {key: int(value) for key, value in module.params["minimum"].items()}
    module.exit_json(
        changed=False,
        faults=host_check.faults(facts, minimum, ports),
        machine=machine,
        doctor_passed=doctor.remembered(),
    )


if __name__ == "__main__":
    main()
