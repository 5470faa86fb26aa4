#!/usr/bin/python
"""Lists, removes and forgets volumes that were left behind by a move; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_retired
short_description: Lists, removes and forgets volumes that were left behind
description:
  - A volume that a service left behind when it moved or was removed is kept, recorded in the Swarm and never mounted
    again. One that a service still names, since its move was not finished, is not listed.
  - C(list) and C(forget) run on a manager, C(remove) on the host that has the volumes. One that is in use is refused.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  verb: {type: str, required: true, choices: [list, remove, forget], description: What to do.}
  volumes: {type: list, elements: str, default: [], description: For C(remove), names of volumes on this host.}
  identifiers: {type: list, elements: str, default: [], description: For C(forget), the records' identifiers.}
author: [remlab]
"""
EXAMPLES = r"""
- name: See what was left behind
  lab_retired: {project: remlab, verb: list}
"""
RETURN = r"""
retired: {description: "For list: volume, host, service, since, identifier.", type: list, returned: with list}
removed: {description: "What is gone now, also where the rest was refused.", type: list, returned: with remove and forget}
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import Engine, EngineAbsent, EngineRefused
from ansible.module_utils.remlab.observe import observe


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "verb": {"type": "str", "required": True, "choices": ["list", "remove", "forget"]},
            "volumes": {"type": "list", "elements": "str", "default": []},
            "identifiers": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    params, verb = module.params, module.params["verb"]
    done: list[str] = []
    try:
        engine = Engine(params["project"])
        if verb == "list":
            module.exit_json(changed=False, retired=[asdict(one) for one in observe(engine).left_behind()])
        items = params["volumes"] if verb == "remove" else params["identifiers"]
        act = engine.remove_volume if verb == "remove" else engine.remove_config
        for item in items:
            if not module.check_mode:
                act(item)
            done.append(item)
    except (EngineAbsent, EngineRefused) as error:
        module.fail_json(msg=str(error), changed=bool(done), removed=done)
    module.exit_json(changed=bool(done), removed=done)


if __name__ == "__main__":
    main()
