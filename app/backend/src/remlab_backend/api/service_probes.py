"""Asks each service of the lab whether it answers, for the operator's page.

What a probe saw is told in fixed words: errors of the network name addresses, and these are
nobody's business until there is a login.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from remlab_backend.api.schemas import ServiceStatus
from remlab_backend.settings import ProbedService

_TIMEOUT_SECONDS = 2.0
# Many operators' pages share one round of questions.
_SHARED_SECONDS = 1.0


class ServiceProbes:
    """The state of all services that are configured."""

    def __init__(self, services: Sequence[ProbedService]) -> None:
        self._services = services
        # A service is asked by its name on the lab's own network; its certificate is made for
        # another name (the registry's), and all that counts here is whether somebody answers.
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            verify=False,  # noqa: S501 - see above
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._lock = asyncio.Lock()
        self._states: list[ServiceStatus] = []
        self._asked_at = float("-inf")

    async def close(self) -> None:
        """End connections."""
        await self._client.aclose()

    async def states(self) -> list[ServiceStatus]:
        """Return the state of every service, in the configured order."""
        async with self._lock:
            if time.monotonic() - self._asked_at > _SHARED_SECONDS:
                self._states = await asyncio.gather(*(self._ask(each) for each in self._services))
                self._asked_at = time.monotonic()
            return self._states

    async def _ask(self, service: ProbedService) -> ServiceStatus:
        if not service.probe:
            return _state(service, healthy=False, detail="There is no probe for it.")
        began = time.monotonic()
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                healthy, detail = await self._probe(service.probe)
        except (TimeoutError, httpx.TimeoutException):
            return _state(service, healthy=False, detail=f"No answer within {_TIMEOUT_SECONDS:g} s.")
        except (OSError, httpx.HTTPError, ValueError) as error:
            return _state(service, healthy=False, detail=_in_words(error))
        return _state(service, healthy=healthy, detail=detail, latency=time.monotonic() - began)

    async def _probe(self, url: str) -> tuple[bool, str]:
        if url.startswith("tcp://"):
            target = urlsplit(url)
            _, writer = await asyncio.open_connection(target.hostname, target.port)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            return True, "Accepts connections."
        answer = await self._client.get(url)
        # Whoever asks for a password (the registry) is there.
        return answer.status_code < 500, f"HTTP {answer.status_code}"


def _state(
    service: ProbedService, *, healthy: bool, detail: str, latency: float | None = None
) -> ServiceStatus:
    return ServiceStatus(
        name=service.name,
        summary=service.summary,
        healthy=healthy,
        detail=detail,
        latency_ms=None if latency is None else round(latency * 1000, 1),
    )


def _in_words(error: BaseException) -> str:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(each, socket.gaierror) for each in causes):
        return "Its name is unknown: it does not run."
    if any(isinstance(each, ConnectionRefusedError) for each in causes):
        return "Refuses connections."
    if any("All connection attempts failed" in str(each) for each in causes):
        return "Does not accept connections."
    return "Cannot be reached."
