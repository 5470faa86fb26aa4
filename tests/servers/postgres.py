"""A real PostgreSQL server for tests: its own folder, a free port, gone afterwards.

Binaries are the system's (`/usr/lib/postgresql/*/bin`, the newest, or those in PATH). PostgreSQL
refuses to run as root, so there it runs as the user `postgres` or `nobody`.

    from tests.servers.postgres import PostgresServer, postgres_server  # noqa: F401
"""

import contextlib
import itertools
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "for-tests-only"
ADMIN = "admin"

_START_TIMEOUT_SECONDS = 30
_UNSAFE_BUT_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "50",
    "autovacuum": "off",
}


class PostgresServer:
    """One server; `stop` and `start` keep its data and its port."""

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._binaries = _find_binaries()
        self._user = _unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self.port = _free_port()
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)

    @property
    def data(self) -> Path:
        """The folder of the cluster."""
        return self._data

    def initialise(self) -> None:
        """Make an empty cluster whose administrator is `ADMIN` with `PASSWORD`."""
        password_file = self._folder / "password"
        password_file.write_text(PASSWORD, encoding="utf-8")
        password_file.chmod(0o644)
        command = ["initdb", "--no-sync", "--pgdata", str(self._data), "--username", ADMIN]
        command += ["--auth", "scram-sha-256", "--pwfile", str(password_file)]
        self._run([*command, "--locale", "C.UTF-8", "--encoding", "UTF8"])

    def start(self) -> None:
        """Start, and wait until the server accepts connections."""
        options = {"port": self.port, "unix_socket_directories": self._folder, **_UNSAFE_BUT_FAST}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-h", self.host, *arguments]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._folder, **self._as_user()
            )
        self._wait_ready()

    def stop(self, *, immediate: bool = False) -> None:
        """Stop, ending all sessions; `immediate` as in a power cut."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            process.wait(timeout=_START_TIMEOUT_SECONDS)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the server from answering, without closing anything, as a host that was cut off."""
        processes = self._processes()
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def create_database(self, name: str) -> None:
        """Make a database and a role of the same name that owns it, with `PASSWORD`."""
        self.sql(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'")
        self.sql(f'CREATE DATABASE "{name}" OWNER "{name}"')

    def create_next_database(self) -> str:
        """Make a database with a role, both under a name that no other test has; return it."""
        name = f"test_{next(self._numbers)}"
        self.create_database(name)
        return name

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run one statement as administrator; return its output, unaligned."""
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", self.host, "-p", str(self.port), "-U", ADMIN, "-d", database, "-c", statement]
        return self._run(command, PGPASSWORD=PASSWORD).strip()

    def log(self) -> str:
        """Return what the server has logged."""
        return (self._folder / "log").read_text(errors="replace")

    def _run(self, command: list[str], **environment: str) -> str:
        program = self._binaries / command[0]
        done = subprocess.run(
            [str(program), *command[1:]],
            env={**os.environ, **environment},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._as_user(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr}")
        return done.stdout

    def _as_user(self) -> dict[str, Any]:
        """Return the arguments of subprocess that drop root."""
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _wait_ready(self) -> None:
        command = ["pg_isready", "-q", "-h", self.host, "-p", str(self.port), "-t", "1"]
        for _ in range(_START_TIMEOUT_SECONDS * 20):
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended at once:\n{self.log()}")
            if subprocess.run([str(self._binaries / command[0]), *command[1:]], check=False).returncode == 0:
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.05)
        raise RuntimeError(f"PostgreSQL does not answer:\n{self.log()}")

    def _processes(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(int(child) for child in children)]


def _find_binaries() -> Path:
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(re.sub(r"\D", "", path.parts[-3]) or 0),
    )
    found = str(versions[-1]) if versions else shutil.which("postgres")
    if found is None:
        raise RuntimeError("these tests need PostgreSQL: apt-get install postgresql")
    return Path(found).parent


def _unprivileged_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server in a new folder that the server's user can enter; remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="remlab-postgres-"))
    try:
        server = PostgresServer(folder)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop(immediate=True)  # its data goes as well
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole test run; tests use databases of their own."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """A server for one test that stops or breaks it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def new_database(postgres_server: PostgresServer) -> Callable[[], str]:
    """Return a function that makes an empty database in `postgres_server` and returns its name."""
    return postgres_server.create_next_database
