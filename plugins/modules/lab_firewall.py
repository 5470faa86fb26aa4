#!/usr/bin/python
"""Puts the laboratory's firewall rules into force on this host; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_firewall
short_description: Writes the firewall's script and puts its rules into force
description:
  - The script answers to C(check) (exit 0 when its rules are in force), C(apply) and C(remove).
  - One that the shell cannot read replaces nothing. Rules that are in force are left alone.
  - In check mode it only says whether the script differs, since a bare host has no tool to look at rules yet.
options:
  path: {type: path, default: /usr/local/sbin/remlab-firewall, description: Where the script lies.}
  content: {type: str, required: true, description: The script.}
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


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/usr/local/sbin/remlab-firewall"},
            "content": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    path, content = Path(module.params["path"]), module.params["content"].rstrip("\n") + "\n"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    result = {
        "changed": before != content,
        "diff": {"before_header": str(path), "after_header": str(path), "before": before, "after": content},
    }
    if module.check_mode:
        module.exit_json(**result)
    if result["changed"]:
        new = path.with_name(f"{path.name}.new")
        new.write_text(content, encoding="utf-8")
        new.chmod(0o755)
        if (read := _run("sh", "-n", str(new))).returncode:
            new.unlink()
            module.fail_json(msg=f"{path}: the shell cannot read the new rules: {read.stderr.strip()}")
        new.replace(path)
    applied = _run(str(path), "check").returncode != 0
    if applied and (done := _run(str(path), "apply")).returncode:
        module.fail_json(msg=f"{path} apply: {done.stderr.strip() or f'exit status {done.returncode}'}")
    module.exit_json(**result | {"changed": result["changed"] or applied, "applied": applied})


if __name__ == "__main__":
    main()
