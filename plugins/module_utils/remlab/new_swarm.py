"""A Swarm whose managers are lost: what that means, and what a new one can be built over.

Plain values in, sentences out. What every host said of itself is `fleet.Seen`, what is left on it
is the answer of module lab_leftovers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .fleet import Rebuild, Seen
from .leftovers import choose, leftovers, wanted

SECRETS_FOLDER = "/var/lib/remlab/secrets"
# Keys of a declared secret that name another one from which it is made.
_MADE_FROM = ("of", "key", "ca_key", "ca_certificate")


@dataclass(frozen=True)
class Said:
    """The operator's words."""

    asked: bool = False
    # Service -> host/volume.
    adopt: Mapping[str, str] = field(default_factory=dict)
    allow_remove: Sequence[str] = ()
    # Names of the secrets whose values the inventory gives.
    given: Sequence[str] = ()
    new_secrets: bool = False


def rebuild(
    seen: Mapping[str, Seen],
    answers: Mapping[str, Mapping[str, Any]],
    services: Mapping[str, Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    reach: Mapping[str, Mapping[str, Any]],
    first: str,
    said: Said,
) -> Rebuild:
    """What `fleet.decide` has to know.

    :param services: service -> {hosts, spec}.
    :param declared: secret -> {kind, and what the kind needs}, of those that can be made.
    :param reach: how each host of the inventory is reached.
    :param first: the first host of group manager.
    """
    # Of two folders of secrets the one that `fleet.decide` takes, too.
    answers = {host: answers[host] for host in seen if host in answers}
    unclear = [
        error
        for service in wanted(services).values()
        if (
            error := choose(
                service,
                leftovers(answers, service),
                adopt=said.adopt.get(service.name, ""),
                may_begin_anew=service.name in said.allow_remove,
                lost=True,
            ).error
        )
    ]
    missing = _missing(answers, services, declared, first, said)
    return Rebuild(
        asked=said.asked,
        explanation=_explanation(seen, answers, services, reach),
        refusals=(*unclear, *_about_secrets(missing, declared, first, said)),
        reads=tuple(to_read(answers, services, declared, first)),
    )


def to_read(
    answers: Mapping[str, Mapping[str, Any]],
    services: Mapping[str, Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    first: str,
) -> list[str]:
    """Names of the secrets that no folder has and that are read from running containers.

    One that is made from others (a certificate from its key) is worthless without them.
    """
    kept = _kept(answers, first)
    mounted = {name for answer in answers.values() for name in answer["secrets_mounted"]}
    there = (_needed(services, declared) & mounted) | kept
    while orphans := {name for name in there - kept if not _sources(name, declared) <= there}:
        there -= orphans
    return sorted(there - kept)


def _missing(
    answers: Mapping[str, Mapping[str, Any]],
    services: Mapping[str, Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]],
    first: str,
    said: Said,
) -> list[str]:
    there = {*_kept(answers, first), *to_read(answers, services, declared, first), *said.given}
    # What is made from others is no loss by itself.
    return sorted(name for name in _needed(services, declared) - there if not _sources(name, declared))


def _kept(answers: Mapping[str, Mapping[str, Any]], first: str) -> set[str]:
    """Those of the one folder that counts, see `fleet.Decision.secrets_from`."""
    folders = [answers[host]["secrets_kept"] for host in (first, *answers) if host in answers]
    return set(next((names for names in folders if names), []))


def _needed(services: Mapping[str, Mapping[str, Any]], declared: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {*declared, *(name for one in services.values() for name in one["spec"]["secrets"])}


def _sources(name: str, declared: Mapping[str, Mapping[str, Any]]) -> set[str]:
    its = declared.get(name, {})
    return {str(its[key]) for key in _MADE_FROM if key in its}


def _about_secrets(
    missing: Sequence[str], declared: Mapping[str, Mapping[str, Any]], first: str, said: Said
) -> list[str]:
    ours = [name for name in missing if name in declared and not said.new_secrets]
    theirs = [name for name in missing if name not in declared]
    found = []
    if ours:
        found.append(
            f"no host has these secrets, which were on the lost manager: {', '.join(ours)}. Bring {SECRETS_FOLDER} of "
            f"it from a backup to {first}, or give values in lab_secret_values. Otherwise lab_new_secrets: true makes "
            "new ones: no data is lost, the database takes its new passwords when it starts, everybody has to log in "
            "again, and accounts keep the passwords that they have"
        )
    if theirs:
        found.append(
            f"no host has these secrets, and nobody can make them but you: {', '.join(theirs)}. "
            "Give their values in lab_secret_values"
        )
    return found


def _explanation(
    seen: Mapping[str, Seen],
    answers: Mapping[str, Mapping[str, Any]],
    services: Mapping[str, Mapping[str, Any]],
    reach: Mapping[str, Mapping[str, Any]],
) -> str:
    members = sorted(host for host in reach if seen[host].member)
    data = wanted(services).values()
    gone = [one.name for one in data if not any(it.used for it in leftovers(answers, one))]
    sentences = [f"{_who(seen, reach)}, and without a manager nothing can be changed."]
    running = [f"{host} ({', '.join(answers[host]['running'])})" for host in members if _runs(answers, host)]
    if running:
        sentences.append(f"What runs goes on, and is not started again when it ends: {'; '.join(running)}.")
    if gone:
        sentences.append(
            f"No host that is left has data of {', '.join(gone)} in use: if it was on the lost one alone, it is lost "
            "with it."
        )
    sentences.append(
        "Bring the manager back and into the inventory, and run again. If it is lost for good: take it out of the "
        f"inventory, and ./lab deploy --new-swarm builds a new Swarm of {', '.join(members)} over the volumes and "
        "secrets that are left (docs/fleet.md)"
    )
    return " ".join(sentences)


def _runs(answers: Mapping[str, Mapping[str, Any]], host: str) -> bool:
    return bool(answers.get(host, {}).get("running"))


def _who(seen: Mapping[str, Seen], reach: Mapping[str, Mapping[str, Any]]) -> str:
    """Who managed the Swarm, by name where the hosts remember one with that address."""
    members = sorted(host for host in reach if seen[host].member)
    own = {seen[host].address for host in reach}
    ways = {host: how for one in seen.values() for host, how in one.remembered.items() if host not in reach}
    names = {str(how.get("ansible_host") or host): host for host, how in ways.items()}
    addresses = sorted({one for host in members for one in seen[host].manager_addresses} - own)
    if len(ways) == len(addresses) == 1:
        # Its address for Ansible may be another one, or a name.
        names = dict(zip(addresses, ways, strict=True))
    away = [f"{names[one]} ({one})" if names.get(one, one) != one else one for one in addresses]
    alone = sum(seen[host].node_id in seen[host].managers for host in members)
    if away and alone:
        return f"{', '.join(away)} managed the laboratory's Swarm and do not answer, so its other managers are too few"
    if len(away) == 1:
        return f"{away[0]} alone managed the laboratory's Swarm and does not answer"
    if away:
        return f"{', '.join(away)} managed the laboratory's Swarm and do not answer"
    return f"{', '.join(members)} belong to a Swarm whose managers do not answer"
