#!/usr/bin/python
"""One host's part of the network doctor; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_doctor
short_description: Looks at the network between the laboratory's hosts
description:
  - With verb probe it sends to every other host and hears them; all hosts have to run it at the same time.
  - It opens each port that is free for these few seconds, and looks at the interfaces, so that ports in use are
    looked at too. Changes nothing.
  - With verb remember it keeps a fingerprint of what was found well.
options:
  verb: {type: str, choices: [probe, remember], default: probe, description: What to do.}
  host: {type: str, description: The inventory's name of this host.}
  addresses: {type: dict, default: {}, description: "Every host's IPv4 for the Swarm."}
  checks: {type: list, elements: str, default: [], description: What is looked at (see remlab.doctor).}
  run: {type: str, description: Tells the packets of this run from others; the same on all hosts.}
  passed: {type: str, description: The fingerprint to remember.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Look at the network
  lab_doctor: {host: lab1, addresses: {lab1: 10.0.0.1, lab2: 10.0.0.2}, checks: [udp 4789, size 1500], run: "1"}
"""
RETURN = r"""
probe: {description: What arrived from whom (see remlab.doctor.faults)., type: dict, returned: verb probe}
"""

import hashlib

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import doctor, doctor_probe

_TOKEN_BYTES = 8


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "verb": {"type": "str", "choices": ["probe", "remember"], "default": "probe"},
            "host": {"type": "str"},
            "addresses": {"type": "dict", "default": {}},
            "checks": {"type": "list", "elements": "str", "default": []},
            "run": {"type": "str"},
            "passed": {"type": "str"},
        },
        required_if=[("verb", "probe", ["host", "run"]), ("verb", "remember", ["passed"])],
        supports_check_mode=True,
    )
    given = module.params
    if given["verb"] == "remember":
        if module.check_mode:
            module.exit_json(changed=False)
        module.exit_json(changed=doctor.remember(given["passed"]))
    plan = doctor_probe.Plan(
        me=given["host"],
        addresses=given["addresses"],
        checks=given["checks"],
        size_port=doctor.VXLAN_PORT,
        token=hashlib.sha256(given["run"].encode()).digest()[:_TOKEN_BYTES],
    )
    module.exit_json(changed=False, probe=doctor_probe.probe(plan))


if __name__ == "__main__":
    main()
