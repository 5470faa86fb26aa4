"""A host for the database's entry point: a volume, secrets, and the servers started on them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

_REPOSITORY = Path(__file__).parents[3]
_SOURCES = [_REPOSITORY / "app/database/src", _REPOSITORY / "lib/launch/src"]
START = """
import sys
from pathlib import Path
from remlab_database.start import start
start(secrets=Path(sys.argv[1]))
"""
PATIENCE_SECONDS = 30


def _user() -> str | None:
    """PostgreSQL refuses to run as root; then somebody without rights does it."""
    return "nobody" if os.getuid() == 0 else None


def _python() -> str:
    """A Python that this somebody can start too."""
    system = shutil.which("python3", path="/usr/bin")
    return system if _user() and system else sys.executable


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Machine:
    """A volume, secrets, and the servers that were started on them."""

    folder: Path
    databases: str = "backend auth"
    expect_existing: str = "0"
    port: int = field(default_factory=_free_port)
    # Environment beside the usual.
    more: dict[str, str] = field(default_factory=dict)
    _running: list["subprocess.Popen[str]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("volume", "runtime", "secrets"):
            (self.folder / name).mkdir(mode=0o700)
        for name in ("superuser", "backend", "auth"):
            self.set_password(name, f"{name}'s password")
        self._own()

    def set_password(self, name: str, password: str) -> None:
        (self.folder / "secrets" / f"database_{name}_password").write_text(password)

    def run(self, *arguments: str, stdin: int | None = None) -> "subprocess.Popen[str]":
        self._own()
        process = subprocess.Popen(
            [_python(), *arguments],
            env=self._environment(),
            user=_user(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )
        self._running.append(process)
        return process

    def start(self, says: str = "ready to accept connections") -> "subprocess.Popen[str]":
        """The server, once it says that it takes connections."""
        process = self.run("-c", START, str(self.folder / "secrets"))
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if says in line:
                return process
        raise AssertionError("the server ended:\n" + "".join(said))

    def refusal(self) -> str:
        """What an entry point that does not become a server says."""
        return self.said_by(self.run("-c", START, str(self.folder / "secrets")))

    @staticmethod
    def said_by(process: "subprocess.Popen[str]") -> str:
        """Everything that a process says until it ends."""
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        return output

    def health(self) -> tuple[int, str]:
        process = self.run("-m", "remlab_database.health")
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, output.strip()

    async def connected(self, name: str, password: str, database: str | None = None) -> "asyncpg.Connection":
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=name, password=password, database=database or name
        )

    def stop_all(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_SECONDS)

    def _own(self) -> None:
        if user := _user():
            record = pwd.getpwnam(user)
            for path in [self.folder, *self.folder.glob("*"), *(self.folder / "secrets").glob("*")]:
                os.chown(path, record.pw_uid, record.pw_gid)

    def _environment(self) -> dict[str, str]:
        return {
            "PYTHONPATH": os.pathsep.join(str(path) for path in _SOURCES),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "DATABASE_VOLUME": str(self.folder / "volume"),
            "DATABASE_RUNTIME": str(self.folder / "runtime"),
            "DATABASE_LISTEN": "127.0.0.1",
            "DATABASE_PORT": str(self.port),
            "DATABASES": self.databases,
            "DATABASE_EXPECT_EXISTING": self.expect_existing,
            "DATABASE_HEALTH_WAIT_SECONDS": "0.2",
            **self.more,
        }
