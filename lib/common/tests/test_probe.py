import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from remlab_common import probe

SOURCE = Path(probe.__file__).parents[1]

Serve = Callable[[bytes], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server that gives one answer to everybody; gives its host:port."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.replace(b"{request}", request.replace(b"\r\n", b" ")))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()


async def run(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "remlab_common.probe", *arguments),
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_an_answer_of_200_is_healthy(serve: Serve) -> None:
    address = await serve(b"HTTP/1.1 200 OK\r\n\r\n")
    assert await run(f"http://{address}/healthz") == (0, f"http://{address}/healthz: 200 OK\n")


async def test_an_answer_of_503_is_unhealthy_and_says_why(serve: Serve) -> None:
    address = await serve(b"HTTP/1.1 503 Unavailable\r\n\r\nthe broker is away")
    code, output = await run(f"http://{address}/healthz")
    assert code == 1
    assert "503 Unavailable the broker is away" in output


async def test_the_host_can_be_named(serve: Serve) -> None:
    address = await serve(b"HTTP/1.1 500 Echo\r\n\r\n{request}")
    _, output = await run("--host", "lab.example", f"http://{address}/a?b=c")
    assert "GET /a?b=c HTTP/1.0 Host: lab.example" in output


async def test_a_port_that_accepts_connections_is_healthy(serve: Serve) -> None:
    code, _ = await run(f"tcp://{await serve(b'')}")
    assert code == 0


async def test_a_closed_port_is_unhealthy(unused_tcp_port: int) -> None:
    for scheme in ("tcp", "http", "https"):
        code, output = await run(f"{scheme}://127.0.0.1:{unused_tcp_port}/")
        assert code == 1
        assert "refused" in output


async def test_something_that_is_not_http_is_unhealthy(serve: Serve) -> None:
    code, output = await run(f"http://{await serve(b'hello')}/")
    assert code == 1
    assert "not HTTP" in output


@pytest.mark.parametrize("url", ["", "host:80", "ftp://host:21/", "tcp://host", "http://host:x/"])
async def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    code, output = await run(url)
    assert code == 1
    assert "expected http://" in output


def test_the_probe_loads_nothing_slow() -> None:
    code = "import sys, remlab_common.probe; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"ssl", "asyncio", "http.client", "urllib.request", "pydantic", "json"} & set(loaded)
