#!/usr/bin/python
"""Makes the laboratory's secrets that are missing; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_secrets
short_description: Generates the laboratory's secrets that are missing
description:
  - Keeps one file per secret (root, 0600) in a folder of the managers and never shows a value.
  - Refuses to begin anew while services run whose secrets lay in the folder.
options:
  folder: {type: path, required: true, description: Where the secrets lie.}
  declared: {type: dict, required: true, description: Secret name to its kind and what the kind needs.}
  given: {type: dict, default: {}, description: Values of the operator's own.}
  project: {type: str, required: true, description: The label of what is ours.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Generate the missing secrets
  lab_secrets:
    folder: /var/lib/remlab/secrets
    project: remlab
    declared: {broker_gateway_password: {kind: password}}
"""
RETURN = r"""
written: {description: Names of the secrets that were made or replaced., type: list, returned: always}
"""

import socket
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import secret_store
from ansible.module_utils.remlab.engine import Engine, EngineAbsent


def _services_of_ours(project: str) -> list[str]:
    try:
        engine = Engine(project)
        if not engine.swarm().get("ControlAvailable"):
            return []
        return sorted(service["Spec"]["Name"] for service in engine.services())
    except EngineAbsent:
        return []


def _refuse_lost_folder(module: AnsibleModule, folder: Path) -> None:
    if folder.is_dir():
        return
    running = _services_of_ours(module.params["project"])
    if running:
        module.fail_json(
            msg=f"{folder} is missing on {socket.gethostname()}, while services run that were made with the "
            f"secrets in it ({', '.join(running)}). Nothing was changed. Bring the folder back from a backup "
            "or another manager; without it, the data of these services cannot be opened again by a new deploy. "
            "To begin anew and lose the data: ./lab teardown, then ./lab deploy."
        )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "declared": {"type": "dict", "required": True},
            "given": {"type": "dict", "default": {}, "no_log": True},
            "project": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["folder"])
    declared, given = module.params["declared"], module.params["given"]
    _refuse_lost_folder(module, folder)
    if module.check_mode:
        missing = [name for name in secret_store.missing(folder, declared) if name not in given]
        module.exit_json(changed=bool(missing), written=missing)
    try:
        written = secret_store.complete(folder, declared, given)
    except secret_store.SecretError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(written), written=written)


if __name__ == "__main__":
    main()
