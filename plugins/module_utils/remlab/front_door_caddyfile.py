"""The front door's Caddyfile.

Written for the container of service edge: its listeners, its volume, its tmpfs.
Caddy's directives are described in its documentation, "Caddyfile".
"""

from __future__ import annotations

import hashlib
import json

from .front_door import FrontDoor, Route

HTTP_PORT = 8080
DEVICE_PORT = 8765
HEALTH_PORT = 8081
# Where a certificate authority's questions arrive, with lab_tls acme.
CHALLENGE_PORT = 8082
CONFIGURATION_FOLDER = "/etc/remlab/edge"
STORAGE_FOLDER = "/var/lib/remlab/edge"
ADMIN_SOCKET = "/tmp/caddy-admin.sock"  # noqa: S108 - the container's own tmpfs

# A service that moves or is updated keeps its clients waiting for so long at most. Devices wait
# less: their firmware gives up by itself and comes again after 5 s.
_PATIENCE_SECONDS = {"http": 30, "device": 10}
_INTERNAL = ("/healthz", "/readyz", "/metrics")
_LOG_LEVELS = {"debug": "DEBUG", "info": "WARN", "warning": "WARN", "error": "ERROR"}
_FINGERPRINT = "@fingerprint@"

_UPSTREAM = """\
# Arguments: name of the service, its port, seconds of patience, balancing policy (one word or more).
(service) {
	reverse_proxy {
		# Docker's DNS names the replicas that are healthy now.
		dynamic a {args[0]} {args[1]} {
			refresh 1s
			versions ipv4
		}
		lb_policy {args[3:]}
		lb_try_duration {args[2]}s
		lb_try_interval 100ms
		# What was sent already is sent again only where twice means the same as once.
		lb_retry_match {
			method GET HEAD OPTIONS PUT DELETE
		}
		request_buffers 64KiB
		# Login believes this one; Caddy itself replaces the others of a client's.
		header_up -X-Forwarded-Prefix
		# It would speak for all names below this one, for a year.
		header_down -Strict-Transport-Security
		# A reload of this file leaves open WebSockets alone.
		stream_close_delay 24h
		transport http {
			# Shorter than the services' own (5 s), or a request meets a connection that just closes.
			keepalive 2s
			dial_timeout 1s
			compression off
		}
	}
}
"""

_UNAVAILABLE_PAGE = """\
<!doctype html><html lang="es"><meta charset="utf-8"><meta http-equiv="refresh" content="5">\
<meta name="viewport" content="width=device-width"><title>{err.status_code}</title>\
<p>Esta parte del laboratorio no responde ahora. La página lo intenta de nuevo cada 5 segundos.\
<p lang="en">This part of the laboratory does not answer now. The page tries again every 5 seconds.</html>"""


def caddyfile(door: FrontDoor) -> str:
    """The whole file. Its fingerprint, which the health listener tells, is in it."""
    sections = [
        "# Written by the role front_door from the service files; changes made here are lost.\n"
        + _options(door),
        _UPSTREAM,
        _security_headers(door),
        _problems(),
        *_site(door),
        *_device_site(door),
        *_redirect_site(door),
        _health_site(),
    ]
    text = "\n".join(section.rstrip("\n") + "\n" for section in sections)
    return text.replace(_FINGERPRINT, hashlib.sha256(text.encode()).hexdigest()[:16])


def fingerprint_of(text: str) -> str:
    """The fingerprint that a configuration carries.

    :raises ValueError: it carries none.
    """
    marker = 'respond /configuration "'
    if marker not in text:
        raise ValueError("this is not a configuration of the front door")
    return text.split(marker, 1)[1].split('"', 1)[0]


def _options(door: FrontDoor) -> str:
    lines = [
        f"admin unix/{ADMIN_SOCKET}",
        "persist_config off",
        f"storage file_system {STORAGE_FOLDER}",
        "skip_install_trust",
        f"auto_https {'off' if door.tls == 'off' else 'disable_redirects'}",
        *_scheme_ports(door),
        "grace_period 10s",
        *([f"email {door.acme_email}"] if door.tls == "acme" else []),
        # A client that names no host, or another one, gets far enough to be told the right one.
        *(
            [f"default_sni {door.origin.host}", f"fallback_sni {door.origin.host}"]
            if door.tls != "off"
            else []
        ),
    ]
    return _block("", [*lines, _log(door), _servers(door)])


