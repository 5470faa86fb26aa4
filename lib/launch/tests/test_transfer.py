"""Volumes are copied by the real rsync, over loopback, between processes without privileges."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remlab_launch.transfer import DIFFERS, FAILED, REFUSED, STALLED
from remlab_launch.volume_lock import COPIED, COPYING, LOCK

_SOURCES = Path(__file__).parents[1] / "src"
_MB = 1024 * 1024
_NOBODY = 65534
# Root's own Python may lie where nobody else can read it.
_PYTHON = "/usr/bin/python3" if os.getuid() == 0 else sys.executable
_SOURCE = "remlab-registry-images-1-1 on a"
# CI makes it small; the real figure is set by who wants it.
_SIZE_MB = int(os.environ.get("REMLAB_TRANSFER_TEST_MB", "20"))


@pytest.fixture(scope="module", autouse=True)
def _rsync() -> None:
    if shutil.which("rsync") is None:
        pytest.fail("rsync is missing: ./lab test installs it")


class Lab:
    """Two volumes, a sender and receivers, all of one user who is not root."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new = folder / "old", folder / "new"
        self.secrets = folder / "secrets"
        self.sources = folder / "src"
        # The tree may lie where another user cannot read it.
        shutil.copytree(_SOURCES / "remlab_launch", self.sources / "remlab_launch")
        for path in (self.old, self.new, self.secrets):
            path.mkdir(mode=0o700)
        (self.secrets / "move_password").write_text("right\n")
        (self.secrets / "move_password").chmod(0o444)
        self.port = 0

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        self.own()
        return subprocess.Popen(
            [_PYTHON, "-m", "remlab_launch.transfer", *arguments, f"--secrets={self.secrets}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={"PYTHONPATH": str(self.sources), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            **({"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.getuid() == 0 else {}),
        )

    def own(self) -> None:
        """Whatever a test made as root belongs to the user of the containers."""
        if os.getuid() == 0:
            for root in (self.old, self.new, self.secrets, self.sources):
                subprocess.run(["chown", "-hR", f"{_NOBODY}:{_NOBODY}", root], check=True)
            for path in self.old.rglob("setuid*"):
                path.chmod(0o4750)  # chown takes these bits away

    @contextlib.contextmanager
    def sender(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        with self.start("send", f"--volume={self.old}", "--port=0", *options) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith(f"sending {self.old} on port "), line + process.stdout.read()
            self.port = int(line.split()[-1])
            try:
                yield process
            finally:
                process.terminate()

    def receiver(self, *options: str, source: str = _SOURCE, port: int = 0) -> subprocess.Popen[str]:
        return self.start(
            "receive",
            *(
                f"--volume={self.new}",
                "--from=127.0.0.1",
                f"--port={port or self.port}",
                f"--source={source}",
            ),
            *options,
        )

    def receive(self, *options: str, source: str = _SOURCE, port: int = 0) -> tuple[int, str]:
        with self.receiver(*options, source=source, port=port) as process:
            output, _ = process.communicate(timeout=120)
            return process.returncode, output

    def received(self, *options: str) -> dict[str, Any]:
        code, output = self.receive(*options)
        assert code == 0, output
        result: dict[str, Any] = json.loads(output.splitlines()[-1])
        return result


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    # Not tmp_path: only root may enter the folders above it.
    folder = Path(f"/var/tmp/remlab-transfer-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir(mode=0o755)
    yield Lab(folder)
    shutil.rmtree(folder)


def _fill(folder: Path, size_mb: int = _SIZE_MB) -> None:
    """Everything that a volume may hold and a user without privileges can make."""
    block = os.urandom(_MB)
    (folder / "blobs" / "ab").mkdir(parents=True)
    with (folder / "blobs" / "large").open("wb") as file:
        for _ in range(size_mb // 2):
            file.write(block)
    for number in range(size_mb // 2):
        (folder / "blobs" / "ab" / f"{number}").write_bytes(block)
    os.link(folder / "blobs" / "large", folder / "blobs" / "again")
    with (folder / "sparse").open("wb") as file:
        file.truncate(50 * _MB)
        file.seek(20 * _MB)
        file.write(b"in the middle")
    (folder / "setuid").write_text("runs as its owner")
    (folder / "setuid").chmod(0o4750)
    (folder / "tagged").write_text("has an attribute")
    os.setxattr(folder / "tagged", "user.remlab", b"kept")
    (folder / "link").symlink_to("../outside")
    (folder / "empty").mkdir(mode=0o710)
    os.mkfifo(folder / "fifo")
    (folder / "name with\nnewline and ñ").write_text("")
    os.utime(folder / "tagged", ns=(1_000_000_007, 1_000_000_007))


def _described(folder: Path) -> dict[str, Any]:
    """What counts of a volume, apart from our own files."""
    paths = [path for path in [folder, *folder.rglob("*")] if not path.name.startswith(".remlab-")]
    numbers = {path: path.lstat() for path in paths}
    names: dict[int, list[str]] = {}
    for path, status in numbers.items():
        names.setdefault(status.st_ino, []).append(str(path.relative_to(folder)))
    return {
        str(path.relative_to(folder)): (
            oct(status.st_mode),
            status.st_uid,
            status.st_mtime_ns,
            status.st_size if path.is_file() else 0,
            path.read_bytes() if path.is_file() and not path.is_symlink() else None,
            path.readlink() if path.is_symlink() else None,
            sorted(names[status.st_ino]),
            {name: os.getxattr(path, name) for name in os.listxattr(path)} if path.is_file() else None,
        )
        for path, status in numbers.items()
    }


def test_copy_is_the_same_in_every_respect(lab: Lab) -> None:
    _fill(lab.old)
    with lab.sender():
        first = lab.received()
        assert first["bytes_sent"] > _SIZE_MB * _MB
        (lab.old / "blobs" / "ab" / "0").unlink()
        with (lab.old / "blobs" / "large").open("r+b") as file:
            file.seek(3 * _MB)
            file.write(b"one page")
        second = lab.received()
        assert second["bytes_sent"] < _MB
        assert (lab.new / COPYING).read_text() == f"{_SOURCE}\n"
        last = lab.received("--final")
    assert last["bytes_new"] == 0
    assert _described(lab.new) == _described(lab.old)
    assert (lab.new / "sparse").stat().st_blocks * 512 < _MB
    assert not (lab.new / COPYING).exists()
    assert (lab.new / COPIED).read_text() == f"{_SOURCE}\n"


def test_sender_needs_nothing_but_to_read(lab: Lab) -> None:
    (lab.old / "file").write_text("content")
    with lab.sender():
        lab.received("--final")
    assert list(lab.old.iterdir()) == [lab.old / "file"]


def test_nobody_can_write_to_the_sender(lab: Lab) -> None:
    (lab.old / "file").write_text("content")
    with lab.sender():
        done = subprocess.run(
            ["rsync", "-a", f"--port={lab.port}", f"{lab.secrets}/", "mover@127.0.0.1::volume/"],
            env={"RSYNC_PASSWORD": "right", "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode != 0
    assert "read only" in done.stderr
    assert list(lab.old.iterdir()) == [lab.old / "file"]


def test_killed_pass_is_gone_on_with(lab: Lab) -> None:
    (lab.old / "file").write_bytes(os.urandom(20 * _MB))
    with lab.sender():
        with lab.receiver("--limit-kb=4000") as process:
            deadline = time.monotonic() + 20
            while not (lab.new / "file").exists() or (lab.new / "file").stat().st_size < 4 * _MB:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.terminate()
            process.wait(timeout=10)
        # What had arrived does not come again.
        assert lab.received()["bytes_sent"] < 17 * _MB
        lab.received("--final")
    assert (lab.new / "file").read_bytes() == (lab.old / "file").read_bytes()


def test_whole_copy_that_no_service_used_is_brought_up_to_date(lab: Lab) -> None:
    (lab.old / "file").write_text("first")
    with lab.sender():
        lab.received("--final")
        (lab.old / "file").write_text("second")
        lab.received("--final")
    assert (lab.new / "file").read_text() == "second"


def test_volume_that_holds_something_is_refused(lab: Lab) -> None:
    (lab.new / "precious").write_text("data")
    with lab.sender():
        code, output = lab.receive()
    assert (code, output) == (
        REFUSED,
        f"{lab.new} is not empty and holds no copy of {_SOURCE}: there are precious\n",
    )
    assert (lab.new / "precious").read_text() == "data"


@pytest.mark.parametrize("marker", [COPYING, COPIED])
def test_copy_of_another_volume_is_refused(lab: Lab, marker: str) -> None:
    (lab.new / marker).write_text("remlab-registry-images-1-1 on b\n")
    with lab.sender():
        code, output = lab.receive()
    assert code == REFUSED
    assert output == (
        f"{lab.new} is not empty: it holds a copy of remlab-registry-images-1-1 on b, not of {_SOURCE}\n"
    )


def test_volume_on_which_a_service_runs_is_refused(lab: Lab) -> None:
    with (lab.new / LOCK).open("w") as file, lab.sender():
        fcntl.flock(file, fcntl.LOCK_EX)
        code, output = lab.receive()
    assert (code, output) == (REFUSED, f"the volume {lab.new} is in use by another container\n")


def test_wrong_password_copies_nothing(lab: Lab) -> None:
    (lab.old / "file").write_text("content")
    with lab.sender():
        (lab.secrets / "move_password").write_text("wrong\n")
        code, output = lab.receive()
    assert code == FAILED
    assert "auth failed on module volume" in output
    assert not (lab.new / "file").exists()


def test_pass_ends_when_nothing_arrives_any_more(lab: Lab) -> None:
    """A sender that is stopped is to its receiver what a silent cut between two hosts is."""
    (lab.old / "file").write_bytes(os.urandom(20 * _MB))
    with lab.sender() as sender, lab.receiver("--limit-kb=4000", "--stall-seconds=2") as process:
        deadline = time.monotonic() + 20
        while not (lab.new / "file").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        children = subprocess.run(
            ["pgrep", "-P", str(sender.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        for child in children:
            os.kill(int(child), signal.SIGSTOP)
        output, _ = process.communicate(timeout=20)
        for child in children:
            os.kill(int(child), signal.SIGCONT)
    assert (process.returncode, output) == (STALLED, "nothing has been transferred for 2 s\n")


def test_sender_that_does_not_answer_is_named(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        code, output = lab.receive("--stall-seconds=1", port=port)
    assert code == STALLED
    assert output.startswith(f"the sender at 127.0.0.1:{port} does not answer: ")


def test_sender_ends_when_nobody_copies(lab: Lab) -> None:
    with lab.sender("--idle-seconds=1") as process:
        assert process.wait(timeout=10) == 0


@contextlib.contextmanager
def _writer(folder: Path, pause_seconds: float) -> Iterator[None]:
    """Changes the volume again and again, as a service that runs does."""
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.wait(pause_seconds):
            number += 1
            (folder / f"{number}.new").write_bytes(os.urandom(1000))
            (folder / f"{number}.new").chmod(0o644)
            (folder / f"{number}.new").rename(folder / f"file-{number % 50}")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_last_pass_fails_while_somebody_still_writes(lab: Lab) -> None:
    (lab.old / "large").write_bytes(os.urandom(2 * _MB))
    with lab.sender(), _writer(lab.old, 0.001):
        code, output = lab.receive("--final")
    assert code in (DIFFERS, FAILED), output
    assert (lab.new / COPYING).exists()
    assert not (lab.new / COPIED).exists()


def test_front_door_is_copied_while_it_writes(lab: Lab) -> None:
    (lab.old / "certificate").write_text("as it was")
    with lab.sender(), _writer(lab.old, 0.005):
        result = lab.received("--final", "--overlap")
    assert result["changed_meanwhile"]
    assert (lab.new / "certificate").read_text() == "as it was"
    assert (lab.new / COPIED).exists()
