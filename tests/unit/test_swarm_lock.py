"""Of two runs one works and one is refused, and a dead run's lock is no hindrance for long."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import pytest

from remlab import run_lock, run_lock_keeper
from remlab.engine import EngineRefused
from remlab.run_lock import LABEL, Holder, Locked

_REPOSITORY = Path(__file__).parents[2]
# 2026-11-24 10:00:00 UTC
_NOW = 1795514400.0


class FakeSwarm:
    """The cluster object as the engine keeps it: a write needs the version that was read."""

    def __init__(self) -> None:
        self.version = 7
        self.spec: dict[str, Any] = {
            "Name": "default",
            "Labels": {"theirs": "1"},
            "Raft": {"HeartbeatTick": 1},
        }
        self._mutex = threading.Lock()
        # Called between a read and its write.
        self.pause: Callable[[], object] = lambda: None

    def read(self) -> tuple[int, Mapping[str, Any]]:
        with self._mutex:
            found = self.version, json.loads(json.dumps(self.spec))
        self.pause()
        return found

    def write(self, version: int, spec: Mapping[str, Any]) -> bool:
        with self._mutex:
            if version != self.version:
                return False
            self.version, self.spec = self.version + 1, dict(spec)
            return True


def _run(name: str) -> Holder:
    return Holder(name, "ana", f"pc-{name}", "machine", 4711, 99, step="Hosts | Lock")


@pytest.mark.parametrize("_try", range(10))
def test_of_two_runs_at_once_one_works_and_one_is_refused(_try: int) -> None:
    swarm = FakeSwarm()
    both = threading.Barrier(2)
    first_reads = iter([both.wait, both.wait])
    swarm.pause = lambda: next(first_reads, lambda: 0)()

    def attempt(name: str) -> str:
        try:
            run_lock.take(swarm, _run(name), _NOW)
        except Locked as error:
            return f"refused by {error.holder.run}"
        return name

    with ThreadPoolExecutor(2) as pool:
        ends = set(pool.map(attempt, ["one", "two"]))
    assert ends in ({"one", "refused by one"}, {"two", "refused by two"})


def test_refusal_says_who_where_since_when_and_at_which_step() -> None:
    swarm = FakeSwarm()
    run_lock.take(swarm, _run("one"), _NOW)
    run_lock.renew(swarm, "one", "stack : Move the database", _NOW + 20)
    with pytest.raises(Locked) as refused:
        run_lock.take(swarm, _run("two"), _NOW + 30)
    assert str(refused.value) == (
        "locked by ana on pc-one since 2026-11-24 10:00:00 UTC, step stack : Move the database: nothing was changed; "
        "wait until that run has ended and run again. If it was killed, its lock expires within 60 s by itself"
    )


def test_everything_else_of_the_swarm_stays_as_it_was() -> None:
    swarm = FakeSwarm()
    before = json.loads(json.dumps(swarm.spec))
    run_lock.take(swarm, _run("one"), _NOW)
    assert swarm.spec["Labels"].keys() == {"theirs", LABEL}
    assert swarm.spec | {"Labels": {"theirs": "1"}} == before
    assert run_lock.release(swarm, "one", _NOW)
    assert swarm.spec == before


def test_lock_of_a_dead_run_expires() -> None:
    swarm = FakeSwarm()
    run_lock.take(swarm, _run("one"), _NOW)
    with pytest.raises(Locked):
        run_lock.take(swarm, _run("two"), _NOW + 59)
    run_lock.take(swarm, _run("two"), _NOW + 61)
    with pytest.raises(Locked):
        run_lock.renew(swarm, "one", "", _NOW + 62)


def test_lock_of_a_run_that_is_known_to_be_dead_is_taken_over_at_once() -> None:
    swarm = FakeSwarm()
    run_lock.take(swarm, _run("one"), _NOW)
    run_lock.take(swarm, _run("two"), _NOW + 1, dead_run="one")
    with pytest.raises(Locked):
        run_lock.take(swarm, _run("three"), _NOW + 2, dead_run="one")


def test_expired_lock_is_not_renewed_behind_the_backs_of_others() -> None:
    swarm = FakeSwarm()
    run_lock.take(swarm, _run("one"), _NOW)
    with pytest.raises(EngineRefused, match="has expired"):
        run_lock.renew(swarm, "one", "", _NOW + 61)


def test_release_leaves_the_lock_of_another_run_alone() -> None:
    swarm = FakeSwarm()
    run_lock.take(swarm, _run("one"), _NOW)
    assert not run_lock.release(swarm, "two", _NOW)
    holder = run_lock.holder(swarm, _NOW)
    assert holder is not None
    assert holder.run == "one"


def test_label_that_nobody_understands_locks_nobody_out() -> None:
    swarm = FakeSwarm()
    swarm.spec["Labels"][LABEL] = "{"
    run_lock.take(swarm, _run("one"), _NOW)


def test_process_is_told_from_a_later_one_with_its_number() -> None:
    started = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    assert run_lock_keeper.alive(os.getpid(), started)
    assert not run_lock_keeper.alive(os.getpid(), started + 1)


# An engine in a file: what the module imports as Docker's SDK.
_DOCKER = """
import fcntl, json, os
from . import errors

