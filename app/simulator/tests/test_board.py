import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from remlab_common.frames import INDEX, Mode, decode
from remlab_simulator.board import GREETING, Board
from remlab_simulator.plant import Plant

PATIENCE_SECONDS = 10.0


class Endpoint:
    """Where the board connects to: hands each of its connections to the test."""

    def __init__(self) -> None:
        self.connections: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.server: Server | None = None
        self.port = 0

    async def open(self) -> None:
        self.server = await serve(
            self._handle, "127.0.0.1", self.port, subprotocols=["arduino"], compression=None
        )
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _handle(self, connection: ServerConnection) -> None:
        await self.connections.put(connection)
        await connection.wait_closed()

    async def accept(self) -> ServerConnection:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.connections.get()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    await endpoint.open()
    yield endpoint
    await endpoint.close()


@asynccontextmanager
async def running(endpoint: Endpoint) -> AsyncIterator[Board]:
    url = f"ws://127.0.0.1:{endpoint.port}"
    board = Board("aero", Plant(), gateway_url=url, reconnect_seconds=0.05)
    task = asyncio.create_task(board.run())
    try:
        yield board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def receive(connection: ServerConnection) -> str | bytes:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await connection.recv()


async def test_it_connects_as_a_simulated_device_with_the_subprotocol_of_the_firmware(
    endpoint: Endpoint,
) -> None:
    async with running(endpoint):
        connection = await endpoint.accept()
        assert connection.request is not None
        assert connection.request.path == "/aero?simulated=1"
        assert connection.request.headers["Sec-WebSocket-Protocol"] == "arduino"
        assert await receive(connection) == GREETING


async def test_it_sends_ten_frames_a_second(endpoint: Endpoint) -> None:
    async with running(endpoint) as board:
        connection = await endpoint.accept()
        await receive(connection)
        begin = asyncio.get_running_loop().time()
        for _ in range(11):
            assert len(await receive(connection)) == 64
        assert asyncio.get_running_loop().time() - begin == pytest.approx(1.0, abs=0.5)
        assert board.connected
        assert board.problem is None


async def test_it_obeys_text_and_ignores_binary_messages(endpoint: Endpoint) -> None:
    async with running(endpoint):
        connection = await endpoint.accept()
        await receive(connection)
        await connection.send(b'{"event":"1"}')
        assert decode(await receive(connection))[0] == Mode.STANDBY
        await connection.send('{"Kp":"4.5","event":"1"}')
        async with asyncio.timeout(PATIENCE_SECONDS):
            while decode(await receive(connection))[0] != Mode.READY:
                pass
        assert decode(await receive(connection))[INDEX["Kp"]] == 4.5


async def test_it_connects_again_whenever_it_is_closed_and_goes_on_living(endpoint: Endpoint) -> None:
    async with running(endpoint) as board:
        first = await endpoint.accept()
        await receive(first)
        await first.send('{"event":"1"}')
        await receive(first)
        await first.close(1001)
        second = await endpoint.accept()
        second.transport.abort()
        third = await endpoint.accept()
        assert await receive(third) == GREETING
        async with asyncio.timeout(PATIENCE_SECONDS):
            while board.plant.mode is not Mode.READY:
                await asyncio.sleep(0.01)
        assert board.connections == 3


async def test_a_gateway_that_is_away_is_told_as_a_problem_and_tried_again(endpoint: Endpoint) -> None:
    await endpoint.close()
    async with running(endpoint) as board:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while board.problem is None or "cannot reach" not in board.problem:
                await asyncio.sleep(0.01)
        await endpoint.open()
        await receive(await endpoint.accept())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while board.problem is not None:
                await asyncio.sleep(0.01)


async def test_standing_aside_for_a_real_device_is_no_problem(endpoint: Endpoint) -> None:
    async with running(endpoint) as board:
        for _ in range(2):
            connection = await endpoint.accept()
            await connection.close(4409, "the real device is connected")
        await endpoint.accept()
        assert board.problem is None
