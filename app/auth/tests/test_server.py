"""What the server does when a client leaves before it has its answer."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asgiref.wsgi import WsgiToAsgi

from remlab_auth.server import serve
from tests.servers.nats import free_port

_WRITTEN_TO_NOBODY = "socket.send() raised exception."


class LongAnswer:
    """Answers in many parts, as Canaille's files are sent, once it is let go."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
        """Speak WSGI."""
        self.asked.set()
        self.go.wait(10)
        start_response("200 OK", [])
        return [b"part"] * 20


@contextmanager
def everything_said(logger: logging.Logger) -> Iterator[list[str]]:
    """Hear what comes to a logger, before its filters."""
    said: list[str] = []

    def hear(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return True

    logger.filters.insert(0, hear)
    try:
        yield said
    finally:
        logger.removeFilter(hear)


async def _ask(port: int) -> asyncio.StreamWriter:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
        else:
            writer.write(b"GET /auth/ HTTP/1.1\r\nHost: lab\r\n\r\n")
            return writer


async def test_a_client_that_leaves_early_is_not_complained_about(caplog: pytest.LogCaptureFixture) -> None:
    app, stop, port = LongAnswer(), asyncio.Event(), free_port()
    with everything_said(logging.getLogger("asyncio")) as said:
        async with asyncio.timeout(20):
            serving = asyncio.create_task(serve(WsgiToAsgi(app), address=f"127.0.0.1:{port}", stop=stop))
            writer = await _ask(port)
            await asyncio.to_thread(app.asked.wait)
            writer.close()
            await writer.wait_closed()
            app.go.set()
            while _WRITTEN_TO_NOBODY not in said:
                await asyncio.sleep(0.01)
            stop.set()
            await serving
    assert _WRITTEN_TO_NOBODY not in caplog.messages


async def test_all_else_that_asyncio_says_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()
    stop.set()
    await serve(WsgiToAsgi(LongAnswer()), address=f"127.0.0.1:{free_port()}", stop=stop)
    logging.getLogger("asyncio").warning("Task was destroyed but it is pending!")
    assert caplog.messages[-1] == "Task was destroyed but it is pending!"
