"""What each user of the bus may and may not do, asked of a real NATS server."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from remlab_broker.configuration import rendered
from remlab_launch.probe import main as probe

_PASSWORDS = {"gateway": "gateway-password", "backend": "backend-password"}
_PATIENCE_SECONDS = 5.0


def _free_port() -> int:
    with socket.socket() as probe_:
        probe_.bind(("127.0.0.1", 0))
        port: int = probe_.getsockname()[1]
        return port


class Bus:
    """A running server and connections to it."""

    def __init__(self, port: int, monitoring_port: int) -> None:
        self.url = f"nats://127.0.0.1:{port}"
        self.health_url = f"http://127.0.0.1:{monitoring_port}/healthz"
        self.refusals: list[str] = []
        self._clients: list[Client] = []

    async def connected(self, user: str) -> Client:
        async def note(error: Exception) -> None:
            self.refusals.append(str(error).lower())

        client = await nats.connect(
            self.url,
            user=user,
            password=_PASSWORDS[user],
            error_cb=note,
            allow_reconnect=False,
            connect_timeout=2,
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    program = shutil.which("nats-server", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if not program:
        pytest.fail("nats-server is missing: apt-get install nats-server")
    port, monitoring_port = _free_port(), _free_port()
    path: Path = tmp_path_factory.mktemp("broker") / "nats.conf"
    ports = {"client_port": port, "monitoring_port": monitoring_port}
    path.write_text(rendered(_PASSWORDS, listen="127.0.0.1", **ports))
    with subprocess.Popen([program, "--config", str(path)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        # The server's own word that it listens.
        said = next((line for line in process.stderr if "Server is ready" in line), "")
        yield port, monitoring_port
        process.terminate()
        process.stderr.read()
    assert said, "nats-server did not start"


@pytest.fixture
async def bus(server: tuple[int, int]) -> AsyncIterator[Bus]:
    running = Bus(*server)
    yield running
    await running.close()


async def _settled(client: Client) -> None:
    """Waits until the server has dealt with everything that the client sent.

    The client's ping may overtake what it sent just before, hence two.
    """
    await client.flush()
    await client.flush()


async def _received(client: Client, subject: str) -> "asyncio.Queue[Msg]":
    queue: asyncio.Queue[Msg] = asyncio.Queue()

    async def put(message: Msg) -> None:
        await queue.put(message)

    await client.subscribe(subject, cb=put)
    await _settled(client)
    return queue


async def _publish_is_refused(bus: Bus, user: str, subject: str) -> bool:
    client = await bus.connected(user)
    await client.publish(subject, b"x")
    await _settled(client)
    return any("permissions violation for publish" in refusal for refusal in bus.refusals)


async def _subscription_is_refused(bus: Bus, user: str, subject: str) -> bool:
    client = await bus.connected(user)
    await _received(client, subject)
    return any("permissions violation for subscription" in refusal for refusal in bus.refusals)


def _greeted(port: int, options: dict[str, str]) -> bytes:
    """What the server answers to a client's CONNECT and PING.

    Spoken by hand, since nats-py leaves the connection of a refused client open.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS) as connection:
        stream = connection.makefile("rb")
        stream.readline()
        connection.sendall(f"CONNECT {json.dumps(options)}\r\nPING\r\n".encode())
        answer = stream.readline()
        stream.close()
        return answer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"user": "gateway", "pass": ""},
        {"user": "gateway", "pass": "backend-password"},
        {"user": "nobody", "pass": "x"},
    ],
)
def test_nobody_connects_without_a_users_password(server: tuple[int, int], options: dict[str, str]) -> None:
    assert _greeted(server[0], options).startswith(b"-ERR 'Authorization Violation'")


def test_users_connect_with_their_passwords(server: tuple[int, int]) -> None:
    assert _greeted(server[0], {"user": "gateway", "pass": "gateway-password"}) == b"+OK\r\n"


@pytest.mark.parametrize("subject", ["a.esp32.state", "a.remlab.status", "remlab.gateway.status"])
async def test_what_the_gateway_says_reaches_the_backend(bus: Bus, subject: str) -> None:
    received = await _received(await bus.connected("backend"), subject)
    await (await bus.connected("gateway")).publish(subject, b"frame", headers={"Remlab-Sequence": "1"})
    message = await asyncio.wait_for(received.get(), _PATIENCE_SECONDS)
    assert (message.data, message.headers) == (b"frame", {"Remlab-Sequence": "1"})


async def test_backend_hears_every_device_by_wildcard(bus: Bus) -> None:
    received = await _received(await bus.connected("backend"), "*.esp32.state")
    await (await bus.connected("gateway")).publish("b.esp32.state", b"frame")
    assert (await asyncio.wait_for(received.get(), _PATIENCE_SECONDS)).subject == "b.esp32.state"


async def test_backends_tell_each_other_of_the_logbook(bus: Bus) -> None:
    received = await _received(await bus.connected("backend"), "*.remlab.log")
    await (await bus.connected("backend")).publish("a.remlab.log", b"entry")
    assert (await asyncio.wait_for(received.get(), _PATIENCE_SECONDS)).data == b"entry"


@pytest.mark.parametrize("subscription", ["a.esp32.Kp", "a.esp32.*", "*.esp32.*"])
async def test_backend_commands_and_the_gateway_answers(bus: Bus, subscription: str) -> None:
    gateway = await bus.connected("gateway")

    async def answer(message: Msg) -> None:
        await message.respond(b"confirmed")

    await gateway.subscribe(subscription, cb=answer)
    await _settled(gateway)
    backend = await bus.connected("backend")
    reply = await backend.request("a.esp32.Kp", b"\0\0\0\0", timeout=_PATIENCE_SECONDS)
    assert reply.data == b"confirmed"
    assert not bus.refusals


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("backend", "a.esp32.state"),
        ("backend", "a.remlab.status"),
        ("backend", "remlab.gateway.status"),
        ("gateway", "a.esp32.event"),
        ("gateway", "a.remlab.log"),
        ("gateway", "_INBOX.somebody"),
        ("gateway", "$SYS.REQ.SERVER.PING"),
        ("backend", "anything"),
    ],
)
async def test_nobody_says_what_is_not_its_part(bus: Bus, user: str, subject: str) -> None:
    assert await _publish_is_refused(bus, user, subject)


@pytest.mark.parametrize(
    ("user", "subject"),
    [("backend", ">"), ("backend", "a.esp32.event"), ("gateway", "_INBOX.>")],
)
async def test_nobody_hears_what_is_not_its_part(bus: Bus, user: str, subject: str) -> None:
    assert await _subscription_is_refused(bus, user, subject)


async def test_message_above_64_kilobytes_is_refused(bus: Bus) -> None:
    gateway = await bus.connected("gateway")
    assert gateway.max_payload == 64 * 1024
    with pytest.raises(nats.errors.MaxPayloadError):
        await gateway.publish("a.esp32.state", bytes(64 * 1024 + 1))


def test_health_is_asked_of_the_monitoring_port(bus: Bus) -> None:
    assert probe([bus.health_url]) == 0
