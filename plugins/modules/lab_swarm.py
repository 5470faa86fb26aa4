#!/usr/bin/python
"""Makes this host a member of the laboratory's Swarm; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_swarm
short_description: Starts the Swarm on this host and names the host in it
description:
  - Starts a Swarm where the host is in none and labels its node with the inventory's name.
  - In check mode without an engine it says what it would do.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  host: {type: str, required: true, description: The inventory's name of this host.}
  address: {type: str, required: true, description: IPv4 address on which the Swarm listens.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Start the Swarm
  lab_swarm: {project: remlab, host: localhost, address: 192.0.2.7}
"""
RETURN = r"""
address: {description: The address that the Swarm has for this host., type: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import Engine, EngineAbsent, EngineRefused


def _ensure(engine: Engine, params: dict[str, str], *, check: bool) -> bool:
    swarm = engine.swarm()
    state = swarm.get("LocalNodeState", "inactive")
    if state == "inactive" and check:
        return True
    if state == "inactive":
        engine.init_swarm(params["address"])
        swarm = engine.swarm()
    if not swarm.get("ControlAvailable"):
        raise EngineRefused(
            f"{params['host']} is part of a Swarm (state {state}) but does not manage it, and the inventory has it "
            "in group manager. If that Swarm is not needed: docker swarm leave --force on this host, then run again."
        )
    labels = {"remlab.project": params["project"], "remlab.host": params["host"]}
    if check:
        spec = next(node["Spec"] for node in engine.nodes() if node["ID"] == swarm["NodeID"])
        return not labels.items() <= (spec.get("Labels") or {}).items()
    labelled: bool = engine.label_node(swarm["NodeID"], labels)
    return labelled or state == "inactive"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        engine = Engine(params["project"])
    except EngineAbsent as error:
        if module.check_mode:
            module.exit_json(changed=True, address=params["address"], msg="a Swarm would be started")
        module.fail_json(msg=str(error))
    try:
        changed = _ensure(engine, params, check=module.check_mode)
        known = engine.swarm().get("NodeAddr") or params["address"]
    except EngineRefused as error:
        module.fail_json(msg=str(error))
    if known != params["address"]:
        module.warn(
            f"{params['host']} has the address {params['address']} now, but its Swarm was made with {known}. "
            "Set lab_swarm_address, or give the host its old address back."
        )
    module.exit_json(changed=changed, address=known)


if __name__ == "__main__":
    main()
