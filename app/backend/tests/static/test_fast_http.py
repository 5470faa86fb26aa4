"""The shortcut for known requests: byte for byte what the ordinary path says, and nothing else."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.backend.tests.lab import SCRIPT, RunningLab, lab_settings, running_lab
from remlab_backend.settings import DatabaseSettings
from remlab_backend.static import fast_http

HOME = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"


@pytest.fixture
async def lab(dist: Path) -> AsyncIterator[RunningLab]:
    """A backend with pages only; its database and its broker are away."""
    database = DatabaseSettings(
        database_host="127.0.0.1",
        database_port=9,
        database_password="nobody-listens",
        database_deadline_seconds=0.2,
    )
    settings = lab_settings(database, broker=None, dist=dist, keep_alive_seconds=1)
    async with running_lab(settings) as running:
        yield running


class Connection:
    """A plain TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, request: bytes, *, parts: int = 1) -> bytes:
        """Send a request, in several parts if wanted, and return head and body of the answer."""
        size = -(-len(request) // parts)
        for start in range(0, len(request), size):
            self.writer.write(request[start : start + size])
            await self.writer.drain()
            if parts > 1:
                await asyncio.sleep(0.02)
        return await self.answer(head_only=request.startswith(b"HEAD"))

    async def answer(self, *, head_only: bool = False) -> bytes:
        async with asyncio.timeout(5):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            wanted = 0 if head_only or length is None else int(length[1])
            return head + await self.reader.readexactly(wanted)


@asynccontextmanager
async def connected(lab: RunningLab) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def without_date(answer: bytes) -> bytes:
    return re.sub(rb"date: [^\r]*\r\n", b"", answer)


@pytest.mark.parametrize(
    "request_",
    [
        HOME,
        b"HEAD / HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"GET /labs HTTP/1.1\r\nHost: lab\r\n\r\n",
        f"GET {SCRIPT} HTTP/1.1\r\nHost: lab\r\n\r\n".encode(),
        f"GET {SCRIPT}?v=1 HTTP/1.1\r\nHost: lab\r\nAccept-Encoding: br\r\n\r\n".encode(),
        b"GET / HTTP/1.1\r\nHost: lab\r\nIf-None-Match: *\r\n\r\n",
    ],
)
async def test_the_shortcut_answers_as_the_ordinary_path_did(lab: RunningLab, request_: bytes) -> None:
    known = lab.application.known_requests
    async with connected(lab) as connection:
        ordinary = await connection.ask(request_)
        assert known.hits == 0
        shortcut = await connection.ask(request_)
        assert known.hits == 1
    assert b"\r\ndate: " in shortcut
    assert sorted(without_date(shortcut).split(b"\r\n")) == sorted(without_date(ordinary).split(b"\r\n"))


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.0\r\nHost: lab\r\nConnection: keep-alive\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: lab\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"GET /api/lab HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: lab\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: lab\r\nX-Long: " + b"a" * 2048 + b"\r\n\r\n",
    ],
)
async def test_other_requests_are_never_remembered(lab: RunningLab, request_: bytes) -> None:
    for _ in range(3):
        async with connected(lab) as connection:
            await connection.ask(request_)
    assert lab.application.known_requests.replies == {}


