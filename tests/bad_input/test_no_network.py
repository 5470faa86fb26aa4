"""The first command on a machine that reaches nothing, or that is switched off half-way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.bad_input.playbooks import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".cache", "node_modules", "dist", "__pycache__")


@pytest.fixture
def fresh_tree(tmp_path: Path) -> Path:
    """The repository as it is after a clone, without anything that was prepared in it."""
    tree = tmp_path / "remlab"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    return tree


def fresh_home(tree: Path) -> dict[str, str]:
    """An environment whose package tools have no cache."""
    home = tree.parent / "home"
    home.mkdir(exist_ok=True)
    return os.environ | {"HOME": str(home), "PIP_CACHE_DIR": str(home / "pip")}


def test_without_a_route_to_the_mirrors_it_is_said_which_and_that_nothing_was_changed(
    fresh_tree: Path,
) -> None:
    outcome = subprocess.run(
        ["unshare", "--map-root-user", "--net", "./lab", "deploy"],
        cwd=fresh_tree,
        env=fresh_home(fresh_tree),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = outcome.stdout + outcome.stderr
    assert outcome.returncode != 0
    assert "Could not get the Python package uv with pip" in said, said
    assert "No host was changed. Look at the network" in said
    assert "Traceback" not in said
    assert not (fresh_tree / ".venv").exists()


def test_an_environment_that_was_left_half_made_is_made_anew(fresh_tree: Path) -> None:
    command, environment = ["./lab", "verify", "--version"], fresh_home(fresh_tree)
    with subprocess.Popen(
        command,
        cwd=fresh_tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as first:
        assert first.stdout is not None
        assert "Preparing the Python environment" in first.stdout.readline()
        while not (fresh_tree / ".venv/bin").exists():
            assert first.poll() is None
        os.killpg(first.pid, signal.SIGKILL)
    second = subprocess.run(
        command,
        cwd=fresh_tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert second.returncode == 0, second.stdout + second.stderr
    assert "Python environment ready" in second.stdout