def _scheme_ports(door: FrontDoor) -> list[str]:
    """The container's ports that stand for 80 and 443 outside."""
    if door.tls == "off":
        return [f"http_port {HTTP_PORT}"]
    return [f"http_port {CHALLENGE_PORT}", f"https_port {HTTP_PORT}"]


def _log(door: FrontDoor) -> str:
    # Queries and headers hold codes and tokens, so they never reach the log.
    fields = _block("fields", ['request>uri regexp "\\?.*" ""', "request>headers delete"])
    return _block(
        "log",
        [
            "output stderr",
            f"level {_LOG_LEVELS.get(door.log_level, 'WARN')}",
            # While a service moves, each waiting request says so ten times a second.
            _block("sampling", ["interval 1s", "first 5", "thereafter 1000"]),
            _block("format filter", ["wrap json", fields]),
        ],
    )


def _servers(door: FrontDoor) -> str:
    timeouts = _block("timeouts", ["read_header 10s", "idle 2m"])
    everywhere = _block("servers", ["protocols h1", timeouts])
    if door.tls == "off":
        return everywhere
    # HTTP/3 would need a UDP port, which is not published.
    # Who forgot the s in https is sent to the right address rather than shown an error.
    wrappers = _block("listener_wrappers", ["http_redirect", "tls"])
    return everywhere + _block(f"servers :{HTTP_PORT}", ["protocols h1 h2", timeouts, wrappers])


def _problems() -> str:
    """What a visitor is told when a service does not answer, or a file is not there."""
    as_json = json.dumps({"error": {"code": "{args[0]}", "message": "{args[1]}"}})
    problem = _block(
        "(problem)",
        ["header Content-Type application/json", f"respond `{as_json}` {{err.status_code}}"],
    )
    page = [
        'header Content-Type "text/html; charset=utf-8"',
        f"respond `{_UNAVAILABLE_PAGE}` {{err.status_code}}",
    ]
    errors = [
        "@absent expression {err.status_code} == 404",
        "@trouble expression {err.status_code} >= 500",
        _block("@data", ["expression {err.status_code} >= 500", "path /api/* /media/* /socket.io/*"]),
        "import security_headers",
        "header Cache-Control no-store",
        "header @trouble Retry-After 5",
        _block("handle @absent", ["import problem not_found `There is nothing at this address.`"]),
        _block("handle @data", ["import problem unavailable `The service does not answer now; try again.`"]),
        _block("handle @trouble", page),
        _block("handle", ['respond "{err.status_code} {err.status_text}" {err.status_code}']),
    ]
    return problem + "\n" + _block("(problems)", [_block("handle_errors", errors)])


def _site(door: FrontDoor) -> list[str]:
    """The laboratory's own origin, and one more site for whoever asks for another host."""
    scheme = door.origin.scheme
    body = [*_tls(door), _route_block(door), "import problems"]
    if door.tls == "off":
        return [_block(f"http://:{HTTP_PORT}", body)]
    elsewhere = [*_tls(door), _block("route", _elsewhere(door))]
    return [
        _block(f"{scheme}://{door.origin.host}:{HTTP_PORT}", body),
        _block(f"{scheme}://:{HTTP_PORT}", elsewhere),
    ]


def _tls(door: FrontDoor) -> list[str]:
    return {
        "off": [],
        "internal": ["tls internal"],
        "files": [
            f"tls {CONFIGURATION_FOLDER}/{door.certificate_file} {CONFIGURATION_FOLDER}/{door.key_file}"
        ],
        "acme": [],
    }[door.tls]


