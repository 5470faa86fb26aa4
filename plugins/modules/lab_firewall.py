#!/usr/bin/python
"""Puts the laboratory's firewall rules into force on this host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_firewall
short_description: Writes the firewall's script, puts its rules into force and makes them last over a restart
description:
  - The script answers to C(check) (exit 0 when its rules are in force), C(apply) and C(remove).
  - One that the shell cannot read replaces nothing. Rules that are in force are left alone.
  - In check mode it only says whether the files differ, since a bare host has no tool to look at rules yet.
options:
  path: {type: path, default: /usr/local/sbin/remlab-firewall, description: Where the script lies.}
  content: {type: str, required: true, description: The script.}
  unit_path:
    type: path
    default: /etc/systemd/system/remlab-firewall.service
    description: Where the unit lies that applies the rules after a restart.
  unit: {type: str, default: "", description: That unit. Empty where there is no systemd.}
author: [remlab]
"""
EXAMPLES = r"""
- name: Put the rules into force
  lab_firewall:
    content: "{{ lookup('ansible.builtin.template', 'usr/local/sbin/remlab-firewall.j2') }}"
"""
RETURN = r"""
applied: {description: Whether the rules had to be made., type: bool, returned: when not in check mode}
"""

import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def _run(*command: str, input_text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=input_text, capture_output=True, text=True, check=False)


def _write(path: Path, content: str, mode: int) -> None:
    new = path.with_name(f"{path.name}.new")
    new.write_text(content, encoding="utf-8")
    new.chmod(mode)
    new.replace(path)


def _differs(path: Path, content: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != content


def _last_over_restarts(module: AnsibleModule, path: Path, content: str) -> bool:
    """Bring in the unit and enable it, also where a former run ended between the two. Says whether it had to."""
    differs = _differs(path, content)
    if differs:
        _write(path, content, 0o644)
    if not differs and _run("systemctl", "is-enabled", path.name).returncode == 0:
        return False
    for command in (("systemctl", "daemon-reload"), ("systemctl", "enable", path.name)):
        if (done := _run(*command)).returncode:
            module.fail_json(msg=f"{' '.join(command)}: {done.stderr.strip()}")
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/usr/local/sbin/remlab-firewall"},
            "content": {"type": "str", "required": True},
            "unit_path": {"type": "path", "default": "/etc/systemd/system/remlab-firewall.service"},
            "unit": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    path, content = Path(module.params["path"]), module.params["content"].rstrip("\n") + "\n"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    unit_path, unit = Path(module.params["unit_path"]), module.params["unit"]
    unit = unit and unit.rstrip("\n") + "\n"
    result = {
        "changed": before != content or (unit != "" and _differs(unit_path, unit)),
        "diff": {"before_header": str(path), "after_header": str(path), "before": before, "after": content},
    }
    if module.check_mode:
        module.exit_json(**result)
    if before != content:
        if (read := _run("sh", "-n", input_text=content)).returncode:
            module.fail_json(msg=f"{path}: the shell cannot read the new rules: {read.stderr.strip()}")
        _write(path, content, 0o755)
    applied = _run(str(path), "check").returncode != 0
    if applied and (done := _run(str(path), "apply")).returncode:
        module.fail_json(msg=f"{path} apply: {done.stderr.strip() or f'exit status {done.returncode}'}")
    lasting = unit != "" and _last_over_restarts(module, unit_path, unit)
    module.exit_json(**result | {"changed": result["changed"] or applied or lasting, "applied": applied})


if __name__ == "__main__":
    main()
