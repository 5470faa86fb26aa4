"""The front door's routes and address, checked and put in order.

`front_door_caddyfile` writes them down for Caddy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LISTENERS = ("http", "device")
TLS_MODES = ("off", "internal", "files", "acme")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Nothing of this needs quoting in a Caddyfile.
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\*?")
_SERVICE = re.compile(r"[a-z][a-z0-9_-]*")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")


class FrontDoorError(ValueError):
    """A route or a setting of the front door is wrong; says which and what to do."""


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: what a browser calls one site."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """As a browser writes it, without the scheme's own port."""
        suffix = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{suffix}"

    @property
    def websocket_url(self) -> str:
        """The same for WebSockets."""
        return self.url.replace("http", "ws", 1)

    @property
    def host_header_pattern(self) -> str:
        """Go regular expression of the Host headers that mean this origin."""
        optional = "?" if self.port == _DEFAULT_PORTS[self.scheme] else ""
        return f"^(?i:{re.escape(self.host)})(:{self.port}){optional}$"


@dataclass(frozen=True)
class Route:
    """Requests for a path go to a port of a service's replicas."""

    service: str
    port: int
    path: str
    listener: str = "http"
    strip_prefix: str = ""
    # One visitor's requests all go to one replica.
    sticky: bool = False

    @property
    def prefix(self) -> str:
        """The path without the star at its end; equal for /a and /a/*."""
        return self.path.removesuffix("*").rstrip("/") or "/"

    @property
    def is_exact(self) -> bool:
        """Whether it stands for this one path only."""
        return not self.path.endswith("*")

    @property
    def patterns(self) -> str:
        """Caddy's path patterns: /a/* stands for /a as well."""
        if self.is_exact or self.path == "/*":
            return self.path
        return f"{self.prefix} {self.path}"


@dataclass(frozen=True)
class FrontDoor:
    """Everything that the front door's configuration says."""

    origin: Origin
    tls: str
    routes: tuple[Route, ...]
    acme_email: str = ""
    # Below the folder of the configuration, for TLS from files.
    certificate_file: str = ""
    key_file: str = ""
    log_level: str = "warning"

    def routes_of(self, listener: str) -> list[Route]:
        """The routes of one listener, the most specific first."""
        return [route for route in self.routes if route.listener == listener]


def origin_of(public_url: str) -> Origin:
    """The origin that a public address names.

    :raises FrontDoorError: it is not the address of a whole site.
    """
    parts = urlsplit(public_url)
    try:
        port = parts.port
    except ValueError as error:
        raise FrontDoorError(f"lab_public_url '{public_url}': {error}") from error
    host = (parts.hostname or "").lower()
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise FrontDoorError(
            f"lab_public_url '{public_url}' is not of the form http://name or https://name, with :port if need be"
        )
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise FrontDoorError(
            f"lab_public_url '{public_url}' holds more than scheme, name and port; the laboratory fills a whole site"
        )
    return Origin(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme])


def front_door(
    services: Mapping[str, Mapping[str, Any]], *, public_url: str, tls: str, **options: str
) -> FrontDoor:
    """Checks everything and orders the routes.

    :param services: service name -> its file's content; those that run, since only they are routed to.
    :param options: acme_email, certificate_file, key_file, log_level.
    :raises FrontDoorError: names what is wrong.
    """
    door = FrontDoor(origin_of(public_url), tls, _ordered(_routes(services)), **options)
    _check_tls(door)
    return door


def _check_tls(door: FrontDoor) -> None:
    if door.tls not in TLS_MODES:
        raise FrontDoorError(f"lab_tls '{door.tls}' is none of {', '.join(TLS_MODES)}")
    scheme = "http" if door.tls == "off" else "https"
    if door.origin.scheme != scheme:
        raise FrontDoorError(
            f"lab_public_url '{door.origin.url}' has to begin with {scheme}:// while lab_tls is '{door.tls}'"
        )
    if door.tls == "files" and not (door.certificate_file and door.key_file):
        raise FrontDoorError("lab_tls 'files' needs lab_tls_certificate_file and lab_tls_key_file")
    if door.tls == "acme" and not _EMAIL.fullmatch(door.acme_email):
        raise FrontDoorError(f"lab_tls 'acme' needs lab_acme_email, and '{door.acme_email}' is no address")


def _routes(services: Mapping[str, Mapping[str, Any]]) -> list[Route]:
    return [
        _route(name, declared) for name in sorted(services) for declared in services[name].get("routes") or []
    ]


def _route(service: str, declared: Mapping[str, Any]) -> Route:
    try:
        route = Route(service=service, **declared)
    except TypeError as error:
        raise FrontDoorError(f"{service}.yml: routes: {error}") from error
    for path in (route.path, route.strip_prefix or "/"):
        if not _PATH.fullmatch(path):
            raise FrontDoorError(
                f"{service}.yml: routes: '{path}' is no path (a star may stand at its end only)"
            )
    if not _SERVICE.fullmatch(service) or route.listener not in LISTENERS:
        raise FrontDoorError(f"{service}.yml: routes: listener '{route.listener}' is none of {LISTENERS}")
    if route.strip_prefix and not (route.prefix + "/").startswith(route.strip_prefix.rstrip("/") + "/"):
        raise FrontDoorError(f"{service}.yml: routes: {route.path} does not begin with {route.strip_prefix}")
    return route


def _ordered(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Exact paths before prefixes, long ones before short ones."""
    ordered = sorted(
        routes, key=lambda route: (not route.is_exact, -len(route.prefix), route.path, route.listener)
    )
    owners: dict[tuple[str, str, bool], str] = {}
    for route in ordered:
        key = (route.listener, route.prefix, route.is_exact)
        if key in owners:
            raise FrontDoorError(
                f"{route.service}.yml and {owners[key]}.yml both claim {route.path} of listener {route.listener}"
            )
        owners[key] = route.service
    return tuple(ordered)