async def test_a_request_that_closes_the_connection_closes_it(lab: RunningLab) -> None:
    for _ in range(3):
        async with connected(lab) as connection:
            answer = await connection.ask(b"GET / HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
            assert b"connection: close" in answer
            assert await connection.reader.read() == b""


async def test_a_known_request_in_the_middle_of_another_ones_body_is_body(lab: RunningLab) -> None:
    """The bytes of a known request, sent as the body of another, must not be answered as one."""
    put = b"PUT /nothing HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % len(HOME)
    async with connected(lab) as connection:
        await connection.ask(HOME)
        connection.writer.write(put)
        await connection.writer.drain()
        assert (await connection.answer()).startswith(b"HTTP/1.1 405")
        connection.writer.write(HOME)  # the body
        await connection.writer.drain()
        connection.writer.write(b"HEAD / HTTP/1.1\r\nHost: lab\r\n\r\n")
        assert b"content-length: " in await connection.answer(head_only=True)
        assert lab.application.known_requests.hits == 0


async def test_a_known_request_in_the_middle_of_another_ones_head_is_head(lab: RunningLab) -> None:
    async with connected(lab) as connection:
        await connection.ask(HOME)
        connection.writer.write(b"GET /nothing HTTP/1.1\r\nHost: lab\r\nX-Begun: ")
        await connection.writer.drain()
        await asyncio.sleep(0.05)
        connection.writer.write(HOME)
        assert (await connection.answer()).startswith(b"HTTP/1.1 307")
        assert lab.application.known_requests.hits == 0


async def test_a_request_in_pieces_and_requests_in_a_row_are_answered_in_order(lab: RunningLab) -> None:
    async with connected(lab) as connection:
        await connection.ask(HOME)
        assert (await connection.ask(HOME, parts=3)).startswith(b"HTTP/1.1 200")
        connection.writer.write(HOME + b"GET /api/nothing HTTP/1.1\r\nHost: lab\r\n\r\n" + HOME)
        statuses = [(await connection.answer()).split()[1] for _ in range(3)]
        assert statuses == [b"200", b"404", b"200"]


async def test_a_known_request_waits_for_the_answer_before_it(lab: RunningLab) -> None:
    slow = b"GET /api/devices/sim/log HTTP/1.1\r\nHost: lab\r\n\r\n"
    async with connected(lab) as connection:
        await connection.ask(HOME)
        connection.writer.write(slow)
        await connection.writer.drain()
        await asyncio.sleep(0.05)
        connection.writer.write(HOME)
        assert (await connection.answer()).startswith(b"HTTP/1.1 503")
        assert (await connection.answer()).startswith(b"HTTP/1.1 200")


async def test_an_idle_connection_is_closed_after_the_last_answer_and_not_before(lab: RunningLab) -> None:
    async with connected(lab) as connection:
        for _ in range(4):
            await connection.ask(HOME)
            await asyncio.sleep(0.4)
        assert lab.application.known_requests.hits == 3
        began = time.monotonic()
        async with asyncio.timeout(5):
            assert await connection.reader.read() == b""
        assert 0.3 < time.monotonic() - began < 1.2


async def test_the_memory_of_requests_is_bounded(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_http, "MAX_REQUESTS", 10)
    async with connected(lab) as connection:
        for number in range(35):
            await connection.ask(b"GET /?%d HTTP/1.1\r\nHost: lab\r\n\r\n" % number)
    assert 0 < len(lab.application.known_requests.replies) <= 10


async def test_a_client_that_reads_nothing_does_not_fill_the_memory(lab: RunningLab) -> None:
    request = f"GET {SCRIPT} HTTP/1.1\r\nHost: lab\r\n\r\n".encode()
    async with connected(lab) as connection:
        await connection.ask(request)
        hits = lab.application.known_requests.hits
        connection.reader._transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0

        async def insist() -> None:
            nonlocal sent
            while True:
                sent += 1
                connection.writer.write(request)
                await connection.writer.drain()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(insist(), 2)
        assert lab.application.known_requests.hits - hits < sent


async def test_a_large_file_is_streamed_whole(
    lab: RunningLab, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(256)) * 8192
    (dist / "pdfs").mkdir()
    (dist / "pdfs" / "practice.pdf").write_bytes(content)
    settings = lab.application.settings.model_copy(update={"dist": dist})
    async with running_lab(settings) as other:
        answer = await other.http.get("/pdfs/practice.pdf")
        assert answer.content == content
        assert answer.headers["content-type"] == "application/pdf"
        assert (await other.http.head("/pdfs/practice.pdf")).headers["content-length"] == str(len(content))
