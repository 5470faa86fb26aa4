"""Which data a service starts on that the Swarm does not have, from what lies on the hosts."""

from __future__ import annotations

from typing import Any

import pytest

from remlab.leftovers import Choice, Wanted, choose, leftovers, wanted, with_data
from remlab.service_files import service_specs
from remlab.state import Observed, Retired
from tests.unit.test_planner import OVERLAPPING, REPLICATED, SMALLEST, replica

DATABASE = Wanted("database", ("srv2",), ("data",))
EDGE = Wanted("edge", ("srv2", "srv3"), ("certificates",), several=True)


def volume(number: int, generation: int, service: str = "database", name: str = "data", **more: Any) -> Any:
    return {
        "name": f"remlab-{service}-{name}-{number}-{generation}",
        "service": service,
        "volume": name,
        "made": f"2026-11-2{generation} 10:00",
        "written": f"2026-11-2{generation} 11:30",
        "used": False,
        "unfinished": False,
    } | more


def chosen(service: Wanted = DATABASE, *, answers: dict[str, list[Any]], **said: Any) -> Choice:
    found = leftovers({host: {"volumes": its} for host, its in answers.items()}, service)
    return choose(service, found, **said)


def names(choice: Choice) -> tuple[list[str], list[str]]:
    assert choice.error == ""
    taken, others = (
        [f"{one.host}/{name}" for one in some for name in one.volumes.values()]
        for some in (choice.taken, choice.others)
    )
    return taken, others


def test_services_with_data_are_those_whose_files_name_volumes() -> None:
    specs = service_specs(
        {"database": SMALLEST | REPLICATED, "edge": SMALLEST | OVERLAPPING, "media": SMALLEST}
    )
    found = wanted({name: {"hosts": ["a"], "spec": spec} for name, spec in specs.items()})
    assert found == {
        "database": Wanted("database", ("a",), ("data",)),
        "edge": Wanted("edge", ("a",), ("data",), several=True),
    }


def test_what_was_in_use_when_the_swarm_was_lost_is_taken_and_the_rest_kept_apart() -> None:
    answers = {"srv2": [volume(2, 2, used=True)], "srv3": [volume(1, 1), volume(1, 3, unfinished=True)]}
    assert names(chosen(answers=answers, lost=True)) == (
        ["srv2/remlab-database-data-2-2"],
        ["srv3/remlab-database-data-1-1", "srv3/remlab-database-data-1-3"],
    )


def test_what_is_known_as_retired_is_no_choice() -> None:
    answers = {"srv2": {"volumes": [volume(2, 2)]}, "srv3": {"volumes": [volume(1, 1)]}}
    retired = [("srv3", "remlab-database-data-1-1")]
    found = leftovers(answers, DATABASE, retired)
    assert names(choose(DATABASE, found)) == (["srv2/remlab-database-data-2-2"], [])


def test_a_copy_that_may_be_old_is_not_taken_for_the_truth() -> None:
    """The current one may have been on the host that is lost."""
    choice = chosen(answers={"srv2": [volume(1, 1)]}, lost=True)
    assert choice == Choice(
        error="which data of database is the current one cannot be told, since no container has any of it in use:\n"
        "  srv2: remlab-database-data-1-1, made 2026-11-21 10:00, last written 2026-11-21 11:30\n"
        "  Say which: lab_adopt: {database: srv2/remlab-database-data-1-1} (the others are kept as retired); "
        "lab_allow_remove: [database] begins anew where none is in use"
    )


def test_two_in_use_at_once_are_never_both_started() -> None:
    answers = {
        "srv2": [volume(1, 1, used=True)],
        "srv3": [volume(2, 2, used=True), volume(3, 3, unfinished=True)],
    }
    assert chosen(answers=answers, lost=True, may_begin_anew=True).error == (
        "which data of database is the current one cannot be told, since more than one is in use:\n"
        "  srv2: remlab-database-data-1-1, made 2026-11-21 10:00, last written 2026-11-21 11:30, in use\n"
        "  srv3: remlab-database-data-2-2, made 2026-11-22 10:00, last written 2026-11-22 11:30, in use\n"
        "  srv3: remlab-database-data-3-3, made 2026-11-23 10:00, last written 2026-11-23 11:30, "
        "not whole: a copy that was not ended\n"
        "  Say which: lab_adopt: {database: srv3/remlab-database-data-2-2} (the others are kept as retired); "
        "lab_allow_remove: [database] begins anew where none is in use"
    )


def test_a_server_that_follows_another_one_is_not_what_it_follows() -> None:
    answers = {"srv2": [volume(1, 1, used=True)], "srv3": [volume(2, 2, used=True, unfinished=True)]}
    assert names(chosen(answers=answers, lost=True))[0] == ["srv2/remlab-database-data-1-1"]


def test_the_operator_decides() -> None:
    answers = {"srv2": [volume(1, 1), volume(3, 3)], "srv3": [volume(2, 2)]}
    choice = chosen(answers=answers, lost=True, adopt="srv2/remlab-database-data-3-3")
    assert names(choice) == (
        ["srv2/remlab-database-data-3-3"],
        ["srv2/remlab-database-data-1-1", "srv3/remlab-database-data-2-2"],
    )


