"""Where the front door is: its name is looked up each second, as a careful client does."""

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

_AGAIN_SECONDS = 1.0
_LOOKUP_SECONDS = 5.0


class Address(NamedTuple):
    """Where to connect."""

    host: str
    port: int


class Switch(NamedTuple):
    """The name led elsewhere from then on (seconds since 1970)."""

    at: float
    address: Address


class FrontDoor:
    """The front door of a lab. Its name stays; its address may change while we look."""

    def __init__(self, url: str, *, name_file: Path | None = None, any_certificate: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise ValueError(f"{url} is not an address such as http://lab.example.org:8080")
        self.url = url.rstrip("/")
        self.name = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.authority = parts.netloc
        self.tls = _tls(any_certificate) if parts.scheme == "https" else None
        self.socket_url = f"{'wss' if self.tls else 'ws'}://{parts.netloc}"
        self.switches: list[Switch] = []
        self.failed_lookups = 0
        self._file = name_file
        self._address: Address | None = None

    @property
    def address(self) -> Address:
        """Where the name led when it was last looked up."""
        assert self._address is not None, "look_up comes first"
        return self._address

    async def look_up(self) -> None:
        """Look the name up once. Raises OSError if it leads nowhere."""
        found = self._from_file() if self._file is not None else await self._from_name()
        if self._address in found:
            return
        if self._address is not None:
            self.switches.append(Switch(time.time(), found[0]))
        self._address = found[0]

    async def follow(self) -> None:
        """Look again each second, for ever; while the name leads nowhere, the last address stays."""
        while True:
            await asyncio.sleep(_AGAIN_SECONDS)
            try:
                async with asyncio.timeout(_LOOKUP_SECONDS):
                    await self.look_up()
            except OSError:  # TimeoutError is one
                self.failed_lookups += 1

    async def _from_name(self) -> list[Address]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.name, self.port, type=socket.SOCK_STREAM)
        # IPv4 first: the engine publishes ports for it on every host.
        return [
            Address(str(one[4][0]), self.port)
            for one in sorted(found, key=lambda one: one[0] != socket.AF_INET)
        ]

    def _from_file(self) -> list[Address]:
        assert self._file is not None
        found = []
        for line in self._file.read_text(encoding="utf-8").splitlines():
            host, _, port = line.strip().partition(" ")
            with suppress(ValueError):
                found.append(Address(host, int(port)))
        if not found:
            raise OSError(f"{self._file} holds no line 'address port'")
        # The last line counts, so that a hook may append.
        return found[-1:]


def _tls(any_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if any_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
