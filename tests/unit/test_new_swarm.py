"""What a lost Swarm means and what a new one can be built over, from fixed observations to exact text."""

from __future__ import annotations

from typing import Any

from remlab import new_swarm
from remlab.fleet import Rebuild, Seen
from remlab.new_swarm import Said
from remlab.service_files import service_specs
from tests.unit.test_leftovers import volume
from tests.unit.test_planner import REPLICATED, SMALLEST

DECLARED: dict[str, Any] = {
    "database_superuser_password": {"kind": "password"},
    "registry_password": {"kind": "password"},
    "registry_htpasswd": {"kind": "htpasswd", "user": "remlab", "of": "registry_password"},
    "registry_ca_key": {"kind": "ec_private_key"},
    "registry_ca_certificate": {"kind": "ca_certificate", "key": "registry_ca_key", "common_name": "CA"},
}
REACH = {host: {"ansible_host": f"{host}.example"} for host in ("srv2", "srv3")}
KNOWN = REACH | {"srv1": {"ansible_host": "192.0.2.1"}}


def specs() -> dict[str, Any]:
    found = service_specs(
        {
            "database": SMALLEST
            | REPLICATED
            | {
                "secrets": ["database_superuser_password"],
                "generates": {"database_superuser_password": {"kind": "password"}},
            },
            "media": SMALLEST | {"secrets": ["tapo_password"]},
        }
    )
    return {
        "database": {"hosts": ["srv2"], "spec": found["database"]},
        "media": {"hosts": ["srv3"], "spec": found["media"]},
    }


def worker(host: str, **more: Any) -> Seen:
    own = Seen(
        state="active",
        node_id=f"id-{host}",
        managers=("id-srv1",),
        manager_addresses=("192.0.2.1",),
        remembered=KNOWN,
        address=f"{host}-address",
    )
    return Seen(**{**own.__dict__, **more})


def answer(*volumes: Any, running: Any = (), kept: Any = (), mounted: Any = ()) -> dict[str, Any]:
    return {
        "volumes": list(volumes),
        "running": list(running),
        "secrets_kept": list(kept),
        "secrets_mounted": list(mounted),
    }


def rebuilt(answers: dict[str, Any], seen: dict[str, Seen] | None = None, **said: Any) -> Rebuild:
    seen = seen or {host: worker(host) for host in REACH}
    return new_swarm.rebuild(seen, answers, specs(), DECLARED, REACH, "srv2", Said(**said))


USED = volume(1, 1, used=True)
ALL_KEPT = [*DECLARED, "tapo_password"]


def test_the_lost_manager_is_named_with_what_goes_on_and_both_ways_out() -> None:
    answers = {
        "srv2": answer(USED, running=["backend-1", "database-1"]),
        "srv3": answer(running=["media-1"]),
    }
    assert rebuilt(answers).explanation == (
        "srv1 (192.0.2.1) alone managed the laboratory's Swarm and does not answer, and without a manager nothing can "
        "be changed. What runs goes on, and is not started again when it ends: srv2 (backend-1, database-1); "
        "srv3 (media-1). Bring the manager back and into the inventory, and run again. If it is lost for good: take "
        "it out of the inventory, and ./lab deploy --new-swarm builds a new Swarm of srv2, srv3 over the volumes and "
        "secrets that are left (docs/fleet.md)"
    )


def test_what_is_lost_with_it_is_named() -> None:
    old_copy = answer(volume(1, 1))
    words = rebuilt({"srv2": old_copy, "srv3": answer()}).explanation
    assert (
        "No host that is left has data of database in use: if it was on the lost one alone, it is lost with it."
        in words
    )
    assert "What runs goes on" not in words


def test_a_manager_that_nobody_remembers_is_told_by_its_address() -> None:
    seen = {host: worker(host, remembered=REACH) for host in REACH}
    assert rebuilt({}, seen).explanation.startswith("192.0.2.1 alone managed the laboratory's Swarm")


def test_the_one_host_that_is_missing_is_the_manager_whatever_its_address_for_ansible() -> None:
    known = REACH | {"srv1": {"ansible_host": "srv1.example"}}
    seen = {host: worker(host, remembered=known) for host in REACH}
    assert rebuilt({}, seen).explanation.startswith("srv1 (192.0.2.1) alone managed the laboratory's Swarm")


def test_managers_that_are_too_few_are_told_from_none() -> None:
    lost = ("192.0.2.1", "192.0.2.4", "srv2-address")
    seen = {
        "srv2": worker("srv2", managers=("id-srv1", "id-srv2", "id-srv4"), manager_addresses=lost),
        "srv3": worker("srv3", manager_addresses=lost),
    }
    assert rebuilt({}, seen).explanation.startswith(
        "srv1 (192.0.2.1), 192.0.2.4 managed the laboratory's Swarm and do not answer, so its other managers are too few"
    )


def test_over_data_and_secrets_that_are_found_nothing_is_refused() -> None:
    answers = {"srv2": answer(USED, kept=ALL_KEPT), "srv3": answer()}
    assert rebuilt(answers, asked=True) == Rebuild(
        asked=True, explanation=rebuilt(answers).explanation, refusals=(), reads=()
    )


def test_data_that_is_unclear_is_refused_and_the_operators_word_decides() -> None:
    answers = {"srv2": answer(volume(1, 1), kept=ALL_KEPT)}
    (refusal,) = rebuilt(answers).refusals
    assert refusal.startswith("which data of database is the current one cannot be told")
    assert rebuilt(answers, adopt={"database": "srv2/remlab-database-data-1-1"}).refusals == ()
    assert rebuilt(answers, allow_remove=["database"]).refusals == ()


def test_secrets_that_are_nowhere_are_named_with_every_way_out() -> None:
    answers = {"srv2": answer(USED), "srv3": answer()}
    assert rebuilt(answers).refusals == (
        "no host has these secrets, which were on the lost manager: database_superuser_password, registry_ca_key, "
        "registry_password. Bring /var/lib/remlab/secrets of it from a backup to srv2, or give values in "
        "lab_secret_values. Otherwise lab_new_secrets: true makes new ones: no data is lost, the database takes its "
        "new passwords when it starts, everybody has to log in again, and accounts keep the passwords that they have",
        "no host has these secrets, and nobody can make them but you: tapo_password. Give their values in "
        "lab_secret_values",
    )
    assert len(rebuilt(answers, new_secrets=True).refusals) == 1
    assert rebuilt(answers, new_secrets=True, given=["tapo_password"]).refusals == ()


def test_secrets_of_running_containers_are_read_but_none_without_what_it_is_made_from() -> None:
    mounted = ["database_superuser_password", "registry_htpasswd", "tapo_password", "somebody_elses"]
    found = rebuilt({"srv2": answer(USED, mounted=mounted), "srv3": answer()})
    assert found.reads == ("database_superuser_password", "tapo_password")
    (refusal,) = found.refusals
    assert refusal.startswith(
        "no host has these secrets, which were on the lost manager: registry_ca_key, registry_password. "
    )


def test_what_the_folder_has_is_not_read_from_a_container() -> None:
    kept = [name for name in ALL_KEPT if name != "tapo_password"]
    answers = {
        "srv2": answer(USED),
        "srv3": answer(kept=kept, mounted=["tapo_password", "registry_password"]),
    }
    assert rebuilt(answers).reads == ("tapo_password",)
