"""One call of rsync on the receiving side, watched so that it ends when nothing comes any more."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .rsync_server import MODULE, USER
from .surroundings import write_private
from .volume_lock import OURS

# -S keeps holes, --inplace goes on where a killed copy ended and needs no room for a second
# copy of a large file, --no-whole-file sends only what differs within a file. Without
# --modify-window=-1 a page that changes within the second of the pass before goes unnoticed.
_OPTIONS = (
    "-aHAXS",
    "--numeric-ids",
    "--inplace",
    "--no-whole-file",
    "--modify-window=-1",
    "--delete",
    "--fsync",
    "--stats",
    "--no-human-readable",
)
_COMPARE = ("--dry-run", "--checksum", "--itemize-changes")
STALL_SECONDS = 60.0
_SLOWEST_DISK_BYTES_PER_SECOND = 20_000_000
_POLL_SECONDS = 0.1
_CONNECT_SECONDS = 20.0
_MOST_LINES = 20
_FIGURE = re.compile(r"^(?P<name>[A-Z][a-z ]+): (?P<value>\d+)", re.MULTILINE)


class Stalled(Exception):
    """Nothing has arrived for too long."""


@dataclass(frozen=True)
class Source:
    """Where the volume is sent from."""

    address: str
    port: int
    password: str


@dataclass(frozen=True)
class Pass:
    """How one call of rsync ended. Sizes are bytes."""

    exit_code: int
    seconds: float
    files: int
    bytes_total: int
    # What came over the network, and what of it was content that the target lacked.
    bytes_sent: int
    bytes_new: int
    # What it said, without the figures: complaints, or the differences it found.
    said: str


class Client:
    """Pulls from one source into one volume.

    :param lock: descriptor of the volume's lock; rsync gets it too, since it may outlive this process.
    :param limit_kb: KiB per second; 0 is no limit.
    :param stall_seconds: after so long without any transfer it is given up.
    """

    def __init__(
        self,
        rsync: str,
        source: Source,
        volume: Path,
        *,
        lock: int,
        limit_kb: int = 0,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._rsync = rsync
        self._source = source
        self._volume = volume
        self._lock = lock
        self._limit_kb = limit_kb
        self._stall_seconds = stall_seconds

    def pull(self) -> Pass:
        """Makes the volume like the source.

        :raises Stalled: the source does not answer, or nothing arrived for ``stall_seconds``.
        """
        return self._run([f"--bwlimit={self._limit_kb}"], self._stall_seconds)

    def compare(self, bytes_total: int) -> Pass:
        """Reads all of both sides and changes nothing; ``said`` names what differs.

        :param bytes_total: size of the volume, since nothing is sent while a large file is read.
        :raises Stalled: see ``pull``.
        """
        return self._run(_COMPARE, self._stall_seconds + bytes_total / _SLOWEST_DISK_BYTES_PER_SECOND)

    def _run(self, options: Sequence[str], stall_seconds: float) -> Pass:
        self._await_source()
        began = time.monotonic()
        with (
            tempfile.TemporaryDirectory(prefix="transfer-") as name,
            (Path(name) / "out").open("w+b") as output,
        ):
            password = write_private(Path(name) / "password", self._source.password + "\n")
            line = [
                *(self._rsync, *_OPTIONS, *options),
                *(f"--exclude=/{file}" for file in OURS),
                *(f"--password-file={password}", f"--port={self._source.port}"),
                f"{USER}@{self._source.address}::{MODULE}/",
                f"{self._volume}/",
            ]
            with subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"LC_ALL": "C"},
                pass_fds=[self._lock],
                start_new_session=True,
            ) as process:
                try:
                    _watch(process, stall_seconds)
                finally:
                    _end(process)
            output.seek(0)
            text = output.read().decode(errors="replace")
        return _parsed(text, process.returncode, time.monotonic() - began)

    def _await_source(self) -> None:
        """The sender's task runs a moment before it listens."""
        deadline = time.monotonic() + min(_CONNECT_SECONDS, self._stall_seconds)
        where = (self._source.address, self._source.port)
        while True:
            try:
                with socket.create_connection(where, timeout=2) as probe:
                    if probe.recv(8) == b"@RSYNCD:":
                        return
            except OSError as error:
                problem = str(error)
            else:
                problem = "it is not rsync that answers"
            if time.monotonic() > deadline:
                raise Stalled(f"the sender at {where[0]}:{where[1]} does not answer: {problem}")
            time.sleep(0.2)


def _watch(process: subprocess.Popen[bytes], stall_seconds: float) -> None:
    """Until rsync has ended.

    rsync's own time-out does not notice a silent cut between two hosts.

    :raises Stalled: it neither read nor wrote anything for so long.
    """
    moved, since = _traffic(process.pid), time.monotonic()
    while True:
        try:
            process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            now = _traffic(process.pid)
            if now != moved:
                moved, since = now, time.monotonic()
            elif time.monotonic() - since > stall_seconds:
                raise Stalled(f"nothing has been transferred for {stall_seconds:.0f} s") from None
        else:
            return


def _traffic(session: int) -> dict[str, str]:
    """What each process of a session has read and written so far (proc(5), /proc/PID/io)."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == session:
                # Characters, not blocks: what comes from the network counts among the first two lines.
                found[folder.name] = "".join((folder / "io").read_text().splitlines()[:2])
        except OSError:
            continue  # it has ended meanwhile
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends rsync and its children, which would go on writing."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(folder.name)) == process.pid:
                os.kill(int(folder.name), 9)
        except OSError:
            continue
    process.wait()


def _parsed(text: str, exit_code: int, seconds: float) -> Pass:
    figures = {found["name"]: int(found["value"]) for found in _FIGURE.finditer(text)}
    # The figures come last, behind an empty line.
    said = text.partition("\nNumber of files:")[0] if "\nNumber of files:" in text else text
    complaints = [line for line in text.splitlines() if line.startswith("rsync") and line not in said]
    lines = [line for line in [*said.splitlines(), *complaints] if line.strip()]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… and {len(lines) - _MOST_LINES} lines more"]
    return Pass(
        exit_code=exit_code,
        seconds=round(seconds, 3),
        files=figures.get("Number of files", 0),
        bytes_total=figures.get("Total file size", 0),
        bytes_sent=figures.get("Total bytes received", 0),
        bytes_new=figures.get("Literal data", 0),
        said="\n".join(lines),
    )
