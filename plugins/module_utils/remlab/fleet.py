"""Which host takes which part in the Swarm: decided from what every host said of itself.

Plain values in, plain values out; `membership` does what is decided here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

HOST_LABEL = "remlab.host"
PROJECT_LABEL = "remlab.project"
REACH_LABEL = "remlab.reach"
# What Ansible needs to reach a host again, without any secret.
REACH_KEYS = (
    "ansible_host",
    "ansible_port",
    "ansible_user",
    "ansible_connection",
    "ansible_python_interpreter",
    "ansible_ssh_common_args",
    "ansible_ssh_private_key_file",
)
_MEMBER_STATES = ("active", "pending", "locked", "error")


@dataclass(frozen=True)
class Member:
    """A node of the Swarm, as a manager describes it."""

    node_id: str
    # Inventory name from its label; empty for a node that is not ours.
    host: str
    role: str
    state: str
    address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What one host said of itself."""

    # The engine's LocalNodeState; "" where there is no engine yet.
    state: str = ""
    node_id: str = ""
    control: bool = False
    cluster_id: str = ""
    # Node ids of the managers that it knows.
    managers: tuple[str, ...] = ()
    manager_addresses: tuple[str, ...] = ()
    # It left a lost Swarm, and the new one is not all there yet.
    rebuilding: bool = False
    # Host name -> how it is reached, from /var/lib/remlab/fleet.json.
    remembered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The same of hosts that were cleaned and still keep retired volumes.
    left: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Tells one folder of secrets from another; "" where there is none.
    secrets: str = ""
    address: str = ""
    # Only a manager tells them.
    members: tuple[Member, ...] = ()
    # Names of Swarm services without our label.
    foreign_services: tuple[str, ...] = ()
    # Service -> hosts on which it runs.
    placed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unreachable: bool = False

    @property
    def member(self) -> bool:
        return self.state in _MEMBER_STATES


@dataclass
class Decision:
    """What is to be done, and by whom."""

    # Sentences; nothing is to be done while there is one.
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    project: str = ""
    # The host that carries out what only a manager can, and where the Swarm finds it.
    acting: str = ""
    # Whether it starts a Swarm first.
    starts: bool = False
    # Whether that takes the place of one that is lost.
    rebuilds: bool = False
    # Host -> manager or worker, for hosts that are not in the Swarm yet.
    joins: dict[str, str] = field(default_factory=dict)
    # Hosts that first leave a Swarm that has forgotten them.
    leaves: list[str] = field(default_factory=list)
    # Node ids of hosts that come back under a new id; forgotten once the host has joined again.
    stale: list[str] = field(default_factory=list)
    promotes: list[str] = field(default_factory=list)
    demotes: list[str] = field(default_factory=list)
    # Host -> {reach, node_id, role, state, address}, for hosts that took part and are not in the inventory.
    former: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Host -> reach, for the labels and the memory of all.
    reach: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Whether labels or memories differ from that.
    writes: bool = False
    # The host from which the first manager gets the secrets; empty where it holds them itself.
    secrets_from: str = ""
    # Secrets that are read from running containers before these go.
    reads: list[str] = field(default_factory=list)
    # Service -> host -> its address, as it runs before this run changes anything.
    placed: dict[str, dict[str, str]] = field(default_factory=dict)
    # Hosts that hold secrets and are no managers any more.
    sheds: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether membership changes before the services are deployed."""
        return bool(self.starts or self.joins or self.leaves or self.stale or self.promotes)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "changes": self.changes}


def reach_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that lead to a host, those that are set."""
    return {key: variables[key] for key in REACH_KEYS if variables.get(key) not in (None, "")}


def seen_from(answer: Mapping[str, Any]) -> Seen:
    """From what module lab_fleet_look returned (or a host that did not answer) to `Seen`."""
    if answer.get("unreachable") or "state" not in answer:
        return Seen(unreachable=True)
    return Seen(
        state=answer["state"],
        node_id=answer["node_id"],
        control=answer["control"],
        cluster_id=answer["cluster_id"],
        managers=tuple(answer["managers"]),
        manager_addresses=tuple(answer["manager_addresses"]),
        rebuilding=answer["rebuilding"],
        remembered=answer["remembered"],
        left=answer["left"],
        secrets=answer["secrets"],
        address=answer["address"],
        members=tuple(Member(**member) for member in answer["members"]),
        foreign_services=tuple(answer["foreign_services"]),
        placed=answer["placed"],
    )


@dataclass(frozen=True)
class Rebuild:
    """What the operator says of a lost Swarm, and what module `new_swarm` says to that."""

    asked: bool = False
    # What was lost and what to do about it.
    explanation: str = ""
    # Sentences; why no new Swarm can be built over what is left.
    refusals: tuple[str, ...] = ()
    # Secrets that only running containers have.
    reads: tuple[str, ...] = ()


