"""What one run of the planner takes in, with an engine that knows nothing of its own."""

from __future__ import annotations

from typing import Any

import pytest

from remlab import stack
from remlab.service_files import service_specs
from remlab.stack import Stack, StackError
from remlab.state import Observed
from tests.unit.test_leftovers import volume
from tests.unit.test_planner import REPLICATED, SMALLEST


class FakeEngine:
    """A manager of an empty Swarm, or a host of a lost one."""

    control = True

    def __init__(self, _project: str) -> None:
        pass

    def swarm(self) -> dict[str, Any]:
        return {"LocalNodeState": "active", "ControlAvailable": self.control}

    def leads(self) -> bool:
        return True

    def nodes(self) -> list[Any]:
        return []

    secrets = nodes

    def network(self, _name: str) -> dict[str, Any]:
        return {"Id": "network"}


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "Engine", FakeEngine)
    monkeypatch.setattr(stack, "observe", lambda _engine: Observed(engine=True, swarm=True))


def planned(*volumes: Any, **more: Any) -> list[str]:
    params: dict[str, Any] = {
        "project": "remlab",
        "manager": "srv2",
        "network": {"name": "net"},
        "services": {
            "database": {
                "hosts": ["srv2"],
                "image": {"tag": "tag"},
                "spec": service_specs({"database": SMALLEST | REPLICATED})["database"],
            }
        },
        "order": ["database"],
        "only": [],
        "allow_remove": [],
        "move_while_driving": False,
        "volume_bytes": {},
        "free_bytes": {},
        "leftovers": {"srv2": {"volumes": list(volumes)}},
        "adopt": {},
        "rebuilds": True,
        "timeout_seconds": 1,
    }
    return [str(step) for step in Stack(params | more).plan(check=True)]


OVER = "database-2: create on srv2, over its data that was found there (remlab-database-data-2-3)"


def test_a_service_that_the_swarm_does_not_have_starts_over_its_data() -> None:
    assert planned(volume(2, 3, used=True)) == [OVER]


def test_the_operators_word_reaches_the_plan() -> None:
    adopt = {"database": "srv2/remlab-database-data-2-3"}
    assert planned(volume(2, 3), volume(2, 4), adopt=adopt) == [OVER]
    assert planned(volume(2, 3), allow_remove=["database"]) == [
        "database-1: create on srv2, the inventory has srv2 in group database"
    ]


def test_where_data_is_unclear_no_service_is_changed() -> None:
    with pytest.raises(
        StackError, match=r"(?s)^No service was changed\.\nwhich data of database is the current"
    ):
        planned(volume(2, 3))
    assert planned(volume(2, 3), rebuilds=False) == [OVER]


def test_a_plan_is_possible_while_the_swarm_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "control", False)
    monkeypatch.delattr(stack, "observe")
    assert planned(volume(2, 3, used=True)) == ["srv2: start a Swarm, this machine is in none", OVER]
