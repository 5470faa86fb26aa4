#!/usr/bin/python
"""Puts the front door's configuration into force on this host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_front_door
short_description: Puts a configuration of the front door into force
description:
  - Writes the Caddyfile and reloads the front door that runs on this host; open connections stay open.
  - The running front door checks the configuration first. One that it refuses replaces nothing.
  - Where none runs yet, the file waits for it.
options:
  folder: {type: path, required: true, description: The folder that the container sees.}
  content: {type: str, required: true, description: The Caddyfile.}
  project: {type: str, required: true, description: The label of what is ours.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Route the services
  lab_front_door:
    folder: /etc/remlab/edge
    content: "{{ services | front_door_caddyfile(public_url='http://localhost:8080', tls='off') }}"
    project: remlab
"""
RETURN = r"""
reloaded: {description: How many running front doors took it over., type: int, returned: success}
release: {description: The release that the front door tells of now; empty without one., type: dict, returned: success}
"""

import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab.engine import Engine, EngineAbsent
from ansible.module_utils.remlab.front_door_host import ConfigurationRefused, put_into_force

_SERVICE = "edge"


class _DoorEngine(Engine):
    """The engine of this host, which runs commands in the front door's containers."""

    def doors(self) -> list[_ContainerDoor]:
        ours = [item for item in self.containers() if item["Labels"].get("remlab.service") == _SERVICE]
        return [_ContainerDoor(self, item["Id"]) for item in ours]

    def run(self, container_id: str, *arguments: str) -> tuple[int, str]:
        """Exit status and output of one of the front door's own verbs."""
        command = ["python3", "-m", "remlab_edge.configuration", *arguments]
        try:
            created = self._client.exec_create(container_id, command)
            output = self._client.exec_start(created["Id"])
            status = self._client.exec_inspect(created["Id"])["ExitCode"]
        except self._errors.APIError as error:
            return 1, str(error)
        return status, output.decode(errors="replace").strip()


class _ContainerDoor:
    """A front door in a container of this host."""

    def __init__(self, engine: _DoorEngine, container_id: str) -> None:
        self._engine = engine
        self._container_id = container_id

    def loaded(self) -> str | None:
        status, output = self._engine.run(self._container_id, "loaded")
        return None if status else output

    def complaint_about(self, file_name: str) -> str:
        status, output = self._engine.run(self._container_id, "check", file_name)
        return output or f"exit status {status}" if status else ""

    def reload(self) -> str:
        status, output = self._engine.run(self._container_id, "reload")
        return output or f"exit status {status}" if status else ""


def _doors(project: str) -> list[_ContainerDoor]:
    try:
        return _DoorEngine(project).doors()
    except EngineAbsent:
        return []


def _release(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "folder": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "project": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    folder = Path(module.params["folder"])
    try:
        outcome = put_into_force(
            folder,
            module.params["content"],
            _doors(module.params["project"]),
            check_only=module.check_mode,
        )
    except ConfigurationRefused as refusal:
        module.fail_json(
            msg=f"the front door refuses its new configuration and keeps the old one. Caddy says:\n{refusal}"
        )
    except OSError as error:
        module.fail_json(msg=f"{folder}: {error}")
    module.exit_json(
        changed=outcome.changed,
        reloaded=outcome.outdated,
        release=_release(folder / "release.json"),
        diff={
            "before_header": str(folder / "Caddyfile"),
            "after_header": str(folder / "Caddyfile"),
            "before": outcome.before,
            "after": outcome.after,
        },
    )


if __name__ == "__main__":
    main()
