"""Two runs do not change the Swarm from one host at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from remlab.stack import StackError, run_lock


def test_a_second_run_is_refused_while_the_first_is_at_work(tmp_path: Path) -> None:
    path = tmp_path / "run" / "stack.lock"
    with run_lock(0, path), pytest.raises(StackError, match="nothing was changed by this one"):
        run_lock(0, path)


def test_a_run_that_has_ended_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "stack.lock"
    run_lock(0, path).close()
    run_lock(0, path).close()
