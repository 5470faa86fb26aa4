#!/usr/bin/python
"""Tells what of the laboratory runs where; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_status
short_description: Tells what of the laboratory runs where, or what a service wrote last
description:
  - Reads the Swarm on a manager and changes nothing.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  base_image_epoch: {type: str, required: true, description: "Day of the Debian archive in the images, YYYY-MM-DD."}
  logs_of: {type: str, default: "", description: Show what this service wrote last instead of the table.}
  lines: {type: int, default: 100, description: How many lines of each replica's log.}
author: [remlab]
"""
EXAMPLES = r"""
- name: See what runs
  lab_status: {project: remlab, base_image_epoch: "2026-11-24"}
"""
RETURN = r"""
text: {description: The answer for people, line by line., type: list, returned: always}
"""

from datetime import date

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import status
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def _logs(engine: Engine, service: str, lines: int) -> list[str]:
    text: list[str] = []
    found = sorted(engine.services(), key=lambda one: str(one["Spec"]["Name"]))
    for replica in found:
        if (replica["Spec"].get("Labels") or {}).get("remlab.service") == service:
            log = engine.service_log(replica["ID"], lines)
            text += [f"── {replica['Spec']['Name']} ──", *log.splitlines()]
    return text


def main() -> None:
    """Entry point of the module."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "base_image_epoch": {"type": "str", "required": True},
            "logs_of": {"type": "str", "default": ""},
            "lines": {"type": "int", "default": 100},
        },
        supports_check_mode=True,
    )
    try:
        engine = Engine(module.params["project"])
    except EngineAbsent as error:
        module.exit_json(changed=False, text=[f"Nothing runs: {error}."])
    if engine.swarm().get("LocalNodeState") != "active":
        module.exit_json(
            changed=False, text=["Nothing runs: this engine is in no Swarm. ./lab deploy makes one."]
        )
    rows = status.rows(engine.services(), engine.tasks())
    wanted = module.params["logs_of"]
    if wanted:
        text = _logs(engine, wanted, module.params["lines"])
        if not text:
            names = sorted({row[0].rpartition("-")[0] for row in rows})
            module.fail_json(msg=f"There is no service {wanted}; there are: {', '.join(names) or 'none'}.")
        module.exit_json(changed=False, text=text)
    age = status.base_age(module.params["base_image_epoch"], date.today())
    module.exit_json(changed=False, text=[*status.table(rows), "", age])


if __name__ == "__main__":
    main()