class APIClient:
    def __init__(self, **_): pass
    def ping(self): pass
    def info(self): return {"Swarm": {"ControlAvailable": True}}
    def _url(self, path): return path
    def _state(self, change=lambda state: None):
        with open(os.environ["FAKE_SWARM"], "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = json.load(file)
            answer = change(state)
            file.seek(0); file.truncate(); json.dump(state, file)
            return state, answer
    def inspect_swarm(self): return self._state()[0]
    def post(self, path, json, headers, params, timeout):
        def change(state):
            if int(params["version"]) != state["Version"]["Index"]:
                return 500
            state["Version"]["Index"] += 1
            state["Spec"] = json
            return 200
        return Answer(self._state(change)[1])

class Answer:
    content = b""
    def __init__(self, code): self.status_code = code
    def json(self): return {"message": "rpc error: update out of sequence"}
"""

_PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Lock the laboratory
      lab_run_lock: {project: remlab}
    - name: Work for a while
      ansible.builtin.command: sleep {{ work_seconds }}
    - name: End
      ansible.builtin.command: "{{ ending }}"
"""


class Lab:
    """Runs of ansible-playbook against that engine."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "swarm.json"
        self.state.write_text(
            json.dumps({"Version": {"Index": 1}, "Spec": {"Name": "default", "Labels": {}}})
        )
        package = folder / "python" / "docker"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(_DOCKER)
        (package / "errors.py").write_text(
            "class DockerException(Exception): pass\nclass APIError(DockerException): pass\n"
        )
        self.playbook = folder / "play.yml"
        self.playbook.write_text(_PLAYBOOK)
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.inventory = folder / "inventory.yml"
        self.inventory.write_text(
            f"all: {{hosts: {{here: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}}}}}"
        )

    def start(self, *options: str, work_seconds: float = 0, ending: str = "true") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *(Path(sys.executable).with_name("ansible-playbook"), self.playbook, "-i", self.inventory),
                *("-e", f"work_seconds={work_seconds} ending={ending}", *options),
            ],
            cwd=_REPOSITORY,
            env=os.environ
            | {
                "PYTHONPATH": str(self.state.parent / "python"),
                "FAKE_SWARM": str(self.state),
                "TMPDIR": str(self.temporary),
                "ANSIBLE_NOCOLOR": "1",
                "REMLAB_LOCK_RENEW_SECONDS": "3",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *options: str, **how: Any) -> tuple[int, str]:
        with self.start(*options, **how) as process:
            output, _ = process.communicate(timeout=60)
            return process.returncode, output

    def holder(self) -> dict[str, Any]:
        with self._locked_state() as file:
            found: dict[str, Any] = json.loads(json.load(file)["Spec"]["Labels"].get(LABEL, "{}"))
        return found

    def replace_holder(self, holder: dict[str, Any]) -> None:
        with self._locked_state() as file:
            state = json.load(file)
            state["Spec"]["Labels"][LABEL] = json.dumps(holder)
            file.seek(0)
            file.truncate()
            json.dump(state, file)

    @contextlib.contextmanager
    def _locked_state(self) -> Iterator[TextIO]:
        # As the engine above does: a run may be writing it at this moment.
        with self.state.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def wait(self, condition: Callable[[], object], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.mark.parametrize(("ending", "code"), [("true", 0), ("false", 2)])
def test_run_gives_the_lock_back_when_it_has_ended_well_or_badly(lab: Lab, ending: str, code: int) -> None:
    assert lab.run(ending=ending)[0] == code
    lab.wait(lambda: not lab.holder())
    lab.wait(lambda: not list(lab.temporary.glob("remlab-run-*")))


def test_second_run_is_refused_and_a_plan_only_says_so(lab: Lab) -> None:
    with lab.start(work_seconds=60) as first:
        lab.wait(lab.holder)
        code, output = lab.run()
        assert code == 2
        assert "nothing was changed; wait until that run has ended" in output
        code, output = lab.run("--check")
        assert code == 0
        assert "is under way since" in output
        assert lab.holder()["pid"] == first.pid
        # Killed at a moment that it did not choose; nothing releases the lock.
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert lab.holder()["pid"] == first.pid
        code, output = lab.run()
        assert code == 0, output


def test_lease_is_renewed_with_the_step_while_the_run_lives(lab: Lab) -> None:
    with lab.start(work_seconds=60) as first:
        lab.wait(lab.holder)
        taken = lab.holder()
        lab.wait(lambda: lab.holder()["expires"] > taken["expires"], run_lock_keeper.RENEW_SECONDS + 10)
        assert lab.holder()["step"] == "Work for a while"
        # Another run's lock in its place ends this one.
        lab.replace_holder(lab.holder() | {"run": "another"})
        first.communicate(timeout=run_lock_keeper.RENEW_SECONDS + 20)
        assert first.returncode != 0
    time.sleep(1)
    assert lab.holder()["run"] == "another"
