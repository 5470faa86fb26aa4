#!/usr/bin/python
"""Changes who is in the laboratory's Swarm and who manages it; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_swarm
short_description: Changes who is in the laboratory's Swarm and who manages it
description:
  - C(start), C(join) and C(leave) change the host itself; the others run on a manager and change nodes, one after
    the other, so that the Swarm never loses its quorum. Each waits until what it asked for has come true.
options:
  project: {type: str, required: true, description: The label of what is ours.}
  verb:
    type: str
    required: true
    choices: [start, token, join, leave, arrange, demote, forget]
    description: >-
      start a Swarm here; tell the token to join it (use C(no_log)); join as a worker; leave; arrange (forget the
      nodes in I(stale), make those in I(nodes) managers, write I(labels)); demote the nodes in I(nodes); forget
      those in I(nodes) once they are down.
  address: {type: str, default: "", description: IPv4 address of this host.}
  manager: {type: str, default: "", description: Address and port of a manager to join.}
  token: {type: str, default: "", description: What C(token) told.}
  nodes: {type: dict, default: {}, description: Host to node id.}
  stale: {type: list, elements: str, default: [], description: Ids of nodes that came back under another id.}
  labels: {type: dict, default: {}, description: Node id to its labels.}
  lost: {type: bool, default: false, description: "For C(leave), the Swarm is lost; notes down what is in use."}
author: [remlab]
"""
EXAMPLES = r"""
- name: Start the Swarm
  lab_swarm: {project: remlab, verb: start, address: 192.0.2.7}
"""
RETURN = r"""
node_id: {description: This host's node id., type: str, returned: after start and join}
token: {description: What a worker joins with., type: str, returned: for token}
manager: {description: Address and port of this manager., type: str, returned: for token}
done: {description: Hosts that were changed., type: list, returned: for demote and forget}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.remlab import membership
from ansible.module_utils.remlab.engine import Engine, EngineAbsent, EngineRefused


def _do(engine: Engine, params: dict[str, Any]) -> dict[str, Any]:
    verb, nodes = params["verb"], params["nodes"]
    if verb == "start":
        return {"changed": True, "node_id": membership.start(engine, params["address"])}
    if verb == "token":
        address = engine.swarm()["NodeAddr"]
        return {"changed": False, "token": engine.worker_token(), "manager": f"{address}:2377"}
    if verb == "join":
        node_id = membership.join(engine, params["manager"], params["token"], params["address"])
        return {"changed": True, "node_id": node_id}
    if verb == "leave":
        membership.leave(engine, lost=params["lost"])
        return {"changed": True}
    if verb == "arrange":
        return {"changed": _arrange(engine, nodes, params["stale"], params["labels"])}
    act = membership.demote if verb == "demote" else membership.forget
    done = [host for host, node_id in nodes.items() if act(engine, host, node_id)]
    return {"changed": bool(done), "done": done}


def _arrange(
    engine: Engine, managers: dict[str, str], stale: list[str], labels: dict[str, dict[str, str]]
) -> bool:
    for node_id in stale:
        membership.drop(engine, node_id)
    promoted = [membership.promote(engine, host, node_id) for host, node_id in managers.items()]
    labelled = [engine.label_node(node_id, its) for node_id, its in labels.items()]
    return bool(stale) or any(promoted) or any(labelled)


def main() -> None:
    verbs = ["start", "token", "join", "leave", "arrange", "demote", "forget"]
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "required": True},
            "verb": {"type": "str", "required": True, "choices": verbs},
            "address": {"type": "str", "default": ""},
            "manager": {"type": "str", "default": ""},
            "token": {"type": "str", "default": "", "no_log": True},
            "nodes": {"type": "dict", "default": {}},
            "stale": {"type": "list", "elements": "str", "default": []},
            "labels": {"type": "dict", "default": {}},
            "lost": {"type": "bool", "default": False},
        },
        supports_check_mode=False,
    )
    try:
        module.exit_json(**_do(Engine(module.params["project"]), module.params))
    except (EngineAbsent, EngineRefused, membership.MembershipError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