def decide(
    seen: Mapping[str, Seen],
    managers: Sequence[str],
    reach: Mapping[str, Mapping[str, Any]],
    project: str,
    rebuild: Rebuild = Rebuild(),
) -> Decision:
    """Decides from all that is known.

    :param seen: every host of the inventory, and those former hosts that were asked.
    :param managers: the hosts of group `manager`; the first one leads.
    :param reach: how each host of the inventory is reached.
    """
    decision = Decision(
        project=project, errors=_in_two_swarms(seen, reach) or _in_a_foreign_swarm(seen, project)
    )
    if decision.errors:
        return decision
    acting = _acting(seen, managers, reach)
    decision.acting = acting or managers[0]
    decision.rebuilds = any(seen[host].rebuilding for host in reach)
    decision.errors = _about_the_swarm(decision, seen, reach, acting, rebuild)
    if decision.errors:
        return decision
    if not acting:
        decision.starts = True
        decision.rebuilds = decision.rebuilds or rebuild.asked
        decision.leaves = [decision.acting] if seen[decision.acting].member else []
        decision.reads = list(rebuild.reads)
    members = seen[acting].members if acting else ()
    known = {member.node_id: member for member in members}
    for host in reach:
        _decide_for(decision, host, seen[host], known, "manager" if host in managers else "worker")
    decision.former = _former(seen, members, reach)
    remembered_reach = {host: one["reach"] for host, one in decision.former.items()}
    decision.reach = {host: dict(reach[host]) for host in reach} | remembered_reach
    decision.left = {
        host: dict(how)
        for one in seen.values()
        for host, how in one.left.items()
        if host not in decision.reach
    }
    addresses = {member.host: member.address for member in members}
    decision.placed = {
        service: {host: addresses.get(host, "") for host in hosts}
        for service, hosts in (seen[acting].placed if acting else {}).items()
    }
    decision.secrets_from = _secrets_from(seen, managers[0], acting)
    decision.sheds = [host for host in reach if seen[host].secrets and host not in managers]
    _check_writes(decision, seen, members, reach, project)
    return decision


