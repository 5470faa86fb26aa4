#!/usr/bin/python
"""Takes, renews or releases the laboratory's lock; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_run_lock
short_description: Lets one run at a time change the laboratory
description:
  - Keeps a lease of 60 s among the Swarm's labels. The action plugin of the same name takes it for this run, has it
    renewed and released; nobody else needs to call the module.
  - In check mode it only tells which run is under way.
  - Runs on a manager.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  state: {type: str, default: taken, choices: [taken, renewed, released], description: What to do with the lock.}
  run: {type: dict, default: {}, description: "This run: run, user, host, machine, pid, started, step."}
  keeper: {type: bool, default: true, description: "Whether to have it held from now on, by way of this host."}
  dead_run: {type: str, default: "", description: A run that is known to have died.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Let no other run change this laboratory meanwhile
  lab_run_lock: {project: remlab}
"""
RETURN = r"""
holder: {description: The other run that has the lock., type: dict, returned: when there is one}
lost: {description: Whether another run has taken the lock of this one., type: bool, returned: when renewed}
"""

import time
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import run_lock
from ansible.module_utils.remlab.engine import Engine, EngineAbsent, EngineRefused


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "state": {"type": "str", "default": "taken", "choices": ["taken", "renewed", "released"]},
            "run": {"type": "dict", "default": {}},
            "keeper": {"type": "bool", "default": True},
            "dead_run": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    params = module.params
    run = params["run"]
    try:
        engine = Engine(params["project"])
        if module.check_mode:
            active = bool(engine.swarm().get("ControlAvailable"))
            found = run_lock.holder(run_lock.SwarmLabels(engine), time.time()) if active else None
            module.exit_json(changed=False, **({"holder": asdict(found)} if found else {}))
        labels = run_lock.SwarmLabels(engine)
        if params["state"] == "taken":
            # Numbers arrive as text where they came through a template.
            me = run_lock.Holder(**{**run, "pid": int(run["pid"]), "started": int(run["started"])})
            run_lock.take(labels, me, time.time(), dead_run=params["dead_run"])
        elif params["state"] == "renewed":
            run_lock.renew(labels, run["run"], run.get("step", ""), time.time())
        else:
            run_lock.release(labels, run["run"], time.time())
    except run_lock.Locked as error:
        module.fail_json(msg=str(error), holder=asdict(error.holder), lost=params["state"] == "renewed")
    except EngineAbsent as error:
        if module.check_mode:
            module.exit_json(changed=False)
        module.fail_json(msg=str(error))
    except EngineRefused as error:
        module.fail_json(msg=str(error))
    # The lock is no part of what the run was asked to change.
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
