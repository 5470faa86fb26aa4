"""Hosts with PostgreSQL itself, gone after the test."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.tests.machine import Machine


@pytest.fixture
def folder() -> Iterator[Path]:
    # Short, since the path of a socket has at most 107 characters; pytest's folders are root's alone.
    path = Path(subprocess.check_output(["mktemp", "-d", "/tmp/database-XXXXXX"], text=True).strip())
    yield path
    shutil.rmtree(path)


@pytest.fixture
def machine(folder: Path) -> Iterator[Machine]:
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        pytest.fail("PostgreSQL is missing: apt-get install postgresql")
    machine = Machine(folder)
    yield machine
    machine.stop_all()
