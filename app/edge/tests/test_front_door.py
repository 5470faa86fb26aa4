"""The front door as it answers: Caddy itself, in front of servers made here."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from remlab.front_door import front_door
from remlab.front_door_caddyfile import ADMIN_SOCKET, CONFIGURATION_FOLDER, STORAGE_FOLDER, caddyfile
from remlab.front_door_host import ConfigurationRefused, put_into_force

_PATIENCE_SECONDS = 15.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _caddy() -> str:
    program = shutil.which("caddy", path=str(Path(sys.executable).parent)) or shutil.which("caddy")
    if not program:
        pytest.fail("caddy is missing: it is in app/edge/requirements.lock")
    return program


async def _echo(request: web.Request) -> web.StreamResponse:
    """Tells what arrived; echoes a WebSocket's messages."""
    if request.headers.get("Upgrade", "").lower() == "websocket":
        websocket = web.WebSocketResponse()
        await websocket.prepare(request)
        async for message in websocket:
            await websocket.send_str(message.data)
        return websocket
    body = await request.read()
    return web.json_response({"path": request.path_qs, "headers": dict(request.headers), "bytes": len(body)})


@contextlib.asynccontextmanager
async def _service(handler: Handler = _echo, port: int = 0) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


class Door:
    """One running Caddy, with its folders and ports moved to where a test may have them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {port: _free_port() for port in (8080, 8765, 8081, 8082)}
        self._socket = folder / "admin.sock"
        self._process: asyncio.subprocess.Process | None = None

    def url(self, path: str = "/", *, listener: int = 8080, scheme: str = "http") -> str:
        return f"{scheme}://localhost:{self.ports[listener]}{path}"

    def text(self, routes: list[dict[str, Any]], **settings: str) -> str:
        """A configuration whose one service is this machine."""
        fixed = {"public_url": self.url(""), "tls": "off"} | settings
        text = caddyfile(front_door({"localhost": {"routes": routes}}, **fixed))
        for port, free in self.ports.items():
            text = text.replace(f":{port} {{", f":{free} {{").replace(f"_port {port}\n", f"_port {free}\n")
        for ours in (STORAGE_FOLDER, CONFIGURATION_FOLDER):
            text = text.replace(ours, str(self.folder))
        return text.replace(ADMIN_SOCKET, str(self._socket))

    async def start(self, text: str) -> None:
        put_into_force(self.folder, text, [])
        self._process = await asyncio.create_subprocess_exec(
            *self._line("run", "Caddyfile"), stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await asyncio.to_thread(self.loaded) is None:
                assert self._process.returncode is None, await asyncio.to_thread(
                    self.complaint_about, "Caddyfile"
                )
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    def loaded(self) -> str | None:
        line = ["curl", "--silent", "--fail", self.url("/configuration", listener=8081)]
        return subprocess.run(line, capture_output=True, text=True, check=False).stdout or None

    def complaint_about(self, file_name: str) -> str:
        return self._said(self._line("validate", file_name))

    def reload(self) -> str:
        return self._said([*self._line("reload", "Caddyfile"), "--address", f"unix/{self._socket}"])

    def _line(self, verb: str, file_name: str) -> list[str]:
        return [_caddy(), verb, "--adapter", "caddyfile", "--config", str(self.folder / file_name)]

    @staticmethod
    def _said(line: list[str]) -> str:
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    door = Door(tmp_path)
    yield door
    await door.stop()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


def _everything(port: int) -> list[dict[str, Any]]:
    return [{"path": "/*", "port": port}]


async def test_request_reaches_the_service_with_its_path_and_query(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url("/labs/a?b=c")) as answer:
            assert (await answer.json())["path"] == "/labs/a?b=c"


async def test_service_is_told_the_address_that_the_browser_sees(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(
            door.url(),
            headers={"X-Forwarded-Host": "evil", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Prefix": "/evil"},
        ) as answer:
            headers = (await answer.json())["headers"]
    host = door.url("").removeprefix("http://")
    assert (headers["Host"], headers["X-Forwarded-Host"], headers["X-Forwarded-Proto"]) == (
        host,
        host,
        "http",
    )
    assert "1.2.3.4" not in headers["X-Forwarded-For"]
    assert "X-Forwarded-Prefix" not in headers


@pytest.mark.parametrize("path", ["/auth", "/auth/", "/auth/login?next=/auth/x"])
async def test_prefix_is_taken_off(door: Door, client: aiohttp.ClientSession, path: str) -> None:
    async with _service() as port:
        await door.start(door.text([{"path": "/auth/*", "port": port, "strip_prefix": "/auth"}]))
        async with client.get(door.url(path)) as answer:
            assert (await answer.json())["path"] == (path.removeprefix("/auth") or "/")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:1", "localhost", "evil.example"])
async def test_another_host_is_told_the_right_one(
    door: Door, client: aiohttp.ClientSession, host: str
) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url(), headers={"Host": host.format(port=door.ports[8080])}) as answer:
            assert answer.status == 421
            assert door.url("") in await answer.text()


async def test_host_may_be_written_in_capitals(door: Door, client: aiohttp.ClientSession) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url(), headers={"Host": f"LocalHost:{door.ports[8080]}"}) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/metrics",
        "/METRICS",
        "//metrics",
        "/%6detrics",
        "/auth/metrics",
        "/auth//healthz",
    ],
)
async def test_inner_addresses_of_services_are_never_reached(
    door: Door, client: aiohttp.ClientSession, path: str
) -> None:
    from yarl import URL

    async with _service() as port:
        prefix = {"path": "/auth/*", "port": port, "strip_prefix": "/auth"}
        await door.start(door.text([*_everything(port), prefix]))
        async with client.get(URL(door.url(path), encoded=True)) as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "not_found"


async def test_a_service_cannot_decide_about_tls_for_other_sites_of_the_domain(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async def strict(_: web.Request) -> web.Response:
        return web.Response(headers={"Strict-Transport-Security": "max-age=1; includeSubDomains"})

    async with _service(strict) as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url()) as answer:
            assert "Strict-Transport-Security" not in answer.headers


async def test_pages_carry_the_security_headers(door: Door, client: aiohttp.ClientSession) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url()) as answer:
            headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert f"connect-src 'self' ws://localhost:{door.ports[8080]};" in policy
    assert not {"Via", "X-Powered-By"} & set(headers)


async def test_service_may_send_a_policy_of_its_own(door: Door, client: aiohttp.ClientSession) -> None:
    async def own(_: web.Request) -> web.Response:
        return web.Response(headers={"Content-Security-Policy": "default-src 'none'"})

    async with _service(own) as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url()) as answer:
            assert answer.headers.getall("Content-Security-Policy") == ["default-src 'none'"]


async def test_only_what_the_service_left_plain_is_compressed(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async def large(request: web.Request) -> web.Response:
        encoded = {"Content-Encoding": "br"} if request.path == "/done" else {}
        return web.Response(text="telemetry " * 1000, headers=encoded)

    async with _service(large) as port:
        await door.start(door.text(_everything(port)))
        for path, encoding in (("/plain", "zstd"), ("/done", "br")):
            async with client.get(door.url(path), headers={"Accept-Encoding": "zstd, br"}) as answer:
                assert answer.headers["Content-Encoding"] == encoding


async def test_release_comes_from_the_file_beside_the_configuration(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.get(door.url("/api/release")) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")
        (door.folder / "release.json").write_text('{"number": 3}')
        async with client.get(door.url("/api/release")) as answer:
            assert (await answer.json(), answer.headers["Cache-Control"]) == ({"number": 3}, "no-store")


async def test_websocket_survives_a_changed_configuration(door: Door, client: aiohttp.ClientSession) -> None:
    async with _service() as port:
        await door.start(door.text(_everything(port)))
        async with client.ws_connect(door.url("/socket")) as websocket:
            outcome = await asyncio.to_thread(
                put_into_force, door.folder, door.text([{"path": "/socket/*", "port": port}]), [door]
            )
            assert (outcome.changed, outcome.outdated) == (True, 1)
            await websocket.send_str("still here")
            assert await websocket.receive_str(timeout=_PATIENCE_SECONDS) == "still here"
        async with client.get(door.url("/elsewhere")) as answer:
            assert answer.status == 404


async def test_unchanged_configuration_is_not_loaded_again(door: Door) -> None:
    text = door.text(_everything(1))
    await door.start(text)
    assert not (await asyncio.to_thread(put_into_force, door.folder, text, [door])).changed


async def test_configuration_that_is_written_but_not_loaded_is_loaded_by_the_next_run(door: Door) -> None:
    await door.start(door.text(_everything(1)))
    newer = door.text(_everything(2))
    (door.folder / "Caddyfile").write_text(newer)
    assert (await asyncio.to_thread(put_into_force, door.folder, newer, [door])).outdated == 1
    assert not (await asyncio.to_thread(put_into_force, door.folder, newer, [door])).changed


async def test_unusable_configuration_is_refused_and_the_old_one_stays(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        good = door.text(_everything(port))
        await door.start(good)
        with pytest.raises(ConfigurationRefused, match="nonsense"):
            await asyncio.to_thread(
                put_into_force, door.folder, good.replace("encode zstd", "nonsense"), [door]
            )
        assert sorted(path.name for path in door.folder.glob("Caddyfile*")) == ["Caddyfile"]
        assert (door.folder / "Caddyfile").read_text() == good
        async with client.get(door.url()) as answer:
            assert answer.status == 200


async def test_request_waits_for_a_service_that_is_away(door: Door, client: aiohttp.ClientSession) -> None:
    port = _free_port()
    await door.start(door.text(_everything(port)))
    waiting = asyncio.create_task(client.post(door.url("/api/x"), data=b"one try"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.5)
    async with _service(port=port):
        answer = await asyncio.wait_for(waiting, _PATIENCE_SECONDS)
        assert (await answer.json())["bytes"] == len(b"one try")


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("PUT", 200), ("POST", 502)])
async def test_broken_connection_is_tried_again_only_where_twice_means_once(
    door: Door, client: aiohttp.ClientSession, method: str, status: int
) -> None:
    tries = 0

    async def breaks_once(request: web.Request) -> web.StreamResponse:
        nonlocal tries
        tries += 1
        if tries == 1:
            assert request.transport
            request.transport.abort()
        return await _echo(request)

    async with _service(breaks_once) as port:
        await door.start(door.text(_everything(port)))
        async with client.request(
            method, door.url("/api/x"), data=b"x" * 4096 if method != "GET" else None
        ) as answer:
            assert answer.status == status
            body = await answer.json()
    assert tries == (2 if status == 200 else 1)
    assert body["bytes"] == 4096 if method == "PUT" else True


async def test_device_gets_through_with_any_host_and_any_spelling(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        await door.start(door.text([{"listener": "device", "path": "/*", "port": port}]))
        headers = {"Host": "192.0.2.7:8765", "Connection": "upgrade", "Upgrade": "WebSocket"}
        async with client.ws_connect(door.url("/a?simulated=1", listener=8765), headers=headers) as websocket:
            await websocket.send_str("Hola desde el ESP32")
            assert await websocket.receive_str(timeout=_PATIENCE_SECONDS) == "Hola desde el ESP32"


async def test_device_port_is_for_websockets_only(door: Door, client: aiohttp.ClientSession) -> None:
    async with _service() as port:
        await door.start(door.text([{"listener": "device", "path": "/*", "port": port}]))
        async with client.get(door.url("/", listener=8765)) as answer:
            assert (answer.status, answer.headers["Upgrade"]) == (426, "websocket")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(door.url("/metrics", listener=8765))
        assert refused.value.status == 404


async def test_device_waits_for_a_gateway_that_moves(door: Door, client: aiohttp.ClientSession) -> None:
    port = _free_port()
    await door.start(door.text([{"listener": "device", "path": "/*", "port": port}]))
    waiting = asyncio.create_task(client.ws_connect(door.url("/", listener=8765)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.5)
    async with _service(port=port):
        websocket = await asyncio.wait_for(waiting, _PATIENCE_SECONDS)
        await websocket.send_str("here")
        assert await websocket.receive_str(timeout=_PATIENCE_SECONDS) == "here"
        await websocket.close()


async def test_visitors_requests_stay_with_one_replica_where_asked(door: Door) -> None:
    async with _service() as port, aiohttp.ClientSession() as browser:
        await door.start(
            door.text([{"path": "/socket.io/*", "port": port, "sticky": True}, *_everything(port)])
        )
        async with browser.get(door.url("/")) as answer:
            assert not answer.cookies
        async with browser.get(door.url("/socket.io/?EIO=4")) as answer:
            assert list(answer.cookies) == ["remlab_localhost"]


async def _certified(port: int) -> None:
    """Waits until the front door has a certificate, which it makes after it began to listen."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def shakes_hands() -> bool:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            try:
                context.wrap_socket(connection, server_hostname="localhost").close()
            except ssl.SSLError:
                return False
            return True

    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await asyncio.to_thread(shakes_hands):
            await asyncio.sleep(0.02)


