#!/usr/bin/python
"""Pushes one image; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_image_publish
short_description: Pushes an image to the laboratory's registry unless it is there, and returns its digest
description:
  - The password lies in a temporary folder of the client's settings for as long as the push lasts.
options:
  name: {type: str, required: true, description: Name of the image with the registry's name and port.}
  tag: {type: str, required: true, description: Tag of the image.}
  registry:
    type: dict
    required: true
    description: How the registry is asked, as in M(lab_image_state).
author: [remlab]
"""
EXAMPLES = r"""
- name: Push the backend
  lab_image_publish:
    name: registry.remlab.internal:5000/remlab/backend
    tag: 0123456789abcdef
    registry: {host: registry.remlab.internal, port: 5000, user: remlab, password: "{{ password }}", ca_file: /ca.crt}
"""
RETURN = r"""
reference: {description: The image by its digest., type: str, returned: success}
"""

import base64
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.registry_client import RegistryClient, RegistryUnavailable

TRIES = 3
SHOWN_LINES = 15


def _push(reference: str, registry: dict[str, Any]) -> tuple[int, str]:
    token = base64.b64encode(f"{registry['user']}:{registry['password']}".encode()).decode()
    with tempfile.TemporaryDirectory(prefix="remlab-docker-") as folder:
        config = Path(folder) / "config.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"auths": {f"{registry['host']}:{registry['port']}": {"auth": token}}}))
        done = subprocess.run(
            ["docker", "push", reference],
            env={**os.environ, "DOCKER_CONFIG": folder, "DOCKER_CLI_HINTS": "false"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout


def _publish(reference: str, repository: str, tag: str, registry: dict[str, Any]) -> tuple[bool, str]:
    client = RegistryClient(**{**registry, "ca_file": Path(registry["ca_file"])})
    digest = client.digest(repository, tag)
    if digest:
        return False, digest
    for attempt in range(1, TRIES + 1):
        code, written = _push(reference, registry)
        digest = client.digest(repository, tag) if code == 0 else None
        if digest:
            return True, digest
        time.sleep(attempt)
    raise RegistryUnavailable("docker push: " + "\n".join(written.splitlines()[-SHOWN_LINES:]))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "tag": {"type": "str", "required": True},
            "registry": {
                "type": "dict",
                "required": True,
                "options": {
                    "host": {"type": "str", "required": True},
                    "port": {"type": "int", "required": True},
                    "user": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                    "ca_file": {"type": "path", "required": True},
                },
            },
        },
    )
    name, tag, registry = (module.params[key] for key in ("name", "tag", "registry"))
    try:
        changed, digest = _publish(f"{name}:{tag}", name.partition("/")[2], tag, registry)
    except RegistryUnavailable as reason:
        module.fail_json(
            msg=f"{name}:{tag} could not be pushed: {reason}\nLook at the registry: ./lab logs registry. "
            "Run the deploy again; what was built is kept."
        )
    module.exit_json(changed=changed, reference=f"{name}@{digest}")


if __name__ == "__main__":
    main()
