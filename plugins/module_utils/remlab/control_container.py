"""A plain container on the overlay through which a manager speaks SQL with the database.

It needs access to neither the old nor the new host. Its main process is a watchdog that
outlives the mover, see app/database, `watchdog.py`; it ends an hour after it was last
spoken to. It is no Swarm service, since commands are run in it by the engine of this host.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from typing import Any

from .engine import RegistryLogin
from .engine_spec import USER

LABEL = "remlab.control"
_API_VERSION = "1.41"
# The longest that a command takes is a checkpoint.
_READ_TIMEOUT_SECONDS = 620
_MB = 1024 * 1024
_START_TRIES = 50
_FRAME = struct.Struct(">BxxxL")
_STDOUT = 1


class ControlFailed(RuntimeError):
    """The database did not do what it was asked; says what it said."""


class ControlContainer:
    """Commands for ``python3 -m remlab_database.control``; one request, one answer."""

    def __init__(
        self, *, project: str, image: str, login: RegistryLogin | None, network_id: str, password: str
    ) -> None:
        import docker

        # Any: its calls are not typed.
        self._client: Any = docker.APIClient(version=_API_VERSION, timeout=_READ_TIMEOUT_SECONDS)
        self._errors = (docker.errors.DockerException, OSError)
        self._project = project
        self._image = image
        self._login = login
        self._network_id = network_id
        self._password = password
        self._identifier = ""

    def start(self) -> None:
        """Starts it, or takes over that of a run that was killed, with its watchdog.

        :raises ControlFailed: the engine could not.
        """
        try:
            self._identifier = self._left_over() or self._started()
        except self._errors as error:
            raise ControlFailed(f"the control container did not start: {error}") from error

    def remove(self) -> None:
        """Removes every one of the project; none is left after a move."""
        for container in self._ours():
            self._remove(container["Id"])
        self._identifier = ""

    def ask(self, do: str, host: str = "", **more: str | float) -> dict[str, Any]:
        """One request to the server at ``host``.

        :raises ControlFailed: it was refused, or not answered.
        """
        request = {"do": do, "host": host, "password": self._password, **more}
        try:
            if not self._identifier or not self._runs():
                self.start()
            output, errors = self._run(json.dumps(request) + "\n")
        except self._errors as error:
            raise ControlFailed(f"{do} of {host or 'the watchdog'}: {error}") from error
        try:
            answer: dict[str, Any] = json.loads(output)
        except ValueError as error:
            raise ControlFailed(f"{do} of {host or 'the watchdog'}: {errors or 'no answer'}") from error
        if "error" in answer:
            raise ControlFailed(f"{do} of {host or 'the watchdog'}: {answer['error']}")
        return answer

    def _run(self, line: str) -> tuple[str, str]:
        command = ["python3", "-m", "remlab_database.control"]
        created = self._client.exec_create(self._identifier, command, stdin=True)
        connection = self._client.exec_start(created["Id"], socket=True)
        # Over TCP or TLS the SDK gives the socket itself.
        raw = getattr(connection, "_sock", connection)
        try:
            raw.sendall(line.encode())
            output = {1: b"", 2: b""}
            for stream, data in _frames(raw):
                output[stream] += data
        finally:
            connection.close()
            raw.close()
        return output[_STDOUT].decode(), output[2].decode(errors="replace").strip()

    def _ours(self) -> list[dict[str, Any]]:
        labels = [f"remlab.project={self._project}", LABEL]
        return list(self._client.containers(all=True, filters={"label": labels}))

    def _left_over(self) -> str:
        found = ""
        for container in self._ours():
            same = self._client.inspect_container(container["Id"])["Config"]["Image"] == self._image
            if same and container["State"] == "running" and not found:
                found = str(container["Id"])
            else:
                self._remove(container["Id"])
        return found

    def _started(self) -> str:
        self._pull()
        created = self._client.create_container_from_config(
            _config(self._image, self._project, self._network_id)
        )
        self._client.start(created["Id"])
        self._identifier = str(created["Id"])
        for _ in range(_START_TRIES):
            if self._runs():
                return self._identifier
            time.sleep(0.1)
        raise ControlFailed("the control container ended at once")

    def _pull(self) -> None:
        try:
            self._client.inspect_image(self._image)
        except self._errors:
            pass
        else:
            return
        login = self._login
        auth = (
            {"username": login.username, "password": login.password, "serveraddress": login.server}
            if login
            else None
        )
        self._client.pull(self._image, auth_config=auth)

    def _runs(self) -> bool:
        try:
            return bool(self._client.inspect_container(self._identifier)["State"]["Running"])
        except self._errors:
            return False

    def _remove(self, identifier: str) -> None:
        try:
            self._client.remove_container(identifier, force=True)
        except self._errors:
            return  # It ended, and the engine is removing it by itself.


def _config(image: str, project: str, network_id: str) -> dict[str, Any]:
    return {
        "Image": image,
        "Entrypoint": ["python3", "-m", "remlab_database.watchdog"],
        "Cmd": [],
        "User": USER,
        "Labels": {"remlab.project": project, LABEL: "database"},
        "HostConfig": {
            "NetworkMode": network_id,
            "AutoRemove": True,
            "ReadonlyRootfs": True,
            "Init": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "Memory": 128 * _MB,
            "PidsLimit": 64,
            "Tmpfs": {"/tmp": "size=4m,mode=1777"},  # noqa: S108 - the container's own
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        },
    }


def _frames(connection: Any) -> Iterator[tuple[int, bytes]]:
    """What the engine sends while a command runs: stream (1 output, 2 errors) and bytes.

    The format is that of the Engine API, "ContainerAttach": 1 byte stream, 3 zero bytes,
    4 bytes length, big-endian.
    """
    while len(header := _exactly(connection, _FRAME.size)) == _FRAME.size:
        stream, size = _FRAME.unpack(header)
        yield stream, _exactly(connection, size)


def _exactly(connection: Any, size: int) -> bytes:
    """So many bytes, or fewer where the other side has ended."""
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data