def _context(authority: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.decode())


async def test_internal_authority_is_handed_out_and_signs_the_site(
    door: Door, client: aiohttp.ClientSession
) -> None:
    async with _service() as port:
        await door.start(
            door.text(_everything(port), tls="internal", public_url=door.url("", scheme="https"))
        )
        await _certified(door.ports[8080])
        url = door.url("/.well-known/remlab-ca.pem", scheme="https")
        async with client.get(url, ssl=False) as answer:
            authority = await answer.read()
        async with client.get(door.url(scheme="https"), ssl=_context(authority)) as answer:
            assert answer.status == 200
        async with client.get(door.url("/.well-known/root.key", scheme="https"), ssl=False) as answer:
            assert b"PRIVATE" not in await answer.read()


async def test_plain_request_to_the_tls_port_is_sent_to_https(
    door: Door, client: aiohttp.ClientSession
) -> None:
    await door.start(door.text(_everything(1), tls="internal", public_url=door.url("", scheme="https")))
    async with client.get(door.url("/labs"), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (308, door.url("/labs", scheme="https"))


def _self_signed(folder: Path) -> bytes:
    """Writes a.crt and a.key for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "a.key").write_bytes(pem)
    (folder / "a.crt").write_bytes(certificate)
    return certificate


async def test_certificate_from_files_is_used_also_for_who_asks_for_another_host(
    door: Door, client: aiohttp.ClientSession
) -> None:
    certificate = _self_signed(door.folder)
    files = {"tls": "files", "certificate_file": "a.crt", "key_file": "a.key"}
    async with _service() as port:
        await door.start(door.text(_everything(port), public_url=door.url("", scheme="https"), **files))
        async with client.get(door.url(scheme="https"), ssl=_context(certificate)) as answer:
            assert answer.status == 200
        async with client.get(f"https://127.0.0.1:{door.ports[8080]}/", ssl=False) as answer:
            assert answer.status == 421
            assert door.url("", scheme="https") in await answer.text()


async def test_configuration_for_a_public_certificate_authority_is_valid(door: Door) -> None:
    text = door.text(
        _everything(1), tls="acme", public_url="https://lab.example.org", acme_email="lab@example.org"
    )
    (door.folder / "Caddyfile").write_text(text)
    assert await asyncio.to_thread(door.complaint_about, "Caddyfile") == ""
    assert "redir https://lab.example.org{uri} 308" in text


async def test_configuration_is_written_as_caddy_would_format_it(door: Door) -> None:
    text = door.text(_everything(1))
    done = await asyncio.to_thread(
        subprocess.run, [_caddy(), "fmt", "-"], input=text, capture_output=True, text=True, check=False
    )
    assert done.stdout == text