def candidates(seen: Mapping[str, Seen], reach: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Remembered former hosts that have to be asked, since no host of the inventory manages its Swarm."""
    if any(one.control for one in seen.values()):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for one in seen.values():
        found |= {host: dict(how) for host, how in one.remembered.items() if host not in reach}
    return found


def _decide_for(decision: Decision, host: str, one: Seen, known: Mapping[str, Member], wanted: str) -> None:
    member = known.get(one.node_id) if one.member else None
    if member is not None and member.state != "down":
        if wanted == "manager" and member.role != "manager":
            decision.promotes.append(host)
        if wanted == "worker" and member.role == "manager":
            decision.demotes.append(host)
        return
    if host == decision.acting:
        return  # it starts the Swarm; one that is lost it leaves first
    if one.member:
        # The Swarm has forgotten it or gave it up while it was away.
        decision.leaves.append(host)
    decision.joins[host] = wanted
    decision.stale += [
        node_id for node_id, other in known.items() if other.host == host or node_id == one.node_id
    ]


def _acting(seen: Mapping[str, Seen], managers: Sequence[str], reach: Mapping[str, Mapping[str, Any]]) -> str:
    order = [*managers, *(host for host in reach if host not in managers)]
    acting = next((host for host in order if seen[host].control), "")
    if acting:
        return acting
    # The address of a former host may be another laboratory's by now.
    of_members = {node_id for host in reach if seen[host].member for node_id in seen[host].managers}
    formers = [host for host, one in seen.items() if host not in reach and one.control]
    return next((host for host in formers if not of_members or seen[host].node_id in of_members), "")


def _in_two_swarms(seen: Mapping[str, Seen], reach: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Only managers know the Swarm's id, and they know all of its nodes."""
    of_swarm: dict[str, list[str]] = {}
    for host, one in seen.items():
        if one.control and host in reach:
            of_swarm.setdefault(one.cluster_id, []).append(host)
    if len(of_swarm) < 2:
        return []
    parts = "; ".join(f"{', '.join(hosts)} in {cluster[:12]}" for cluster, hosts in of_swarm.items())
    return [
        f"the hosts manage {len(of_swarm)} different Swarms ({parts}). Take those out of the inventory that belong "
        "to another laboratory, or let them leave: docker swarm leave --force on that host"
    ]


def _in_a_foreign_swarm(seen: Mapping[str, Seen], project: str) -> list[str]:
    found = []
    ours = {member.node_id for one in seen.values() for member in one.members}
    managed = any(one.control for one in seen.values())
    for host, one in seen.items():
        if one.control and not _labelled(one, project) and (whose := _others(one, seen)):
            found.append(
                f"{host} manages a Swarm of somebody else ({whose}), of which this laboratory is no part. Take another "
                "machine, or, if that Swarm is not needed: docker swarm leave --force on this host"
            )
        if one.node_id and not one.control and managed and one.node_id not in ours and not one.remembered:
            found.append(_never_part_of_it(host))
    return found


def _never_part_of_it(host: str) -> str:
    return (
        f"{host} is part of a Swarm that none of the inventory's hosts manages, and it never was part of this "
        "laboratory. Take another machine, or let it leave: docker swarm leave --force on this host"
    )


def _others(one: Seen, seen: Mapping[str, Seen]) -> str:
    """By what one tells that a Swarm is used by somebody: its services, or nodes that are not in the inventory."""
    if one.foreign_services:
        return f"it runs {', '.join(one.foreign_services)}"
    known = {other.node_id for other in seen.values()}
    strangers = [member for member in one.members if member.node_id not in known]
    return f"it has {len(strangers)} nodes that are not in the inventory" if strangers else ""


def _secrets_from(seen: Mapping[str, Seen], first: str, acting: str) -> str:
    """The manager that acts has the secrets that are in use; another's are asked only where it has none."""
    holders = [host for host in (acting, first, *seen) if host and seen[host].secrets]
    if not holders or seen[holders[0]].secrets == seen[first].secrets:
        return ""
    return holders[0]


def _labelled(one: Seen, project: str) -> bool:
    return any(member.labels.get(PROJECT_LABEL) == project for member in one.members)


def _about_the_swarm(
    decision: Decision,
    seen: Mapping[str, Seen],
    reach: Mapping[str, Mapping[str, Any]],
    acting: str,
    rebuild: Rebuild,
) -> list[str]:
    """A Swarm whose managers do not answer is not replaced by a new one behind the operator's back."""
    if acting:
        if not rebuild.asked or decision.rebuilds:
            return []
        return [
            f"a new Swarm was asked for (--new-swarm), but {acting} manages the laboratory's Swarm and answers. Run "
            "without that: it is for a manager that is lost for good"
        ]
    members = [host for host in reach if seen[host].member]
    if not members:
        nothing_lost = rebuild.asked and not decision.rebuilds
        return [_NOTHING_LOST] if nothing_lost else []
    if not rebuild.asked:
        return [rebuild.explanation]
    strangers = [host for host in members if seen[host].node_id and not seen[host].remembered]
    return [_never_part_of_it(host) for host in strangers] + list(rebuild.refusals)


_NOTHING_LOST = (
    "a new Swarm was asked for (--new-swarm), but no host of the inventory is part of one, so none was lost. "
    "Run without that"
)


def _former(
    seen: Mapping[str, Seen], members: Iterable[Member], reach: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in seen.values():
        for host, how in one.remembered.items():
            if host not in reach:
                found.setdefault(host, _described(dict(how)))
    for member in members:
        if member.host and member.host not in reach:
            how = json.loads(member.labels.get(REACH_LABEL) or "{}")
            how = how or found.get(member.host, {}).get("reach", {})
            found[member.host] = _described(how, member)
    return dict(sorted(found.items()))


def _described(how: Mapping[str, Any], member: Member | None = None) -> dict[str, Any]:
    return {
        "reach": dict(how),
        "node_id": member.node_id if member else "",
        "role": member.role if member else "",
        "state": member.state if member else "",
        "address": member.address if member else "",
    }


def _check_writes(
    decision: Decision,
    seen: Mapping[str, Seen],
    members: Sequence[Member],
    reach: Mapping[str, Mapping[str, Any]],
    project: str,
) -> None:
    labels = {member.node_id: member.labels for member in members}
    for host in reach:
        wanted = labels_of(project, host, reach[host])
        told = labels.get(seen[host].node_id, {})
        kept = dict(seen[host].remembered) == decision.reach and dict(seen[host].left) == decision.left
        if not kept or not wanted.items() <= dict(told).items():
            decision.writes = True


def after_cleaning(decision: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The decision once the former hosts have been asked to clean themselves.

    :param results: former host -> what module lab_teardown returned there; empty where it never ran.
    :returns: the decision with `former`, `reach` and `left` as they are now, `cleaned` (host -> node id) and
        `not_cleaned` (a sentence for each).
    """
    former = dict(decision["former"])
    cleaned, sentences = {}, []
    left = dict(decision["left"])
    for host, one in decision["former"].items():
        result = results.get(host) or {}
        if "removed" in result and not result.get("failed"):
            cleaned[host] = former.pop(host)["node_id"]
            if result["volumes"]:
                left[host] = one["reach"]
        else:
            sentences.append(_not_cleaned(host, result))
    reach = {host: how for host, how in decision["reach"].items() if host not in cleaned}
    return {
        **decision,
        "former": former,
        "reach": reach,
        "left": left,
        "cleaned": cleaned,
        "not_cleaned": sentences,
    }


def _not_cleaned(host: str, result: Mapping[str, Any]) -> str:
    why = str(result.get("msg", "it was not asked")).strip().splitlines()[0]
    what = "could not be reached" if result.get("unreachable") else "was not cleaned"
    return (
        f"{host} left the inventory and {what}, so it may still hold containers, secrets and firewall rules of the "
        f"laboratory ({why}). It is remembered; each run tries again."
    )


def labels_of(project: str, host: str, how: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a host's node."""
    return {
        PROJECT_LABEL: project,
        HOST_LABEL: host,
        REACH_LABEL: json.dumps(dict(how), sort_keys=True, ensure_ascii=False),
    }