def _route_block(door: FrontDoor) -> str:
    return _block(
        "route",
        [
            "import security_headers",
            f"@elsewhere not header_regexp Host {door.origin.host_header_pattern}",
            _block("handle @elsewhere", _elsewhere(door)),
            _matcher_line("internal", _internal_paths(door)),
            "error @internal 404",
            "encode zstd gzip",
            _block("request_body", ["max_size 10MB"]),
            _release(),
            *([_authority()] if door.tls == "internal" else []),
            *(_handle(number, route) for number, route in enumerate(door.routes_of("http"))),
            "error 404",
        ],
    )


def _security_headers(door: FrontDoor) -> str:
    """Each is a default: a service that knows better for its own pages sends its own."""
    policy = "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self' {door.origin.websocket_url}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )
    headers = [
        "?X-Content-Type-Options nosniff",
        "?Referrer-Policy strict-origin-when-cross-origin",
        f'?Content-Security-Policy "{policy}"',
        "-Server",
        "-Via",
    ]
    return _block("(security_headers)", [_block("header", headers)])


def _elsewhere(door: FrontDoor) -> list[str]:
    url = door.origin.url
    text = f"Este laboratorio está en {url} · This laboratory is at {url}"
    return ['header Content-Type "text/plain; charset=utf-8"', f'respond "{text}" 421']


def _internal_paths(door: FrontDoor) -> list[str]:
    """The services' inner addresses, also behind a prefix that is taken off."""
    prefixes = {route.strip_prefix.rstrip("/") for route in door.routes_of("http")} | {""}
    return [prefix + path for prefix in sorted(prefixes) for path in _INTERNAL]


def _release() -> str:
    lines = [f"root * {CONFIGURATION_FOLDER}", "rewrite * /release.json", "header Cache-Control no-store"]
    return _block("handle /api/release", [*lines, "file_server"])


def _authority() -> str:
    """The root certificate of Caddy's own authority; its key lies beside it and is not served."""
    lines = [
        f"root * {STORAGE_FOLDER}/pki/authorities/local",
        "rewrite * /root.crt",
        "header Content-Type application/x-pem-file",
        "file_server",
    ]
    return _block("handle /.well-known/remlab-ca.pem", lines)


def _handle(number: int, route: Route) -> str:
    name = f"{route.listener}{number}"
    policy = f"cookie remlab_{route.service}" if route.sticky else "round_robin"
    lines = [f"import service {route.service} {route.port} {_PATIENCE_SECONDS[route.listener]} {policy}"]
    if route.strip_prefix:
        lines.insert(0, f"uri strip_prefix {route.strip_prefix}")
    return _matcher_line(name, route.patterns.split()) + _block(f"handle @{name}", lines)


def _device_site(door: FrontDoor) -> list[str]:
    """Devices speak plain WebSocket, whatever the pages do, and know only an address."""
    routes = door.routes_of("device")
    if not routes:
        return []
    websocket = _block(
        "@other not",
        ["header_regexp Connection (?i)upgrade", "header_regexp Upgrade (?i)^websocket$"],
    )
    return [
        _block(
            f"http://:{DEVICE_PORT}",
            [
                websocket,
                _matcher_line("internal", list(_INTERNAL)),
                _block(
                    "route",
                    [
                        "error @internal 404",
                        "header @other Upgrade websocket",
                        'respond @other "This port is for devices, by WebSocket." 426',
                        *(_handle(number, route) for number, route in enumerate(routes)),
                        "error 404",
                    ],
                ),
                "import problems",
            ],
        )
    ]


def _redirect_site(door: FrontDoor) -> list[str]:
    if door.tls != "acme":
        return []
    return [_block(f"http://:{CHALLENGE_PORT}", [f"redir {door.origin.url}{{uri}} 308"])]


def _health_site() -> str:
    answers = ['respond /healthz "ok"', f'respond /configuration "{_FINGERPRINT}"', "respond 404"]
    return _block(f"http://:{HEALTH_PORT}", [_block("route", answers)])


def _matcher_line(name: str, paths: list[str]) -> str:
    return f"@{name} path {' '.join(paths)}\n"


def _block(head: str, lines: list[str]) -> str:
    return (f"{head} " if head else "") + "{\n" + "".join(_indented(line) for line in lines) + "}\n"


def _indented(text: str) -> str:
    return "".join(f"\t{line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))
