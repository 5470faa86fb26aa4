"""How volumes go from host to host, against an engine that only remembers what it was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remlab import jobs
from remlab.engine_spec import Surroundings
from remlab.state import DesiredService, Image, ObservedReplica
from remlab.volume_move import MoveFailed, VolumeMove

_SPEC: dict[str, Any] = {
    "command": [],
    "environment": {},
    "lists_services_in": "",
    "expects_data_in": "",
    "secrets": ["registry_tls_key"],
    "volumes": [{"name": "images", "path": "/var/lib/remlab/registry"}],
    "binds": [],
    "tmpfs": [{"path": "/tmp", "size_mb": 4}],
    "ports": [],
    "health": {
        "command": ["true"],
        "interval_seconds": 3,
        "timeout_seconds": 3,
        "retries": 3,
        "start_period_seconds": 20,
    },
    "update_order": "stop-first",
    "stop_signal": "",
    "stop_grace_seconds": 10,
    "limits": {"memory_mb": 512, "cpus": 2.0, "pids": 128},
    "exceptions": {},
}


def _answer(seconds: float, **more: Any) -> str:
    fields = {
        "exit_code": 0,
        "seconds": seconds,
        "files": 3,
        "bytes_total": 4_000_000,
        "bytes_sent": 2_000_000,
    }
    return json.dumps(fields | {"bytes_new": 0, "said": ""} | more)


class FakeEngine:
    """Senders run, receivers end at once with the next of the given answers (an int is an exit code)."""

    def __init__(self, *answers: str | int) -> None:
        self.answers = list(answers)
        self.specs: dict[str, Any] = {}
        self.started: list[Any] = []
        self.logs: dict[str, str] = {}
        self.ends: dict[str, int] = {}
        self.secret_list: list[dict[str, Any]] = []
        self.refused_images: set[str] = set()
        self.down: set[str] = set()

    def create_service(self, spec: Any, _login: object) -> str:
        name = spec["Name"]
        self.specs[name] = spec
        self.started.append(spec)
        container = spec["TaskTemplate"]["ContainerSpec"]
        if "receive" in container["Command"]:
            answer = self.answers.pop(0)
            self.ends[name] = answer if isinstance(answer, int) else 0
            self.logs[name] = f"exit {answer}" if isinstance(answer, int) else answer
        elif container["Image"] in self.refused_images:
            self.ends[name] = 1
            self.logs[name] = "No module named remlab_launch.transfer"
        else:
            self.logs[name] = f"sending to {len(self.started)}"
        return str(name)

    def tasks(self, identifier: str) -> list[dict[str, Any]]:
        code = self.ends.get(identifier)
        status = {
            "State": {None: "running", 0: "complete"}.get(code, "failed"),
            "Timestamp": "1",
            "Err": "task: non-zero exit" if code else "",
            "ContainerStatus": {"ExitCode": code},
        }
        return [{"Status": status, "NetworksAttachments": [{"Addresses": ["10.83.0.9/22"]}]}]

    def service_log(self, identifier: str, _lines: int) -> str:
        return self.logs[identifier]

    def services(self) -> list[dict[str, Any]]:
        return [{"ID": name, "Spec": spec} for name, spec in self.specs.items()]

    def remove_service(self, identifier: str) -> None:
        self.specs.pop(identifier, None)

    def secrets(self) -> list[dict[str, Any]]:
        return list(self.secret_list)

    def create_secret(self, name: str, value: bytes, label: str) -> str:
        assert len(value) > 30
        self.secret_list.append(
            {"ID": f"id-{name}", "Spec": {"Name": name, "Labels": {"remlab.secret": label}}}
        )
        return f"id-{name}"

    def remove_secret(self, identifier: str) -> bool:
        self.secret_list = [secret for secret in self.secret_list if secret["ID"] != identifier]
        return True

    def nodes(self) -> list[dict[str, Any]]:
        return [
            {"ID": n, "Status": {"State": "down" if n in self.down else "ready"}}
            for n in ("node-a", "node-b")
        ]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remlab.volume_move.time.sleep", lambda _: None)
    numbers = iter(range(1000))
    monkeypatch.setattr(jobs, "unique", lambda name: f"{name}-{next(numbers)}")


def _move(engine: FakeEngine, told: list[str] | None = None, running: str = "") -> VolumeMove:
    return VolumeMove(
        engine=engine,  # type: ignore[arg-type]
        login=None,
        around=Surroundings("remlab", "net", {"a": "node-a", "b": "node-b"}),
        service=DesiredService("registry", ("b",), Image("tag", "wanted"), _SPEC),
        old=ObservedReplica(
            "registry",
            1,
            "a",
            "tag",
            engine_spec={"TaskTemplate": {"ContainerSpec": {"Image": running}}},
            volumes={"images": "remlab-registry-images-1-1"},
        ),
        target="b",
        new_volumes={"images": "remlab-registry-images-1-2"},
        timeout_seconds=5,
        tell=(told if told is not None else []).append,
        limit_kb=500,
    )


def test_sender_reads_on_the_old_host_and_the_receiver_writes_on_the_target() -> None:
    engine = FakeEngine(_answer(1.0))
    _move(engine).copy_live()
    sender, receiver = (spec["TaskTemplate"] for spec in engine.started)
    assert sender["Placement"]["Constraints"] == ["node.id==node-a"]
    assert sender["ContainerSpec"]["Command"] == [
        *("python3", "-m", "remlab_launch.transfer", "send"),
        *("--volume", "/var/lib/remlab/registry"),
    ]
    mount = sender["ContainerSpec"]["Mounts"][0]
    assert (mount["Source"], mount["ReadOnly"]) == ("remlab-registry-images-1-1", True)
    assert receiver["Placement"]["Constraints"] == ["node.id==node-b"]
    assert receiver["ContainerSpec"]["Command"] == [
        *("python3", "-m", "remlab_launch.transfer", "receive", "--from", "10.83.0.9"),
        *("--volume", "/var/lib/remlab/registry"),
        *("--source", "remlab-registry-images-1-1 on a", "--limit-kb=500"),
    ]
    mount = receiver["ContainerSpec"]["Mounts"][0]
    assert (mount["Source"], mount.get("ReadOnly")) == ("remlab-registry-images-1-2", None)
    for template in (sender, receiver):
        names = [secret["File"]["Name"] for secret in template["ContainerSpec"]["Secrets"]]
        assert names == ["move_password"]


@pytest.mark.parametrize(
    ("seconds", "passes"),
    [([1.9], 1), ([30.0, 1.0], 2), ([30.0, 25.0], 2), ([30.0, 15.0, 6.0], 3)],
    ids=["short at once", "short", "no gain", "at most three"],
)
def test_passes_are_made_until_one_is_short_or_gains_nothing(seconds: list[float], passes: int) -> None:
    engine = FakeEngine(*[_answer(each) for each in seconds])
    done = _move(engine).copy_live()
    assert engine.answers == []
    assert done == {
        "bytes": 4e6,
        "bytes_sent": 2e6 * passes,
        "seconds": sum(seconds),
        "last_pass_seconds": seconds[-1],
    }


def test_long_pause_is_foretold() -> None:
    told: list[str] = []
    _move(FakeEngine(_answer(20.0), _answer(15.0)), told).copy_live()
    assert told == [
        "registry-1: copied images, 2.0 of 4.0 MB in 20.0 s",
        "registry-1: copied images, 2.0 of 4.0 MB in 15.0 s",
        "registry-1: the last pass took 15 s while the service ran, and it will pause for at least so long",
    ]


def test_last_pass_uses_the_sender_that_runs() -> None:
    engine = FakeEngine(_answer(1.0), _answer(0.5, check_seconds=0.25))
    move = _move(engine)
    move.copy_live()
    assert move.copy_final() == {"bytes": 4e6, "bytes_sent": 2e6, "seconds": 0.75}
    commands = [spec["TaskTemplate"]["ContainerSpec"]["Command"] for spec in engine.started]
    assert [command[3] for command in commands] == ["send", "receive", "receive"]
    assert commands[-1][-1] == "--final"


def test_front_door_is_copied_while_it_runs_and_says_what_changed() -> None:
    told: list[str] = []
    engine = FakeEngine(_answer(0.5, check_seconds=0.25, changed_meanwhile=">f..t...... lock"))
    _move(engine, told).copy_overlapping()
    assert engine.started[-1]["TaskTemplate"]["ContainerSpec"]["Command"][-2:] == ["--final", "--overlap"]
    assert told == ["registry-1: changed while it was copied: >f..t...... lock"]


def test_failure_names_volume_hosts_and_cause_and_the_next_try_has_a_new_sender() -> None:
    engine = FakeEngine(4, _answer(1.0))
    move = _move(engine)
    with pytest.raises(MoveFailed) as failed:
        move.copy_live()
    assert str(failed.value) == (
        "volume images of registry-1 (a → b) was not copied: registry-1-move-receive-images-1 task: non-zero exit\n"
        "last log lines:\nexit 4\nthe sender said:\nsending to 1"
    )
    move.copy_live()
    assert len(engine.started) == 4


def test_file_that_cannot_be_read_stops_nothing() -> None:
    engine = FakeEngine(*[_answer(1.0, exit_code=23, said="rsync: permission denied")] * 3)
    with pytest.raises(MoveFailed, match=r"a → b\) cannot be read in full:\nrsync: permission denied"):
        _move(engine).copy_live()


def test_running_image_sends_and_the_wanted_one_does_where_that_cannot() -> None:
    engine = FakeEngine(_answer(1.0), _answer(1.0))
    _move(engine, running="older").copy_live()
    assert engine.started[0]["TaskTemplate"]["ContainerSpec"]["Image"] == "older"
    engine.started.clear()
    engine.refused_images = {"older"}
    _move(engine, running="older").copy_live()
    images = [spec["TaskTemplate"]["ContainerSpec"]["Image"] for spec in engine.started]
    assert images == ["older", "wanted", "wanted"]


def test_host_that_is_lost_ends_the_wait() -> None:
    engine = FakeEngine()
    engine.down = {"node-b"}
    with pytest.raises(jobs.JobFailed, match="b does not answer the Swarm any more"):
        _move(engine)._refuse_lost_host()


def test_nothing_is_left_behind_also_not_of_a_run_that_was_killed() -> None:
    engine = FakeEngine(_answer(1.0))
    _move(engine).copy_live()
    assert engine.specs
    assert engine.secret_list
    engine.specs["registry-1"] = {"Name": "registry-1", "Labels": {"remlab.service": "registry"}}
    again = _move(engine)
    again.clean()
    again.clean()
    assert list(engine.specs) == ["registry-1"]
    assert engine.secret_list == []
