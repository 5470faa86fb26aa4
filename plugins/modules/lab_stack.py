#!/usr/bin/python
"""Plans and applies the laboratory's services; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_stack
short_description: Brings the services of the Swarm to what the inventory wants
description:
  - Reads the whole Swarm in a few calls, plans, applies step by step and waits for convergence.
  - In check mode it only plans; the plan's text is the same. With diff it is shown as the difference.
  - Runs on a manager.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  manager: {type: str, required: true, description: Inventory name of this manager.}
  network: {type: dict, required: true, description: "name, mtu and subnet of the overlay network."}
  services: {type: dict, required: true, description: "Service name to {hosts, image: {tag, reference}, spec}."}
  order: {type: list, elements: str, required: true, description: Every service behind those it needs.}
  only: {type: list, elements: str, default: [], description: Look at these services alone.}
  allow_remove: {type: list, elements: str, default: [], description: Services with data that may be removed.}
  move_while_driving:
    type: bool
    default: false
    description: Whether a service that devices depend on moves while they are driven; they are made safe first.
  leftovers:
    type: dict
    default: {}
    description: "Host to what C(lab_leftovers) told there, where a service with data is not in the Swarm."
  adopt: {type: dict, default: {}, description: "Service to host/volume on which it is to start."}
  rebuilds: {type: bool, default: false, description: "Whether this Swarm takes the place of one that was lost."}
  volume_bytes:
    type: dict
    default: {}
    description: "Host to {volume: bytes}, of hosts from which something is copied. The plan tells it."
  free_bytes: {type: dict, default: {}, description: "Host to bytes that are free, of hosts to which something moves."}
  secrets_folder: {type: path, required: true, description: Where the secrets lie on this manager.}
  releases_folder: {type: path, required: true, description: Where releases are recorded on this manager.}
  registry: {type: dict, required: true, description: "server, username and password_secret of the registry."}
  timeout_seconds: {type: int, required: true, description: How long a service may take to become healthy.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Bring the services to what the inventory wants
  lab_stack:
    project: remlab
    manager: localhost
    network: {name: virtyremlab-net, mtu: 1450, subnet: 10.83.0.0/22}
    services: {broker: {hosts: [localhost], image: {tag: 91bc, reference: "…"}, spec: {}}}
    order: [broker]
    secrets_folder: /var/lib/remlab/secrets
    releases_folder: /var/lib/remlab/releases
    registry: {server: "registry.remlab.internal:5000", username: remlab, password_secret: registry_password}
    timeout_seconds: 180
"""
RETURN = r"""
plan: {description: The plan, a step a line., type: list, returned: always}
done: {description: What was done, with its duration., type: list, returned: when not in check mode}
moves: {description: Those lines of done that tell of a move or a removal., type: list, returned: when not in check mode}
release: {description: "The newest release: its number, and what is public of it.", type: dict, returned: always}
services: {description: "What runs now: name, replica, host, image_tag, summary.", type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import EngineRefused
from ansible.module_utils.remlab.planner import PlanRefused
from ansible.module_utils.remlab.release import public
from ansible.module_utils.remlab.stack import Stack, StackError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "manager": {"type": "str", "required": True},
            "network": {"type": "dict", "required": True},
            "services": {"type": "dict", "required": True},
            "order": {"type": "list", "elements": "str", "required": True},
            "only": {"type": "list", "elements": "str", "default": []},
            "allow_remove": {"type": "list", "elements": "str", "default": []},
            "move_while_driving": {"type": "bool", "default": False},
            "leftovers": {"type": "dict", "default": {}},
            "adopt": {"type": "dict", "default": {}},
            "rebuilds": {"type": "bool", "default": False},
            "volume_bytes": {"type": "dict", "default": {}},
            "free_bytes": {"type": "dict", "default": {}},
            "secrets_folder": {"type": "path", "required": True, "no_log": False},
            "releases_folder": {"type": "path", "required": True},
            "registry": {"type": "dict", "required": True},
            "timeout_seconds": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        stack = Stack(module.params)
        steps = stack.plan(check=module.check_mode)
        result = {
            "changed": any(step.changes for step in steps),
            "plan": [str(step) for step in steps],
            "services": stack.placed(steps),
        }
        if module._diff:
            result["diff"] = {"prepared": "\n".join(result["plan"]) + "\n"}
        if not module.check_mode:
            report = stack.apply(steps)
            result |= {"done": report.lines, "moves": report.moves}
            result["changed"] = result["changed"] or stack.changed
            if not module.params["only"]:
                recorded = stack.release(steps)
                result["release"] = {"number": recorded["number"], "public": public(recorded)}
    except (PlanRefused, StackError, EngineRefused) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
