"""Jobs are done after what they need, several at once, and each tells how it ended."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from remlab.image_commands import BuildFailure, Commands
from remlab.image_worker import explain, read_state, work_through


def _job(identity: str, *needs: str) -> dict[str, Any]:
    return {"id": identity, "kind": "x", "label": f"job {identity}", "needs": list(needs)}


def test_a_job_is_done_after_those_it_needs(tmp_path: Path) -> None:
    done: list[str] = []
    jobs = [_job("c", "b"), _job("b", "a"), _job("a")]
    work_through(jobs, perform=lambda job: done.append(job["id"]), run=tmp_path, at_a_time=3)
    assert done == ["a", "b", "c"]


def test_of_the_jobs_that_can_begin_the_first_in_the_list_does(tmp_path: Path) -> None:
    done: list[str] = []
    jobs = [_job("a"), _job("b", "a"), _job("c"), _job("d")]
    work_through(jobs, perform=lambda job: done.append(job["id"]), run=tmp_path, at_a_time=1)
    assert done == ["a", "b", "c", "d"]


def test_jobs_that_do_not_need_each_other_are_done_at_once(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)
    states = work_through(
        [_job("a"), _job("b")], perform=lambda job: both.wait() < 2, run=tmp_path, at_a_time=2
    )
    assert [state["state"] for state in states] == ["done", "done"]


def test_a_failed_job_stops_those_that_need_it_and_no_others(tmp_path: Path) -> None:
    def perform(job: Mapping[str, Any]) -> str:
        if job["id"] == "a":
            raise BuildFailure("docker build (exit status 1)", ["no such file"], "Mend it.")
        return "made"

    jobs = [_job("a"), _job("b", "a"), _job("c")]
    states = work_through(jobs, perform=perform, run=tmp_path, at_a_time=2)
    assert [state["state"] for state in states] == ["failed", "failed", "done"]
    told = explain(jobs[0], states[0], tmp_path)
    assert "job a" in told
    assert "  no such file" in told
    assert "Mend it." in told
    assert "job a" in explain(jobs[1], states[1], tmp_path)


def test_an_error_nobody_thought_of_is_told_too(tmp_path: Path) -> None:
    def perform(job: Mapping[str, Any]) -> None:
        raise KeyError("what")

    (state,) = work_through([_job("a")], perform=perform, run=tmp_path, at_a_time=1)
    assert "KeyError: 'what'" in state["lines"][-1]


def test_the_state_of_a_job_can_be_read_as_soon_as_it_is_over(tmp_path: Path) -> None:
    seen: list[object] = []
    jobs = [_job("a"), _job("b", "a")]
    work_through(jobs, perform=lambda job: seen.append(read_state(tmp_path, "a")), run=tmp_path, at_a_time=1)
    assert seen[0] is None
    assert isinstance(seen[1], dict)


def test_jobs_that_wait_for_each_other_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wait for each other"):
        work_through([_job("a", "b"), _job("b", "a")], perform=lambda job: None, run=tmp_path, at_a_time=1)


def test_a_failing_program_shows_its_last_lines(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "log", {})
    script = "for i in $(seq 100); do echo line $i; done; echo broken >&2; exit 3"
    with pytest.raises(BuildFailure) as failure:
        commands.run("sh", "-c", script, step="trying")
    assert failure.value.step == "trying (exit status 3)"
    assert failure.value.lines[-2:] == ["line 100", "broken"]
    assert len(failure.value.lines) == 30
    assert "line 1\n" in (tmp_path / "log").read_text()


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildFailure) as failure:
        Commands(tmp_path / "log", {}).run("no-such-program-here", step="trying")
    assert "no-such-program-here: no such program" in failure.value.lines


def test_builds_do_not_see_the_settings_of_the_callers_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/somewhere")
    written = Commands(tmp_path / "log", {"GIVEN": "1"}).run("env", step="trying")
    assert "GIVEN=1" in written
    assert "PIP_FIND_LINKS" not in written
