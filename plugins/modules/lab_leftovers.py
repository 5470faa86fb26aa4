#!/usr/bin/python
"""Says what is left of the laboratory on a host while no service of the Swarm names it; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_leftovers
short_description: Says what is left of the laboratory on a host
description:
  - C(look) tells the laboratory's volumes, what runs and which secrets are there by name; works without an engine, too.
  - C(secrets) tells values that running containers can read; use C(no_log).
  - C(forget) takes away the note of what was in use when the host left a Swarm that was lost.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  verb: {type: str, default: look, choices: [look, secrets, forget], description: What to do.}
  names: {type: list, elements: str, default: [], description: "For C(secrets), which."}
author: [remlab]
"""
EXAMPLES = r"""
- name: See what is left here
  lab_leftovers: {project: remlab}
"""
RETURN = r"""
volumes:
  description: "name, service, volume, made, written, used (by a service, now or when its Swarm was lost), unfinished."
  type: list
  returned: for look
running: {description: Replicas that run here., type: list, returned: for look}
secrets_kept: {description: Names of the files in the folder of secrets., type: list, returned: for look}
secrets_mounted: {description: Names of the secrets in running containers., type: list, returned: for look}
secrets: {description: Name to value., type: dict, returned: for secrets}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import leftovers_look
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "verb": {"type": "str", "default": "look", "choices": ["look", "secrets", "forget"]},
            "names": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    project, verb = module.params["project"], module.params["verb"]
    try:
        if verb == "secrets":
            there = leftovers_look.mounted_secrets(Engine(project))
            module.exit_json(
                changed=False, secrets={name: there[name] for name in module.params["names"] if name in there}
            )
    except EngineAbsent as error:
        module.fail_json(msg=str(error))
    if verb == "forget":
        changed = leftovers_look.is_noted() if module.check_mode else leftovers_look.forget()
        module.exit_json(changed=changed)
    module.exit_json(changed=False, **leftovers_look.look(project))


if __name__ == "__main__":
    main()