def test_the_operator_cannot_name_what_is_not_there() -> None:
    adopt = "srv9/remlab-database-data-1-1"
    assert chosen(answers={}, adopt=adopt).error == (
        "lab_adopt names srv9/remlab-database-data-1-1 for database, which was not found; "
        "no host of the inventory has data of database"
    )
    assert chosen(answers={"srv2": [volume(1, 1)]}, adopt=adopt).error.endswith(
        "which was not found; there is\n"
        "  srv2: remlab-database-data-1-1, made 2026-11-21 10:00, last written 2026-11-21 11:30"
    )


def test_half_a_copy_is_started_on_nobodys_word() -> None:
    adopt = "srv2/remlab-database-data-1-1"
    answers = {"srv2": [volume(1, 1, unfinished=True)]}
    assert chosen(answers=answers, adopt=adopt).error == (
        f"lab_adopt names {adopt} for database, which is a copy that was not ended, and no data to start on"
    )


def test_data_that_is_nowhere_was_on_the_lost_host_and_is_begun_anew_with_permission_only() -> None:
    assert chosen(answers={}, lost=True).error == (
        "the data of database is on none of the inventory's hosts: whichever had it is lost or was taken out. Put that "
        "host back if it still answers. If the data is gone for good, lab_allow_remove: [database] begins anew without "
        "it"
    )
    assert names(chosen(answers={}, lost=True, may_begin_anew=True)) == ([], [])


def test_beginning_anew_keeps_an_old_copy_apart_and_never_leaves_what_is_in_use() -> None:
    old = {"srv2": [volume(1, 1)]}
    assert names(chosen(answers=old, lost=True, may_begin_anew=True)) == (
        [],
        ["srv2/remlab-database-data-1-1"],
    )
    used = {"srv2": [volume(1, 1, used=True)]}
    assert names(chosen(answers=used, lost=True, may_begin_anew=True))[0] == ["srv2/remlab-database-data-1-1"]


def test_data_stays_where_it_is_while_a_swarm_is_built() -> None:
    assert chosen(answers={"srv3": [volume(2, 2, used=True)]}, lost=True).error == (
        "the data of database is on srv3 (remlab-database-data-2-2), and the inventory has it on srv2: put srv3 into "
        "group database and run; move it in a later run"
    )


def test_a_first_deploy_finds_nothing_and_begins() -> None:
    assert chosen(answers={"srv2": []}) == Choice()


def test_after_a_teardown_the_only_data_is_taken_and_of_several_none_by_itself() -> None:
    assert names(chosen(answers={"srv2": [volume(2, 2)]})) == (["srv2/remlab-database-data-2-2"], [])
    several = {"srv2": [volume(2, 2)], "srv3": [volume(1, 1)]}
    assert "cannot be told" in chosen(answers=several).error


def test_front_doors_keep_the_data_of_each() -> None:
    here = {
        host: [volume(number, 1, "edge", "certificates", used=True)]
        for number, host in ((1, "srv2"), (2, "srv3"), (3, "srv4"))
    }
    taken, others = names(chosen(EDGE, answers=here, lost=True))
    assert taken == ["srv2/remlab-edge-certificates-1-1", "srv3/remlab-edge-certificates-2-1"]
    assert others == ["srv4/remlab-edge-certificates-3-1"]


@pytest.mark.parametrize("name", ["remlab-database-data-x-y", "strange"])
def test_a_volume_with_a_name_of_its_own_is_found_too(name: str) -> None:
    found = leftovers({"srv2": {"volumes": [volume(1, 1) | {"name": name}]}}, DATABASE)
    assert [(one.number, dict(one.volumes)) for one in found] == [(1, {"data": name})]


def with_found(observed: Observed, **answers: Any) -> tuple[Observed, list[str]]:
    spec = service_specs({"database": SMALLEST | REPLICATED})["database"]
    services = {"database": {"hosts": ["srv2"], "spec": spec}}
    found = {host: {"volumes": volumes} for host, volumes in answers.items()}
    return with_data(observed, services, found, adopt={}, allow_remove=[], lost=True)


def test_only_a_service_that_the_swarm_does_not_have_looks_for_data() -> None:
    known = Observed(engine=True, swarm=True, replicas=(replica("database", host="srv2"),))
    assert with_found(known, srv2=[volume(1, 1)]) == (known, [])


def test_what_the_new_swarm_knows_as_retired_leaves_one() -> None:
    known = Observed(True, True, retired=(Retired("remlab-database-data-1-1", "srv3", "database"),))
    found, errors = with_found(known, srv2=[volume(2, 2, used=True)], srv3=[volume(1, 1, used=True)])
    assert errors == []
    assert [one.host for one in found.taken] == ["srv2"]
    assert found.others == ()
    assert found.taken_on("database", "srv2") == found.taken[0]


def test_half_of_what_a_service_needs_is_not_whole() -> None:
    both = Wanted("database", ("srv2",), ("data", "archive"))
    (found,) = leftovers({"srv2": {"volumes": [volume(1, 1, used=True)]}}, both)
    assert found.unfinished
