"""A Swarm whose manager is lost: what role fleet says and refuses, run by Ansible on hosts with a fake engine.

The hosts are network namespaces of this machine; the wiring is that of playbooks/hosts.yml.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bad_input.playbooks import ROOT, Outcome, play
from tests.servers.fleet import Fleet
from tests.servers.network import impossible, network

pytestmark = pytest.mark.skipif(bool(impossible()), reason=impossible())

FAKE = ROOT / "tests/servers/fake_docker"
LOST = {
    "LocalNodeState": "active",
    "ControlAvailable": False,
    "RemoteManagers": [{"NodeID": "id-lost", "Addr": "127.0.0.1:2377"}],
}
DECIDED = "THE DECISION: "


class Lost:
    """Two hosts that are left; each runs the front door's or the registry's only container."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.says = {name: self._engine(name, "edge-1") for name in fleet.network.names}
        for name in fleet.network.names:
            fleet.variables[name] = {"lab_swarm_address": fleet.network.addresses[name]}
            memory = fleet.folder / name / "lib/remlab/fleet.json"
            memory.parent.mkdir(parents=True)
            known = {host: {} for host in fleet.network.names} | {
                "fleet9": {"ansible_host": "127.0.0.1", "ansible_port": 9}
            }
            memory.write_text(json.dumps({"hosts": known, "left": {}}))

    def _engine(self, name: str, replica: str) -> dict[str, Any]:
        service = replica.partition("-")[0]
        volume = {
            "Name": f"remlab-{service}-certificates-1-1",
            "Mountpoint": str(self.fleet.folder),
            "CreatedAt": "2026-11-24T10:00:00Z",
            "Labels": {"remlab.service": service, "remlab.volume": "certificates"},
        }
        first = name == next(iter(self.fleet.network.names))
        container = {
            "Id": replica,
            "Created": 1,
            "Labels": {"remlab.service": service, "remlab.replica": "1"},
            "Mounts": [{"Type": "volume", "Name": volume["Name"]}],
        }
        return {
            "info": {"Swarm": LOST | {"NodeID": f"id-{name}"}},
            "containers": [container] if first else [],
            "volumes": [volume] if first else [],
            "nodes": [],
            "services": [],
        }

    def run(self, **settings: Any) -> Outcome:
        """Role fleet, as the first play of playbooks/hosts.yml has it."""
        for name, said in self.says.items():
            path = self.fleet.folder / f"{name}.json"
            path.write_text(json.dumps(said))
            self.fleet.before[name] = f"env PYTHONPATH={FAKE} FAKE_ENGINE={path}"
        (wired, *_) = yaml.safe_load((ROOT / "playbooks/hosts.yml").read_text(encoding="utf-8"))
        wired["gather_facts"] = False
        wired["roles"] = [role for role in wired["roles"] if role["role"] != "docker_engine"]
        wired["tasks"] = [
            {"ansible.builtin.debug": {"msg": DECIDED + "{{ fleet_decision | to_json }}"}, "run_once": True}
        ]
        playbook = self.fleet.folder / "fleet.yml"
        playbook.write_text(yaml.safe_dump([wired]))
        return play(str(playbook), inventory=self.fleet.write(), settings=settings)


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    with network("fleet1", "fleet2") as made:
        yield Lost(Fleet(made, tmp_path))


def words(outcome: Outcome) -> str:
    """What was said, whatever the lines are broken like."""
    return " ".join(outcome.output.replace("''", "'").split())


def refused(outcome: Outcome, *sentences: str) -> None:
    assert outcome.code != 0, outcome.output
    assert "Nothing was changed. Mend this first:" in words(outcome), outcome.output
    for sentence in sentences:
        assert sentence in words(outcome), outcome.output


def test_who_managed_what_runs_what_is_lost_and_both_ways_out_are_told(lost: Lost) -> None:
    refused(
        lost.run(),
        "fleet9 (127.0.0.1) alone managed the laboratory's Swarm and does not answer",
        "What runs goes on, and is not started again when it ends: fleet1 (edge-1).",
        "No host that is left has data of registry in use",
        "./lab deploy --new-swarm builds a new Swarm of fleet1, fleet2 over the volumes and secrets that are left",
    )


def test_a_new_swarm_is_refused_until_all_that_is_unclear_is_decided(lost: Lost) -> None:
    refused(
        lost.run(lab_new_swarm=True),
        "the data of registry is on none of the inventory's hosts",
        "no host has these secrets, which were on the lost manager: ",
    )
    outcome = lost.run(lab_new_swarm=True, lab_allow_remove=["registry"], lab_new_secrets=True)
    assert outcome.code == 0, outcome.output
    assert '"leaves": ["fleet1", "fleet2"]' in words(outcome).replace('\\"', '"'), outcome.output


def test_a_new_swarm_is_refused_while_a_manager_answers(lost: Lost) -> None:
    node = {
        "ID": "id-fleet1",
        "Spec": {"Role": "manager", "Labels": {"remlab.project": "remlab", "remlab.host": "fleet1"}},
        "Status": {"State": "ready", "Addr": "10.99.1.2"},
    }
    lost.says["fleet1"] |= {
        "info": {"Swarm": LOST | {"NodeID": "id-fleet1", "ControlAvailable": True, "Cluster": {"ID": "one"}}},
        "nodes": [node],
    }
    refused(
        lost.run(lab_new_swarm=True),
        "a new Swarm was asked for (--new-swarm), but fleet1 manages the laboratory's Swarm and answers",
    )
