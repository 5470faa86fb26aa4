"""Ready-made HTTP answers, shared by every request that gets the same one."""

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

Headers = tuple[tuple[bytes, bytes], ...]

# Up to this size head and body are kept joined, so that one write sends both.
_JOINED_BODY_BYTES = 64 * 1024


@dataclass(slots=True, eq=False)
class Reply:
    """One HTTP answer whose content does not change while the process lives.

    `body` is what is sent; a body too large to be held in memory stays in `file` and is
    streamed. An answer without either (HEAD, 304) still carries its headers.
    """

    status: int
    headers: Headers
    body: bytes = b""
    file: Path | None = None
    _stamp: object = field(default=None, repr=False)
    _raw: tuple[bytes, ...] = field(default=(), repr=False)

    def raw(self, default_headers: list[tuple[bytes, bytes]]) -> tuple[bytes, ...]:
        """Return the bytes for the wire, rebuilt only when `default_headers` is a new list.

        uvicorn makes a new list each second (it holds the Date), so most calls only compare
        two references.
        """
        if default_headers is not self._stamp:
            lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n".encode()]
            lines += [b"%b: %b\r\n" % item for item in (*default_headers, *self.headers)]
            head = b"".join(lines) + b"\r\n"
            joined = len(self.body) <= _JOINED_BODY_BYTES
            self._raw = (head + self.body,) if joined else (head, self.body)
            self._stamp = default_headers
        return self._raw
