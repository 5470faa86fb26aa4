"""One RTSP connection: requests and their responses, with RTP packets in between (RFC 2326 §10.12)."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from .credentials import Credentials
from .errors import PasswordRefusedError, RefusedError, UnreachableError

_LARGEST_HEAD_BYTES = 65_536
_LARGEST_BODY_BYTES = 262_144
CONNECT_TIMEOUT_SECONDS = 4.0
# Some cameras start their encoder only now.
RESPONSE_TIMEOUT_SECONDS = 8.0


@dataclass(slots=True)
class Response:
    """One response. Header names are in lower case; a header may occur several times."""

    status: int
    headers: dict[str, list[str]] = field(default_factory=dict)
    body: str = ""

    def header(self, name: str) -> str:
        """Return the first value of a header, or an empty text."""
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One packet that came inside the RTSP connection."""

    channel: int
    data: bytes


class Connection:
    """Speaks RTSP with a camera. Use it as an asynchronous context."""

    def __init__(self, host: str, port: int, credentials: Credentials) -> None:
        self._host, self._port, self._credentials = host, port, credentials
        self._sequence = 0
        self.session = ""

    async def __aenter__(self) -> Self:
        """Connect. Raises UnreachableError."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                self._reader, self._writer = await asyncio.open_connection(
                    self._host, self._port, limit=_LARGEST_HEAD_BYTES
                )
        except TimeoutError:
            raise UnreachableError("the camera does not answer") from None
        except OSError as error:
            raise UnreachableError(f"the camera cannot be reached ({_cause(error)})") from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up without waiting for the camera."""
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def ask(self, method: str, url: str, **headers: str) -> Response:
        """Send a request and return its successful response; log in if the camera asks for it.

        Raises a CameraError that says what the camera did instead. Packets that come before the
        response are dropped: nothing plays yet.
        """
        response = await self._exchange(method, url, headers)
        if response.status == 401:
            self._credentials.challenged(response.headers.get("www-authenticate", []))
            response = await self._exchange(method, url, headers)
        _check(method, response)
        if session := response.header("session"):
            self.session = session.partition(";")[0]
        return response

    def send(self, method: str, url: str, **headers: str) -> None:
        """Send a request without waiting; its response comes out of `receive`."""
        self._sequence += 1
        fields = {"CSeq": str(self._sequence), "User-Agent": "remlab", **headers}
        if self.session:
            fields["Session"] = self.session
        if authorization := self._credentials.authorization(method, url):
            fields["Authorization"] = authorization
        lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def challenged(self, response: Response) -> None:
        """Take up a new challenge that a later request was answered with."""
        self._credentials.challenged(response.headers.get("www-authenticate", []))

    async def receive(self) -> Response | Interleaved:
        """Return what comes next. Raises UnreachableError when the camera hangs up."""
        try:
            first = await self._reader.readexactly(1)
            if first == b"$":
                head = await self._reader.readexactly(3)
                data = await self._reader.readexactly(int.from_bytes(head[1:], "big"))
                return Interleaved(head[0], data)
            return await self._response(first)
        except (asyncio.IncompleteReadError, OSError):
            raise UnreachableError("the camera ended the connection") from None
        except (ValueError, asyncio.LimitOverrunError):
            raise RefusedError("the camera sends something that is not RTSP") from None

    async def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Response:
        self.send(method, url, **headers)
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS):
                while True:
                    received = await self.receive()
                    if isinstance(received, Response) and received.header("cseq") == str(self._sequence):
                        return received
        except TimeoutError:
            raise UnreachableError(f"the camera does not answer {method}") from None

    async def _response(self, first: bytes) -> Response:
        head = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
        status_line, *lines = head.strip().split("\r\n")
        protocol, status, *_ = status_line.split(" ", 2)
        if not protocol.startswith("RTSP/"):
            raise ValueError(protocol)
        response = Response(int(status))
        for name, _, value in (line.partition(":") for line in lines):
            response.headers.setdefault(name.strip().lower(), []).append(value.strip())
        length = int(response.header("content-length") or 0)
        if not 0 <= length <= _LARGEST_BODY_BYTES:
            raise ValueError(length)
        response.body = (await self._reader.readexactly(length)).decode("utf-8", "replace")
        return response


def _check(method: str, response: Response) -> None:
    if response.status in (401, 403):
        raise PasswordRefusedError("the camera refuses the user name or the password")
    if response.status == 404:
        raise RefusedError("the camera has no stream under the configured path (404)")
    if response.status == 461:
        raise RefusedError("the camera does not send RTP over its RTSP connection (461)")
    if response.status == 453:
        raise RefusedError("the camera has no bandwidth left: too many viewers ask it directly (453)")
    if not 200 <= response.status < 300:
        raise RefusedError(f"the camera answers {method} with {response.status}")


def _cause(error: OSError) -> str:
    """Return what went wrong without the address, which an error's own text may contain."""
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return "name unknown" if type(error).__name__ == "gaierror" else "no route"
