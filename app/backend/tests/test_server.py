"""The server as a process: how it starts, and that it ends without losing a request."""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.backend.tests.lab import DEVICES, Page
from remlab_backend.settings import DatabaseSettings
from tests.servers.nats import NatsServer, free_port
from tests.servers.postgres import PASSWORD, PostgresServer


@dataclass
class Process:
    """A running `python3 -m remlab_backend`."""

    process: asyncio.subprocess.Process
    url: str

    async def end(self) -> tuple[int, str, str]:
        """Wait until it ends; return exit code, output and errors."""
        async with asyncio.timeout(15):
            output, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, output.decode(), errors.decode()


@asynccontextmanager
async def started(
    dist: Path, broker: NatsServer, database: DatabaseSettings, **changes: str
) -> AsyncIterator[Process]:
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "BACKEND_HOST": "127.0.0.1",
        "BACKEND_PORT": str(port),
        "BACKEND_DIST": str(dist),
        "BACKEND_BROKER_URL": broker.url,
        "BACKEND_DATABASE_HOST": database.database_host,
        "BACKEND_DATABASE_PORT": str(database.database_port),
        "BACKEND_DATABASE_NAME": database.database_name,
        "BACKEND_DATABASE_USER": database.database_user,
        "LAB_DEVICES": json.dumps(DEVICES),
        "broker_backend_password": broker.users["backend"],
        "database_backend_password": PASSWORD,
        **changes,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "remlab_backend", env=environment, stdout=PIPE, stderr=PIPE
    )
    running = Process(process, f"http://127.0.0.1:{port}")
    try:
        if not changes:
            await _until_it_answers(running)
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _until_it_answers(running: Process) -> None:
    async with asyncio.timeout(15), httpx.AsyncClient() as client:
        while True:
            try:
                await client.get(f"{running.url}/healthz")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_the_end_finishes_running_requests_and_tells_pages_why(
    dist: Path, nats_server: NatsServer, own_postgres_server: PostgresServer
) -> None:
    own_postgres_server.create_database("backend")
    database = DatabaseSettings(
        database_host=own_postgres_server.host,
        database_port=own_postgres_server.port,
        database_password=PASSWORD,
    )
    async with (
        started(dist, nats_server, database) as running,
        httpx.AsyncClient(base_url=running.url, timeout=20) as http,
    ):
        own_postgres_server.sql(
            "CREATE TABLE log_entries (uuid uuid primary key, device text, text text, author text,"
            " created_at timestamptz default now(), position bigint generated always as identity);"
            "GRANT ALL ON log_entries TO backend",
            database="backend",
        )
        page, legacy = Page(), Page()
        await page.client.connect(running.url, transports=["websocket"], auth={"client": "remlab"})
        await legacy.client.connect(running.url, transports=["websocket"])
        gone = [asyncio.Event(), asyncio.Event()]
        page.client.on("disconnect", _setter(gone[0]))
        legacy.client.on("disconnect", _setter(gone[1]))
        with own_postgres_server.frozen():
            uuid = "11111111-1111-4111-8111-111111111111"
            request = asyncio.create_task(
                http.put(f"/api/devices/aeropendulo/log/{uuid}", json={"text": "at the end"})
            )
            await asyncio.wait({request}, timeout=0.3)
            running.process.send_signal(signal.SIGTERM)
            assert (await page.next("server_closing"))["reason"]
            async with asyncio.timeout(5):
                await asyncio.gather(*(event.wait() for event in gone))
            assert not request.done()
        assert (await request).status_code == 201
        code, output, errors = await running.end()
        assert code == 0
        assert "Traceback" not in output + errors


def _setter(event: asyncio.Event) -> object:
    async def on_disconnect(*_: object) -> None:
        event.set()

    return on_disconnect


async def test_the_end_does_not_wait_for_idle_connections_and_long_polls(
    dist: Path, nats_server: NatsServer, shared_database: DatabaseSettings
) -> None:
    async with (
        started(dist, nats_server, shared_database) as running,
        httpx.AsyncClient(base_url=running.url, timeout=20) as http,
    ):
        assert (await http.get("/")).status_code == 200
        url = "/socket.io/?EIO=4&transport=polling"
        sid = json.loads((await http.get(url)).text[1:])["sid"]
        await http.post(f"{url}&sid={sid}", content="40")
        await http.get(f"{url}&sid={sid}")
        polling = asyncio.create_task(http.get(f"{url}&sid={sid}"))
        await asyncio.wait({polling}, timeout=0.2)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert (await polling).status_code == 200
        _, output, errors = await running.end()
        assert time.monotonic() - began < 3
        assert "Traceback" not in output + errors


async def test_a_wrong_setting_is_named_and_nothing_starts(
    dist: Path, nats_server: NatsServer, shared_database: DatabaseSettings
) -> None:
    async with started(dist, nats_server, shared_database, LAB_DEVICES="[{]") as running:
        code, _, errors = await running.end()
        assert code != 0
        assert "LAB_DEVICES" in errors or "lab_devices" in errors
        assert "Traceback" not in errors


async def test_a_placeholder_instead_of_a_secret_is_refused(
    dist: Path, nats_server: NatsServer, shared_database: DatabaseSettings
) -> None:
    async with started(dist, nats_server, shared_database, database_backend_password="changeme") as running:
        code, _, errors = await running.end()
        assert code != 0
        assert "database_backend_password" in errors
        assert "changeme" not in errors
