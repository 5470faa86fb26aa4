"""Who takes which part in the Swarm, decided from what the hosts said of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from remlab import fleet
from remlab.fleet import Decision, Member, Rebuild, Seen, decide, labels_of

PROJECT = "remlab"
NONE = Seen(state="inactive")


def reach(*hosts: str) -> dict[str, dict[str, Any]]:
    return {host: {"ansible_host": f"{host}.example"} for host in hosts}


def member(host: str, *, role: str = "worker", state: str = "ready") -> Member:
    return Member(
        node_id=f"id-{host}",
        host=host,
        role=role,
        state=state,
        address=f"{host}-address",
        labels=labels_of(PROJECT, host, reach(host)[host]),
    )


def manager(host: str, *members: Member, hosts: tuple[str, ...], **other: Any) -> Seen:
    own = Seen(
        state="active",
        node_id=f"id-{host}",
        control=True,
        cluster_id="cluster",
        members=members,
        remembered=reach(*hosts),
        secrets="s1",
    )
    return Seen(**{**own.__dict__, **other})


def worker(host: str, *, hosts: tuple[str, ...], of: str = "a", **other: Any) -> Seen:
    own = Seen(state="active", node_id=f"id-{host}", managers=(f"id-{of}",), remembered=reach(*hosts))
    return Seen(**{**own.__dict__, **other})


def decided(
    seen: Mapping[str, Seen], managers: list[str], hosts: tuple[str, ...], **rebuild: Any
) -> Decision:
    return decide(seen, managers, reach(*hosts), PROJECT, Rebuild(**rebuild))


def test_a_host_whose_joining_was_cut_off_joins_again() -> None:
    """The engine then says `error` (or `pending`), and that it is no node of any Swarm."""
    cut_off = Seen(state="error")
    seen = {"a": manager("a", member("a", role="manager"), hosts=("a",)), "b": cut_off}
    decision = decided(seen, ["a"], ("a", "b"))
    assert decision.errors == []
    assert (decision.leaves, decision.joins, decision.stale) == (["b"], {"b": "worker"}, [])


def settled(*hosts: str) -> dict[str, Seen]:
    """The first host manages, the others are workers, and all know it."""
    first, *others = hosts
    members = (member(first, role="manager"), *(member(host) for host in others))
    return {first: manager(first, *members, hosts=hosts)} | {
        host: worker(host, hosts=hosts, of=first) for host in others
    }


def test_on_bare_hosts_the_first_manager_starts_a_swarm_and_the_others_join_it() -> None:
    found = decided({"a": Seen(), "b": NONE, "c": NONE}, ["b"], ("a", "b", "c"))
    assert (found.acting, found.starts) == ("b", True)
    assert found.joins == {"a": "worker", "c": "worker"}
    assert found.changes
    assert found.writes


def test_a_settled_fleet_has_nothing_to_do() -> None:
    found = decided(settled("a", "b"), ["a"], ("a", "b"))
    assert found == Decision(project=PROJECT, acting="a", reach=reach("a", "b"))
    assert not found.changes


def test_a_new_host_joins_and_all_have_to_learn_of_it() -> None:
    found = decided(settled("a", "b") | {"c": NONE}, ["a"], ("a", "b", "c"))
    assert found.joins == {"c": "worker"}
    assert found.writes


def test_a_new_manager_is_promoted_first_and_the_old_one_made_a_worker_later() -> None:
    found = decided(settled("a", "b"), ["b"], ("a", "b"))
    assert (found.acting, found.promotes, found.demotes) == ("a", ["b"], ["a"])
    assert (found.secrets_from, found.sheds) == ("a", ["a"])


def test_a_manager_of_the_inventory_acts_rather_than_one_that_leaves_the_group() -> None:
    seen = settled("a", "b")
    members = (member("a", role="manager"), member("b", role="manager"))
    seen["b"] = manager("b", *members, hosts=("a", "b"))
    found = decided(seen, ["b"], ("a", "b"))
    assert (found.acting, found.promotes, found.demotes) == ("b", [], ["a"])


def test_a_host_that_left_the_inventory_is_former_with_the_way_to_it_and_still_remembered() -> None:
    seen = settled("a", "b")
    del seen["b"]
    found = decided(seen, ["a"], ("a",))
    assert found.former == {
        "b": {
            "reach": {"ansible_host": "b.example"},
            "node_id": "id-b",
            "role": "worker",
            "state": "ready",
            "address": "b-address",
        }
    }
    assert found.reach == reach("a", "b")
    assert not found.writes


def test_one_that_is_only_in_a_memory_is_former_too() -> None:
    seen = {"a": manager("a", member("a", role="manager"), hosts=("a", "gone"))}
    assert decided(seen, ["a"], ("a",)).former["gone"]["node_id"] == ""


def test_a_worker_alone_leads_to_the_former_host_that_manages_its_swarm() -> None:
    seen = settled("a", "b")
    del seen["a"]
    assert fleet.candidates(seen, reach("b")) == reach("a")
    found = decided(seen | {"a": settled("a", "b")["a"]}, ["b"], ("b",))
    assert not found.errors
    assert (found.acting, found.promotes, found.starts) == ("a", ["b"], False)
    assert (list(found.former), found.secrets_from) == (["a"], "a")


def test_nobody_is_asked_while_a_host_of_the_inventory_manages() -> None:
    assert fleet.candidates(settled("a", "b"), reach("a")) == {}


def test_another_laboratory_at_the_address_of_a_former_host_does_not_act() -> None:
    other = manager("x", member("x", role="manager"), hosts=("x",))
    seen = {"b": worker("b", hosts=("a", "b")), "a": other}
    assert decided(seen, ["b"], ("b",), explanation="it is lost").errors == ["it is lost"]


# A host of the lost Swarm's manager a, one that never took part, and a that does not answer.
LOST = {"b": worker("b", hosts=("a", "b")), "c": NONE, "a": Seen(unreachable=True)}


def test_a_swarm_without_its_manager_is_not_replaced() -> None:
    found = decided(LOST, ["c"], ("b", "c"), explanation="it is lost")
    assert found.errors == ["it is lost"]
    assert not found.starts
    assert not found.joins


def test_with_the_operators_word_its_hosts_leave_it_and_begin_anew() -> None:
    found = decided(LOST, ["b"], ("b", "c"), asked=True, reads=("auth_secret_key",))
    assert found.errors == []
    assert (found.acting, found.starts, found.rebuilds) == ("b", True, True)
    assert (found.leaves, found.joins) == (["b"], {"c": "worker"})
    assert (found.reads, list(found.former)) == (["auth_secret_key"], ["a"])


def test_each_host_leaves_before_it_joins_the_new_swarm() -> None:
    seen = {host: worker(host, hosts=("a", "b", "d")) for host in ("b", "d")}
    found = decided(seen, ["b"], ("b", "d"), asked=True)
    assert (found.leaves, found.joins) == (["b", "d"], {"d": "worker"})


def test_nothing_is_begun_anew_while_something_is_unclear() -> None:
    found = decided(LOST, ["b"], ("b", "c"), asked=True, refusals=("which data?", "no secrets"))
    assert found.errors == ["which data?", "no secrets"]
    assert not found.starts


def test_a_host_of_somebody_elses_swarm_is_not_taken_out_of_it() -> None:
    seen = LOST | {"c": worker("c", hosts=(), of="stranger")}
    assert decided(seen, ["b"], ("b", "c"), asked=True).errors == [
        "c is part of a Swarm that none of the inventory's hosts manages, and it never was part of this laboratory. "
        "Take another machine, or let it leave: docker swarm leave --force on this host"
    ]


def test_a_swarm_whose_manager_answers_is_not_replaced() -> None:
    found = decided(settled("a", "b"), ["a"], ("a", "b"), asked=True)
    assert found.errors == [
        "a new Swarm was asked for (--new-swarm), but a manages the laboratory's Swarm and answers. Run without that: "
        "it is for a manager that is lost for good"
    ]


def test_a_new_swarm_is_not_how_a_laboratory_begins() -> None:
    assert decided({"a": NONE}, ["a"], ("a",), asked=True).errors == [
        "a new Swarm was asked for (--new-swarm), but no host of the inventory is part of one, so none was lost. "
        "Run without that"
    ]


def test_a_new_swarm_that_was_not_ended_is_gone_on_with() -> None:
    all_left = {"b": Seen(state="inactive", rebuilding=True), "c": Seen(state="inactive", rebuilding=True)}
    found = decided(all_left, ["b"], ("b", "c"), asked=True)
    assert (found.errors, found.starts, found.rebuilds) == ([], True, True)
    begun = {
        "b": manager("b", member("b", role="manager"), hosts=("b", "c"), rebuilding=True),
        "c": worker("c", hosts=("a", "b", "c")),
    }
    found = decided(begun, ["b"], ("b", "c"), asked=True)
    assert (found.errors, found.starts, found.rebuilds) == ([], False, True)
    assert (found.leaves, found.joins) == (["c"], {"c": "worker"})


def test_a_host_that_was_given_up_while_it_was_away_leaves_and_joins_again() -> None:
    seen = settled("a", "b")
    members = (member("a", role="manager"), member("b", state="down"))
    seen["a"] = manager("a", *members, hosts=("a", "b"))
    found = decided(seen, ["a"], ("a", "b"))
    assert (found.leaves, found.joins, found.stale) == (["b"], {"b": "worker"}, ["id-b"])


def test_a_host_whose_node_was_removed_leaves_and_joins_again() -> None:
    seen = settled("a", "b")
    seen["a"] = manager("a", member("a", role="manager"), hosts=("a", "b"))
    found = decided(seen, ["a"], ("a", "b"))
    assert (found.errors, found.leaves, found.joins, found.stale) == ([], ["b"], {"b": "worker"}, [])


def test_a_host_that_was_installed_anew_replaces_its_old_node() -> None:
    seen = settled("a", "b") | {"b": NONE}
    found = decided(seen, ["a"], ("a", "b"))
    assert (found.leaves, found.joins, found.stale) == ([], {"b": "worker"}, ["id-b"])


def test_two_swarms_are_refused_with_both_named() -> None:
    seen = settled("a") | {"b": manager("b", member("b", role="manager"), hosts=("b",), cluster_id="other")}
    found = decided(seen, ["a"], ("a", "b"))
    assert found.errors == [
        "the hosts manage 2 different Swarms (a in cluster; b in other). Take those out of the inventory that belong "
        "to another laboratory, or let them leave: docker swarm leave --force on that host"
    ]


def test_a_manager_of_somebody_elses_swarm_is_refused() -> None:
    stranger = Member(node_id="id-a", host="", role="manager", state="ready")
    seen = {"a": manager("a", stranger, hosts=(), foreign_services=("shop", "wiki"))}
    assert decided(seen, ["a"], ("a",)).errors == [
        "a manages a Swarm of somebody else (it runs shop, wiki), of which this laboratory is no part. Take another "
        "machine, or, if that Swarm is not needed: docker swarm leave --force on this host"
    ]


def test_an_empty_swarm_of_one_host_is_used() -> None:
    own = Member(node_id="id-a", host="", role="manager", state="ready")
    found = decided({"a": manager("a", own, hosts=()), "b": NONE}, ["a"], ("a", "b"))
    assert (found.errors, found.starts, found.joins) == ([], False, {"b": "worker"})


def test_a_worker_of_somebody_elses_swarm_is_refused() -> None:
    seen = settled("a") | {"b": worker("b", hosts=(), of="stranger")}
    assert decided(seen, ["a"], ("a", "b")).errors == [
        "b is part of a Swarm that none of the inventory's hosts manages, and it never was part of this laboratory. "
        "Take another machine, or let it leave: docker swarm leave --force on this host"
    ]


def test_cleaned_hosts_are_forgotten_and_the_others_named() -> None:
    seen = settled("a", "b", "c", "d")
    decision = decided({"a": seen["a"]}, ["a"], ("a",)).as_dict()
    after = fleet.after_cleaning(
        decision,
        {
            "b": {"removed": ["the Swarm"], "volumes": ["remlab-database-data-1-1"]},
            "c": {"unreachable": True, "msg": "Failed to connect to the host via ssh: timed out\nmore"},
            "d": {"failed": True, "msg": "it still manages the Swarm"},
        },
    )
    assert after["cleaned"] == {"b": "id-b"}
    assert sorted(after["former"]) == ["c", "d"]
    assert sorted(after["reach"]) == ["a", "c", "d"]
    assert after["left"] == reach("b")
    assert after["not_cleaned"] == [
        "c left the inventory and could not be reached, so it may still hold containers, secrets and firewall rules "
        "of the laboratory (Failed to connect to the host via ssh: timed out). It is remembered; each run tries again.",
        "d left the inventory and was not cleaned, so it may still hold containers, secrets and firewall rules of the "
        "laboratory (it still manages the Swarm). It is remembered; each run tries again.",
    ]


def test_the_way_to_a_host_holds_no_secret_and_nothing_empty() -> None:
    variables = {"ansible_host": "a", "ansible_port": 22, "ansible_user": "", "ansible_password": "hush"}
    assert fleet.reach_of(variables) == {"ansible_host": "a", "ansible_port": 22}
