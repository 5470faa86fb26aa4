"""The sending side of a copy: serves one folder, to be read only, to whoever knows the password.

Each connection gets an rsync of its own, started as inetd would. So this process knows
when nobody is being served, and the kernel tells it of peers that vanished.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from .surroundings import SECRETS, SurroundingsError, secret, write_private
from .volume_lock import OURS

PORT = 8730
USER = "mover"
MODULE = "volume"
PASSWORD = "move_password"  # noqa: S105 - the secret's name
IDLE_SECONDS = 3600.0
_POLL_SECONDS = 1.0
# A peer that acknowledges nothing for so long is gone; rsync itself would wait for ever.
_SILENCE_SECONDS = 60


def configuration(volume: Path, password_file: Path, log: Path) -> str:
    """The text of rsyncd.conf(5)."""
    return "\n".join(
        [
            "use chroot = no",
            # Links are handed over as they are; nobody follows them here.
            "munge symlinks = no",
            "reverse lookup = no",
            "numeric ids = yes",
            f"log file = {log}",
            f"[{MODULE}]",
            f"path = {volume}",
            "read only = yes",
            "list = no",
            f"auth users = {USER}",
            f"secrets file = {password_file}",
            "strict modes = yes",
            f"exclude = {' '.join(f'/{name}' for name in OURS)}",
            "",
        ]
    )


def serve(
    rsync: str,
    volume: Path,
    *,
    address: str = "",
    port: int = PORT,
    secrets: Path = SECRETS,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Serves until nobody has been served for ``idle_seconds``, or until SIGTERM.

    :param rsync: path of the program.
    :param port: 0 takes a free one; the line that is printed names it.
    :raises SurroundingsError: the volume or the password is not there.
    :raises OSError: the port is taken.
    """
    if not volume.is_dir():
        raise SurroundingsError(f"there is no folder {volume} to send")
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix="transfer-") as name:
        folder = Path(name)
        # rsync refuses a password that others may read, and a secret's mount cannot be changed.
        password = write_private(folder / "password", f"{USER}:{secret(PASSWORD, secrets)}\n")
        log = folder / "log"
        file = write_private(folder / "rsyncd.conf", configuration(volume, password, log))
        with socket.create_server((address, port)) as listener:
            listener.settimeout(_POLL_SECONDS)
            print(f"sending {volume} on port {listener.getsockname()[1]}", flush=True)
            _serve_on(listener, [rsync, "--daemon", f"--config={file}"], log, idle_seconds)


def _serve_on(listener: socket.socket, line: list[str], log: Path, idle_seconds: float) -> None:
    running: list[subprocess.Popen[bytes]] = []
    told = 0
    last_used = time.monotonic()
    try:
        while time.monotonic() - last_used < idle_seconds:
            if (connection := _accepted(listener)) is not None:
                with connection:
                    running.append(
                        subprocess.Popen(line, stdin=connection.fileno(), stdout=connection.fileno())
                    )
            running = [process for process in running if process.poll() is None]
            if running:
                last_used = time.monotonic()
            told = _tell(log, told)
    finally:
        for process in running:
            process.terminate()
            process.wait()
        _tell(log, told)
    print(f"nobody has copied for {idle_seconds:.0f} s", flush=True)


def _accepted(listener: socket.socket) -> socket.socket | None:
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        return None
    # rsync expects a socket that blocks.
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENCE_SECONDS // 2)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_SECONDS * 1000)
    return connection


def _tell(log: Path, told: int) -> int:
    """Prints what rsync wrote into its log since; returns how many bytes have been told."""
    try:
        text = log.read_bytes()
    except FileNotFoundError:
        return told
    # Half a line waits until it is whole.
    whole = text.rfind(b"\n") + 1
    if whole > told:
        print(text[told:whole].decode(errors="replace"), end="", flush=True)
    return max(told, whole)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
