"""The load's client sends a request once, tells why it failed, and goes where the name leads."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.load.front_door import Address, FrontDoor
from tests.load.http import Client, RequestFailed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers the n-th request as `answers[n]` says; None: close without an answer."""

    def __init__(self, *answers: bytes | None, delay_seconds: float = 0.0) -> None:
        self.answers = list(answers)
        self.delay_seconds = delay_seconds
        self.asked: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.asked.append(await reader.readuntil(b"\r\n\r\n"))
                await asyncio.sleep(self.delay_seconds)
                answer = self.answers.pop(0)
                if answer is None:
                    return
                writer.write(answer)
                if b"Content-Length: 99" in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def served(server: Server, *, timeout_seconds: float = 5.0) -> AsyncIterator[Client]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        door = FrontDoor(f"http://127.0.0.1:{port}")
        await door.look_up()
        client = Client(door, timeout_seconds=timeout_seconds)
        try:
            yield client
        finally:
            client.close()
            await asyncio.sleep(0)


async def test_answers_come_whole_over_one_kept_connection() -> None:
    server = Server(OK, b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhm\r\n0\r\n\r\n")
    async with served(server) as client:
        first = await client.request("GET", "/a")
        second = await client.request("PUT", "/b", b"{}")
    assert (first.status, first.body) == (200, b"ok")
    assert (second.status, second.body) == (404, b"hm")
    assert server.connections == 1
    assert server.asked[0].startswith(b"GET /a HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Content-Length: 2\r\n" in server.asked[1]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_request_whose_kept_connection_is_closed_fails_and_is_not_sent_again(method: str) -> None:
    server = Server(OK, None, OK)
    async with served(server) as client:
        await client.request("GET", "/")
        with pytest.raises(RequestFailed, match=r"connection .* before the answer, on a .* served 1"):
            await client.request(method, "/", b"")
    assert len(server.asked) == 2


async def test_an_answer_that_breaks_off_has_failed() -> None:
    async with served(Server(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")) as client:
        with pytest.raises(RequestFailed, match="in the middle of the answer"):
            await client.request("GET", "/")


async def test_what_is_no_http_has_failed() -> None:
    async with served(Server(b"hello\r\n\r\n")) as client:
        with pytest.raises(RequestFailed, match="not HTTP"):
            await client.request("GET", "/")


async def test_no_answer_in_time_has_failed_and_its_connection_is_not_used_again() -> None:
    server = Server(OK, OK, delay_seconds=0.2)
    async with served(server, timeout_seconds=0.1) as client:
        for _ in range(2):
            with pytest.raises(RequestFailed, match=re.escape("no answer within 0.1 s")):
                await client.request("GET", "/")
    assert server.connections == 2


async def test_a_refused_connection_has_failed() -> None:
    door = FrontDoor("http://127.0.0.1:1")
    await door.look_up()
    with pytest.raises(RequestFailed, match=re.escape("no connection to 127.0.0.1:1: refused")):
        await Client(door, timeout_seconds=5).request("GET", "/")


async def test_a_connection_that_the_server_gives_up_is_not_used_again() -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = Server(closing, OK)
    async with served(server) as client:
        await client.request("GET", "/")
        await client.request("GET", "/")
    assert server.connections == 2


async def test_new_requests_go_where_the_name_leads_and_those_under_way_end_where_they_are(
    tmp_path: Path,
) -> None:
    old, new = Server(OK, OK, delay_seconds=0.2), Server(OK)
    async with (
        await asyncio.start_server(old.serve, "127.0.0.1", 0) as first,
        await asyncio.start_server(new.serve, "127.0.0.1", 0) as second,
    ):
        ports = [one.sockets[0].getsockname()[1] for one in (first, second)]
        file = tmp_path / "name"
        file.write_text(f"127.0.0.1 {ports[0]}\n", encoding="utf-8")
        door = FrontDoor("http://lab.example.org", name_file=file)
        await door.look_up()
        client = Client(door, timeout_seconds=5)
        under_way = asyncio.create_task(client.request("GET", "/"))
        await asyncio.sleep(0.05)
        with file.open("a", encoding="utf-8") as more:
            more.write(f"127.0.0.1 {ports[1]}\n")
        await door.look_up()
        await client.request("GET", "/")
        assert (await under_way).status == 200
        client.close()
        await asyncio.sleep(0)
    assert (len(old.asked), len(new.asked)) == (1, 1)
    assert b"Host: lab.example.org\r\n" in new.asked[0]
    assert [one.address for one in door.switches] == [Address("127.0.0.1", ports[1])]


async def test_a_name_file_without_an_address_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "name"
    file.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(OSError, match="holds no line 'address port'"):
        await FrontDoor("http://lab", name_file=file).look_up()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an address such as"):
        FrontDoor("lab:8080")
