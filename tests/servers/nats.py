"""A real broker on a free port, for tests: `from tests.servers.nats import nats_server`."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

START_TIMEOUT_SECONDS = 10.0
STOP_TIMEOUT_SECONDS = 5.0


def free_port() -> int:
    """Give a TCP port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class NatsServer:
    """A nats-server with the users of the lab; it keeps its port over restarts.

    Each user may say everything, unless `configuration` gives the text of another configuration,
    which then has to name `port`.
    """

    folder: Path
    users: dict[str, str] = field(default_factory=lambda: {"gateway": "gateway-pw", "backend": "backend-pw"})
    port: int = field(default_factory=free_port)
    configuration: str = ""
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Address without credentials; `users` has these."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        binary = shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin")
        if binary is None:
            raise FileNotFoundError("nats-server is not installed (Debian package nats-server)")
        config = self.folder / "nats.conf"
        config.write_text(self.configuration or self._open_configuration(), encoding="utf-8")
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([binary, "-c", str(config)], stdout=log, stderr=log)
        self._wait_until_it_listens()

    def stop(self) -> None:
        """Kill it at once, as when its host loses power; `start` brings it back on the same port."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_SECONDS)
            self._process = None

    def _open_configuration(self) -> str:
        users = [{"user": user, "password": password} for user, password in self.users.items()]
        return f"listen: 127.0.0.1:{self.port}\nauthorization: {{users: {json.dumps(users)}}}\n"

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("nats-server does not start:\n" + (self.folder / "nats.log").read_text())


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A running broker that belongs to this test alone, so the test may stop and start it."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    yield server
    server.stop()
