#!/usr/bin/python
"""Tells what registry and builder have of the images; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_image_state
short_description: Tells which images the registry has, and what of them is on this builder
description:
  - Reads only. What is not there yet (engine, registry, cache) is reported as absent, never an error.
options:
  cache: {type: path, required: true, description: The builder's cache folder.}
  images:
    type: dict
    required: true
    description: Service name to {name, tag} of the image to look for.
  registry:
    type: dict
    required: true
    description: How the registry is asked.
    options:
      host: {type: str, required: true, description: Its name.}
      port: {type: int, required: true, description: Its port.}
      user: {type: str, required: true, description: Its user.}
      password: {type: str, required: true, description: The user's password. Empty if there is none yet.}
      ca_file: {type: path, required: true, description: The authority that its certificate is from.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Ask for the image of the backend
  lab_image_state:
    cache: /var/cache/remlab
    images: {backend: {name: "registry.remlab.internal:5000/remlab/backend", tag: 0123456789abcdef}}
    registry: {host: registry.remlab.internal, port: 5000, user: remlab, password: "{{ password }}", ca_file: /ca.crt}
"""
RETURN = r"""
digests: {description: Service name to digest in the registry., type: dict, returned: always}
local: {description: Names with tags of the engine's images., type: list, elements: str, returned: always}
cached: {description: Ids of jobs whose result is in the cache., type: list, elements: str, returned: always}
engine: {description: Whether Docker answers on this host., type: bool, returned: always}
registry_problem: {description: Why the registry cannot be asked; empty if it can., type: str, returned: always}
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.registry_client import RegistryClient, RegistryUnavailable

REGISTRY_OPTIONS: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "user": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "ca_file": {"type": "path", "required": True},
}


def _local_images() -> tuple[bool, list[str]]:
    if shutil.which("docker") is None:
        return False, []
    done = subprocess.run(
        # Found by PATH, wherever the engine's client was installed.
        ["docker", "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, sorted(set(done.stdout.split())) if done.returncode == 0 else []


def _cached(cache: Path) -> list[str]:
    marks = {"base": "layer.tar", "python": "", "frontend": "dist/index.html"}
    return sorted(
        f"{kind}-{entry.name}"
        for kind, mark in marks.items()
        for entry in ((cache / kind).iterdir() if (cache / kind).is_dir() else ())
        if (entry / mark).exists()
    )


def _digests(images: dict[str, dict[str, str]], registry: dict[str, Any]) -> tuple[dict[str, str], str]:
    if not registry["password"]:
        return {}, "it has no password yet"
    try:
        client = RegistryClient(**{**registry, "ca_file": Path(registry["ca_file"])})
        client.check()
        found = {
            service: client.digest(image["name"].partition("/")[2], image["tag"])
            for service, image in images.items()
        }
    except RegistryUnavailable as reason:
        return {}, str(reason)
    return {service: digest for service, digest in found.items() if digest}, ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "cache": {"type": "path", "required": True},
            "images": {"type": "dict", "required": True},
            "registry": {"type": "dict", "required": True, "options": REGISTRY_OPTIONS},
        },
        supports_check_mode=True,
    )
    engine, local = _local_images()
    digests, problem = _digests(module.params["images"], module.params["registry"])
    module.exit_json(
        changed=False,
        engine=engine,
        local=local,
        cached=_cached(Path(module.params["cache"])),
        digests=digests,
        registry_problem=problem,
    )


if __name__ == "__main__":
    main()
