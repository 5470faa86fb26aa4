"""What the machines of one laboratory must be to each other, and whether they can be reached at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import median_low
from typing import Any

from .inventory_check import listed, shared

# Certificates, leases and the Swarm's own elections go wrong with clocks further apart.
CLOCKS_APART_SECONDS = 30


def faults(machines: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One sentence for each reason why these machines cannot be one laboratory.

    :param machines: host -> machine_id, hostname, architecture, address (IPv4 for the Swarm) and
        clock_seconds (ahead of the controller's clock).
    """
    return [*_same(machines), *_architectures(machines), *_clocks(machines)]


def _same(machines: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    def having(key: str) -> list[tuple[str, list[str]]]:
        return shared({host: its[key] for host, its in machines.items() if its.get(key)})

    told: list[list[str]] = []
    for machine_id, names in having("machine_id"):
        told.append(names)
        hostnames = {machines[name].get("hostname") for name in names}
        one = len(hostnames) == 1
        yield (
            f"{listed(names)} have one machine-id ({machine_id}): "
            + ("two names of one machine? Then keep one of them. " if one else "")
            + "A copied machine gets a new one with: rm /etc/machine-id; systemd-machine-id-setup"
        )
    for hostname, names in having("hostname"):
        if names not in told:
            yield (
                f"{listed(names)} are different machines that both call themselves {hostname}; "
                "give one another name with: hostnamectl set-hostname NAME"
            )
    for address, names in having("address"):
        if names not in told:
            yield (
                f"{listed(names)} have one address, {address}, on their default routes; "
                "set lab_swarm_address of each to one that the other hosts reach"
            )
    for host, its in machines.items():
        if len(machines) > 1 and not its.get("address"):
            yield (
                f"{host} has no IPv4 address on a default route; set its lab_swarm_address to one "
                "that the other hosts reach"
            )


def _architectures(machines: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for host, its in machines.items():
        found.setdefault(str(its["architecture"]), []).append(host)
    if len(found) > 1:
        kinds = "; ".join(f"{kind}: {', '.join(hosts)}" for kind, hosts in sorted(found.items()))
        yield (
            f"the hosts are of different architectures ({kinds}). Images are built for one of them; "
            "take the others out of the inventory"
        )


def _clocks(machines: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    ahead = {host: float(its["clock_seconds"]) for host, its in machines.items()}
    if not ahead or max(ahead.values()) - min(ahead.values()) <= CLOCKS_APART_SECONDS:
        return
    way_out = "Set it right and keep it so with: timedatectl set-ntp true"
    # Two clocks do not tell which is wrong, so the controller's counts as a third.
    middle = median_low([*ahead.values(), 0.0] if len(ahead) == 2 else list(ahead.values()))
    for host, seconds in ahead.items():
        apart = seconds - middle
        if abs(apart) > CLOCKS_APART_SECONDS:
            yield f"{host}: its clock is {_span(apart)} the other hosts'. {way_out}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(abs(seconds)), 60)
    text = f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{text} {'ahead of' if seconds > 0 else 'behind'}"


def unreachable(answers: Mapping[str, Mapping[str, Any]], ways: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One sentence for each host that could not be asked for its facts.

    :param answers: host -> result of that task; {} for a host that was not asked.
    :param ways: host -> its inventory variables.
    """
    found = []
    for host, answer in answers.items():
        if answer.get("unreachable"):
            found.append(_why_unreachable(host, str(answer.get("msg", "")), ways[host]))
        elif answer.get("failed"):
            found.append(_why_mute(host, _deepest_message(answer)))
    return found


def lost_managers(answers: Mapping[str, Mapping[str, Any]], managers: Sequence[str]) -> list[str]:
    """A sentence if so many managers do not answer that nothing can be changed without them.

    :param answers: as for `unreachable`.
    :param managers: the hosts of group `manager`.
    """
    away = [host for host in managers if answers.get(host, {}).get("unreachable")]
    others = [host for host, answer in answers.items() if not answer.get("unreachable")]
    if not others or 2 * len(away) <= len(managers):
        return []
    one = len(away) == 1
    who = f"{away[0]} is the only host" if one else f"{listed(away)} are most of the hosts"
    back, them = ("it is back", "it") if one else ("they are back", "them")
    return [
        f"{who} of group manager. Until {back}, the services on {', '.join(others)} go on and nothing can be changed. "
        f"If lost for good: take {them} out of the inventory, put another host into group manager, and ./lab plan says "
        "what is left and how a new Swarm is built over it (docs/fleet.md)"
    ]


def _why_unreachable(host: str, said: str, way: Mapping[str, Any]) -> str:
    address = str(way.get("ansible_host") or host)
    port = str(way.get("ansible_port") or 22)
    target = f"{way['ansible_user']}@{address}" if way.get("ansible_user") else address
    by_hand = f"ssh -p {port} {target}" if port != "22" else f"ssh {target}"
    name = f"[{address}]:{port}" if port != "22" else address
    known = re.search(r"Offending \S+ key in (\S+?):\d+", said)
    file = f" -f {known[1]}" if known else ""
    at = f"{host} ({address} port {port})"
    if "REMOTE HOST IDENTIFICATION HAS CHANGED" in said:
        return (
            f"{at} shows another SSH host key than the one that is known here. If the machine was installed "
            f"anew, accept it with: ssh-keygen{file} -R '{name}', then {by_hand} once. "
            "If it was not, somebody may be in between"
        )
    for pattern, sentence in (
        ("Host key verification failed", f"shows an SSH host key that is not known here. Look at it and accept "
         f"it with: {by_hand}"),
        ("Permission denied", f"refuses the login. Try: {by_hand} (ansible_user, ansible_ssh_private_key_file)"),
        ("Could not resolve", "has a name that leads to no address. Correct ansible_host in the inventory"),
        ("Connection refused", "is there, but nothing answers on that port. Is sshd running, is ansible_port right?"),
        ("timed out", "does not answer. Is it switched on, is ansible_host right, is a firewall in between?"),
        ("No route to host", "cannot be reached. Is it switched on, is ansible_host right?"),
        ("Network is unreachable", "cannot be reached: there is no route to it from here"),
    ):  # fmt: skip
        if pattern in said:
            return f"{at} {sentence}"
    last = said.strip().splitlines()[-1] if said.strip() else "no reason was given"
    return f"{at} cannot be reached: {last}. Try: {by_hand}"


def _deepest_message(answer: Mapping[str, Any]) -> str:
    inner = answer.get("failed_modules") or {}
    texts = [str(answer.get("msg", ""))]
    for result in inner.values():
        texts += [str(result.get(key, "")) for key in ("msg", "module_stderr", "module_stdout")]
    return "\n".join(text for text in texts if text)


def _why_mute(host: str, said: str) -> str:
    lower = said.lower()
    if "sudo password" in lower or "a password is required" in lower or "become password" in lower:
        return (
            f"{host}: the login works, but sudo asks for a password. Add --ask-become-pass, "
            "or allow that user sudo without one"
        )
    if "not in the sudoers" in lower or "sudo: not found" in lower or "sudo: command not found" in lower:
        return f"{host}: the login works, but that user cannot become root. Install sudo and allow it"
    if ("python" in lower and "not found" in lower) or "no python interpreters" in lower:
        return f"{host}: the login works, but there is no Python 3. Install it with: apt-get install python3"
    first = said.strip().splitlines()[-1] if said.strip() else "no reason was given"
    return f"{host}: the login works, but reading the machine failed: {first}"
