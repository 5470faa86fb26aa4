"""The front door's routes and address, and the Caddyfile that is made of them."""

from typing import Any

import pytest

from remlab.front_door import FrontDoor, FrontDoorError, Origin, front_door, origin_of
from remlab.front_door_caddyfile import caddyfile, fingerprint_of

_SERVICES: dict[str, dict[str, Any]] = {
    "auth": {
        "routes": [
            {"path": "/auth/*", "port": 8000, "strip_prefix": "/auth"},
            {"path": "/.well-known/openid-configuration", "port": 8000},
        ]
    },
    "backend": {
        "routes": [{"path": "/*", "port": 8000}, {"path": "/socket.io/*", "port": 8000, "sticky": True}]
    },
    "broker": {},
    "gateway": {"routes": [{"listener": "device", "path": "/*", "port": 8765}]},
    "media": {"routes": [{"path": "/media/*", "port": 8000}]},
}


def _door(services: dict[str, dict[str, Any]] = _SERVICES, /, **settings: str) -> FrontDoor:
    return front_door(services, **({"public_url": "http://localhost:8080", "tls": "off"} | settings))


def test_most_specific_path_comes_first() -> None:
    assert [route.path for route in _door().routes_of("http")] == [
        "/.well-known/openid-configuration",
        "/socket.io/*",
        "/media/*",
        "/auth/*",
        "/*",
    ]


def test_devices_have_routes_of_their_own() -> None:
    assert [(route.service, route.path) for route in _door().routes_of("device")] == [("gateway", "/*")]


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("http://localhost:8080", Origin("http", "localhost", 8080)),
        ("https://Lab.example.org/", Origin("https", "lab.example.org", 443)),
        ("http://192.0.2.7", Origin("http", "192.0.2.7", 80)),
    ],
)
def test_address_is_understood(address: str, origin: Origin) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "localhost:8080",
        "ftp://lab",
        "http://",
        "http://lab/path",
        "http://a b",
        "http://lab:x",
        "http://u@lab",
    ],
)
def test_address_that_is_not_a_whole_site_is_refused_by_name(address: str) -> None:
    with pytest.raises(FrontDoorError, match="lab_public_url"):
        origin_of(address)


def test_own_port_of_the_scheme_is_left_out_of_the_url() -> None:
    assert origin_of("https://lab.example.org:443").url == "https://lab.example.org"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tls": "on"}, "none of off, internal"),
        ({"tls": "internal"}, "has to begin with https://"),
        ({"public_url": "https://lab.example.org"}, "has to begin with http://"),
        ({"tls": "files", "public_url": "https://lab.example.org"}, "needs lab_tls_certificate_file"),
        (
            {"tls": "acme", "public_url": "https://lab.example.org", "acme_email": "me"},
            "needs lab_acme_email",
        ),
    ],
)
def test_tls_that_does_not_fit_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(FrontDoorError, match=said):
        _door(**settings)


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"path": "media", "port": 1}, "is no path"),
        ({"path": "/a*b", "port": 1}, "is no path"),
        ({"path": "/a b", "port": 1}, "is no path"),
        ({"path": "/a", "port": 1, "strip_prefix": "/b"}, "does not begin with /b"),
        ({"path": "/a", "port": 1, "listener": "udp"}, "listener 'udp'"),
        ({"path": "/a", "port": 1, "prefix": "/a"}, "unexpected keyword argument 'prefix'"),
        ({"path": "/a"}, "missing 1 required positional argument: 'port'"),
    ],
)
def test_route_that_cannot_be_is_refused_with_its_file(route: dict[str, Any], said: str) -> None:
    with pytest.raises(FrontDoorError, match=rf"media\.yml: routes: .*{said}"):
        _door({"media": {"routes": [route]}})


def test_two_services_cannot_claim_one_path() -> None:
    services = {name: {"routes": [{"path": "/x/*", "port": 1}]} for name in ("media", "backend")}
    with pytest.raises(FrontDoorError, match=r"media\.yml and backend\.yml both claim /x/\*"):
        _door(services)


def test_same_settings_give_the_same_text_in_any_order_of_services() -> None:
    backwards = dict(reversed(_SERVICES.items()))
    assert caddyfile(_door(backwards)) == caddyfile(_door())


def test_fingerprint_changes_with_the_configuration() -> None:
    one, other = caddyfile(_door()), caddyfile(_door(log_level="error"))
    assert fingerprint_of(one) != fingerprint_of(other)


def test_text_without_fingerprint_is_refused() -> None:
    with pytest.raises(ValueError, match="not a configuration of the front door"):
        fingerprint_of(":8080 {}")


def test_service_that_does_not_run_gets_no_route() -> None:
    assert "path /media /media/*" in caddyfile(_door())
    assert "path /media /media/*" not in caddyfile(_door({"backend": _SERVICES["backend"]}))
