"""Asks a deployed laboratory, through its front door, whether it works."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 5
_PAUSE_SECONDS = 0.5
_EXCERPT = 200


@dataclass(frozen=True)
class Answer:
    """What the front door answered."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body, decoded; raises ValueError if it is no JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Door:
    """The front door: the public address it answers for, and where to connect to."""

    public_url: str
    address: str
    port: int

    def get(self, path: str) -> Answer:
        """Ask for a path; raises OSError or http.client.HTTPException when there is no answer."""
        public = urlsplit(self.public_url)
        connection = self._connection(public.scheme == "https")
        try:
            connection.request("GET", path, headers={"Host": public.netloc, "Accept": "*/*"})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read().decode(errors="replace"))
        finally:
            connection.close()

    def _connection(self, tls: bool) -> http.client.HTTPConnection:
        if not tls:
            return http.client.HTTPConnection(self.address, self.port, timeout=_TIMEOUT_SECONDS)
        # Whether a browser trusts the certificate is asked elsewhere; here an own CA has to do.
        context = ssl._create_unverified_context()  # noqa: S323 see above
        return http.client.HTTPSConnection(self.address, self.port, timeout=_TIMEOUT_SECONDS, context=context)


Probe = Callable[[Door], str]


def _page(door: Door) -> str:
    answer = door.get("/")
    good = answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html")
    return "" if good else _unexpected("/", answer)


def _api(door: Door) -> str:
    answer = door.get("/api/lab")
    return "" if answer.status == 200 else _unexpected("/api/lab", answer)


def _services(door: Door) -> str:
    answer = door.get("/api/services")
    if answer.status != 200:
        return _unexpected("/api/services", answer)
    ill = [f"{one['name']} ({one['detail']})" for one in answer.json if not one["healthy"]]
    return f"not healthy: {', '.join(ill)}" if ill else ""


def _provider(door: Door) -> str:
    path = "/.well-known/openid-configuration"
    answer = door.get(path)
    return "" if answer.status == 200 and answer.json.get("issuer") else _unexpected(path, answer)


def _cameras(door: Door) -> str:
    answer = door.get("/media/cameras")
    return "" if answer.status == 200 else _unexpected("/media/cameras", answer)


# What each deployed service adds to the questions.
PROBES: dict[str, tuple[Probe, ...]] = {
    "backend": (_page, _api, _services),
    "auth": (_provider,),
    "media": (_cameras,),
}


def _unexpected(path: str, answer: Answer) -> str:
    return f"{path} answered {answer.status}: {answer.body[:_EXCERPT].strip()}"


def problems(door: Door, services: Iterable[str], *, seconds: float) -> list[str]:
    """What does not work, asked again until it does or the time is over; empty if all is well."""
    deadline = time.monotonic() + seconds
    waiting = [(name, probe) for name in services for probe in PROBES.get(name, ())]
    while True:
        results = [(name, probe, _ask(door, probe)) for name, probe in waiting]
        waiting = [(name, probe) for name, probe, problem in results if problem]
        if not waiting or time.monotonic() > deadline:
            return [f"{name}: {problem}" for name, _, problem in results if problem]
        time.sleep(_PAUSE_SECONDS)


def _ask(door: Door, probe: Probe) -> str:
    try:
        return probe(door)
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return f"no usable answer: {error!r}"
