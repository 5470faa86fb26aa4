"""Makes a host a member of the Swarm, and changes what its managers say of the nodes.

The engine's calls return before they have come true; here each is waited for.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import leftovers_look, manager_files
from .engine import Engine, EngineAbsent, EngineRefused, node_address
from .fleet import HOST_LABEL

MEMORY = Path("/var/lib/remlab/fleet.json")
_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.2


class MembershipError(RuntimeError):
    """A node did not become what it should; says which and what to look at."""


def look(project: str) -> dict[str, Any]:
    """What this host says of itself, as `fleet.seen_from` takes it."""
    answer: dict[str, Any] = {
        "state": "",
        "node_id": "",
        "control": False,
        "cluster_id": "",
        "managers": [],
        "manager_addresses": [],
        "rebuilding": leftovers_look.is_noted(),
        "members": [],
        "foreign_services": [],
        "placed": {},
        "address": "",
        "secrets": manager_files.digest(),
        **recall(),
    }
    try:
        engine = Engine(project)
    except EngineAbsent:
        return answer
    swarm = engine.swarm()
    answer |= {
        "state": swarm.get("LocalNodeState", "inactive"),
        "node_id": swarm.get("NodeID", ""),
        # One that lost the others rules nothing.
        "control": bool(swarm.get("ControlAvailable")) and engine.leads(),
        "cluster_id": (swarm.get("Cluster") or {}).get("ID", ""),
        "managers": [one["NodeID"] for one in swarm.get("RemoteManagers") or []],
        "manager_addresses": [
            one["Addr"].rpartition(":")[0] for one in swarm.get("RemoteManagers") or [] if one.get("Addr")
        ],
        "address": swarm.get("NodeAddr", ""),
    }
    if answer["control"]:
        answer["members"] = members = [_member(node) for node in engine.nodes()]
        answer["foreign_services"] = engine.foreign_services()
        answer["placed"] = _placed(engine, {one["host"] for one in members if one["state"] != "down"})
    return answer


def _placed(engine: Engine, answering: set[str]) -> dict[str, list[str]]:
    """Service -> the hosts on which it runs now, those that answer the Swarm."""
    placed: dict[str, list[str]] = {}
    for service in engine.services():
        labels = service["Spec"]["Labels"]
        if labels.get("remlab.host") in answering and "remlab.service" in labels:
            placed.setdefault(labels["remlab.service"], []).append(labels["remlab.host"])
    return {name: sorted(hosts) for name, hosts in placed.items()}


def _member(node: Mapping[str, Any]) -> dict[str, Any]:
    labels = node["Spec"].get("Labels") or {}
    return {
        "node_id": node["ID"],
        "host": labels.get(HOST_LABEL, ""),
        "role": node["Spec"]["Role"],
        "state": node["Status"]["State"],
        "address": node_address(node),
        "labels": dict(labels),
    }


def recall(path: Path = MEMORY) -> dict[str, Any]:
    """What this host remembers: `remembered`, host -> how it is reached, and `left`, the same of hosts
    that were cleaned and still keep retired volumes."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    return {"remembered": known.get("hosts", {}), "left": known.get("left", {})}


def remember(hosts: Mapping[str, Any], left: Mapping[str, Any], *, check: bool, path: Path = MEMORY) -> bool:
    """Writes the memory, whole or not at all; says whether it differed."""
    if recall(path) == {"remembered": dict(hosts), "left": dict(left)}:
        return False
    if check:
        return True
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"hosts": dict(hosts), "left": dict(left)}, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o600)
    Path(temporary).replace(path)
    return True


def start(engine: Engine, address: str) -> str:
    """Starts a Swarm; returns this host's node id."""
    if engine.swarm().get("LocalNodeState", "inactive") == "inactive":
        engine.init_swarm(address)
    return str(engine.swarm()["NodeID"])


def join(engine: Engine, manager: str, token: str, address: str) -> str:
    """Joins as a worker and waits until the host is one; returns its node id.

    :raises MembershipError: it did not become a member in time.
    """
    if engine.swarm().get("LocalNodeState", "inactive") == "inactive":
        try:
            engine.join_swarm(manager, token, address)
        except EngineRefused as error:
            raise MembershipError(
                f"could not join the Swarm at {manager}: {error}. Is TCP 2377 open between the two?"
            ) from error
    _until(
        lambda: engine.swarm().get("LocalNodeState") == "active",
        f"did not become a member of the Swarm at {manager} within {_DEADLINE_SECONDS} s; look at: docker info",
    )
    return str(engine.swarm()["NodeID"])


def leave(engine: Engine, *, lost: bool = False) -> None:
    """Leaves, which takes away the containers.

    :param lost: the Swarm is lost; notes what is in use here, and stops it in good order first.
    """
    swarm = engine.swarm()
    if lost:
        containers = engine.containers()
        leftovers_look.note_down(swarm.get("NodeID", ""), containers)
        for container in containers:
            engine.stop_container(container["Id"])
    if swarm.get("LocalNodeState", "inactive") != "inactive":
        engine.leave_swarm()


def promote(engine: Engine, host: str, node_id: str) -> bool:
    """Makes a node a manager and waits until the others reach it; says whether it was none."""

    def reachable() -> bool:
        node = engine.node(node_id) or {}
        return (node.get("ManagerStatus") or {}).get("Reachability") == "reachable"

    if reachable():
        return False
    engine.set_node_role(node_id, "manager")
    _until(
        reachable,
        f"{host} was made a manager, but the others do not reach it within {_DEADLINE_SECONDS} s; "
        "is TCP 2377 open between the managers?",
    )
    return True


def demote(engine: Engine, host: str, node_id: str) -> bool:
    """Makes a manager a worker and waits until it is none; says whether it was one.

    :raises EngineRefused: the others would be no majority any more.
    """
    node = engine.node(node_id)
    if node is None or (node["Spec"]["Role"] == "worker" and not node.get("ManagerStatus")):
        return False
    engine.set_node_role(node_id, "worker")
    _until(
        lambda: not (engine.node(node_id) or {}).get("ManagerStatus"),
        f"{host} still is a manager {_DEADLINE_SECONDS} s after it was made a worker; look at: docker node ls",
    )
    return True


def forget(engine: Engine, host: str, node_id: str) -> bool:
    """Removes a node that has left, once it is seen to be down; says whether it was known."""
    if not node_id or engine.node(node_id) is None:
        return False
    _until(
        lambda: (engine.node(node_id) or {"Status": {"State": "down"}})["Status"]["State"] == "down",
        f"{host} has left the Swarm but is not seen as down {_DEADLINE_SECONDS} s later; look at: docker node ls",
    )
    engine.remove_node(node_id)
    return True


def drop(engine: Engine, node_id: str) -> None:
    """Forgets a node whose host came back under another id; a manager is made a worker first."""
    node = engine.node(node_id)
    if node is None:
        return
    if node["Spec"]["Role"] == "manager":
        demote(engine, node_id, node_id)
    engine.remove_node(node_id)


def _until(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            if condition():
                return
        except EngineRefused:
            pass  # no leader for a moment
        if time.monotonic() > deadline:
            raise MembershipError(otherwise)
        time.sleep(_POLL_SECONDS)
