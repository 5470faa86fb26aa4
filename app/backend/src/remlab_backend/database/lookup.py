"""Addresses of a name in the overlay's DNS, which changes when a service moves."""

import asyncio
import socket


class Lookup:
    """Resolves one name; a slow resolver never holds more than one thread.

    Docker forwards names that it does not know (a service that is just moving) to the host's
    resolver, which may take seconds. A look-up that has not ended is waited for again by the
    next call instead of being started anew.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._running: asyncio.Task[list[str]] | None = None

    async def addresses(self, *, timeout_seconds: float) -> list[str]:
        """Return all IP addresses of the name, or the path of a socket's folder as it is.

        Raises OSError (gaierror) if there is no such name, TimeoutError if there is no answer.
        """
        if self._host.startswith("/"):
            return [self._host]
        if self._running is None:
            self._running = asyncio.create_task(self._resolve())
        running = self._running
        await asyncio.wait({running}, timeout=timeout_seconds)
        if not running.done():
            raise TimeoutError(f"no answer for the name {self._host!r} yet")
        self._running = None
        return running.result()

    async def _resolve(self) -> list[str]:
        loop = asyncio.get_running_loop()
        answers = await loop.getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
