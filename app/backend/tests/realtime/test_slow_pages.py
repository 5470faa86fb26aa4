"""Pages that read slowly or not at all: no harm to others, no growing memory, cut off in the end."""

import asyncio
import base64
import json
import os
import time

import pytest

from app.backend.tests.lab import Gateway, RunningLab, running_gateway
from remlab_backend.realtime.fanout import QUEUED_FRAMES
from remlab_backend.realtime.stalled import cut_stalled
from tests.servers.nats import NatsServer

# Long enough to fill the kernel's and the server's buffers many times over.
FRAMES = 400
NONSENSE = (
    *("9", "42[", '42["command"', "4", "45-x", '40{"client": 1}', "42[]", "42[5]", "42{}", '42"x"'),
    *(
        '42["watch"]',
        '42["watch",1,2,3]',
        '42["command",[]]',
        '42["event",1,2]',
        '42["connect"]',
        "43",
        "431[1]",
    ),
    *(
        '42["command",{"device":["x"],"key":{},"value":"NaN"}]',
        '42["event",' + "9" * 500 + "]",
        "bAAAA",
        "44",
        "41",
    ),
)
BIG_STATE = {"padding": "x" * 100_000}


class DeafPage:
    """An old page over a raw WebSocket that connects and then reads nothing more."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    @classmethod
    async def connect(cls, lab: RunningLab) -> "DeafPage":
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.port, limit=1024)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        writer.write(head.encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes([0x81, 0x80 | 2, 0, 0, 0, 0]) + b"40")  # text, masked with zeros
        async with asyncio.timeout(5):
            while len(lab.application.live.viewers.legacy) == 0:
                await asyncio.sleep(0.01)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        return cls(writer)


async def test_a_page_that_reads_nothing_neither_slows_others_nor_fills_memory(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    live = lab.application.live
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        deaf = await DeafPage.connect(lab)
        await page.call("watch", {"device": "aeropendulo"})
        delays = []
        for number in range(FRAMES):
            live.fanout.send_telemetry(live.viewers.legacy, "aeropendulo_state", BIG_STATE)
            if number % 10 == 0:
                delays.append(await _delay(gateway, page))
            await asyncio.sleep(0)
        [socket] = [live.server.eio.sockets[viewer.transport_id] for viewer in live.viewers.legacy]
        assert socket.queue.qsize() <= QUEUED_FRAMES + 1
        assert live.fanout.dropped > FRAMES / 2
        assert sorted(delays)[-2] < 0.05, delays
        deaf.writer.transport.abort()
        async with asyncio.timeout(5):
            while live.viewers.legacy:
                await asyncio.sleep(0.01)


async def _delay(gateway: Gateway, page: object) -> float:
    began = time.monotonic()
    await gateway.frame()
    await page.next("telemetry")  # type: ignore[attr-defined]
    return time.monotonic() - began


async def test_shedding_keeps_what_is_no_telemetry(lab: RunningLab) -> None:
    live = lab.application.live
    async with lab.page() as page:
        viewers = list(live.viewers.all())
        for number in range(3 * QUEUED_FRAMES):
            live.fanout.send_telemetry(viewers, "telemetry", {"number": number})
            if number == 5:
                live.fanout.send(viewers, "log_entry", {"text": "kept"})
        assert (await page.next("log_entry"))["text"] == "kept"
        numbers = [(await page.next("telemetry"))["number"]]
        while numbers[-1] != 3 * QUEUED_FRAMES - 1:
            numbers.append((await page.next("telemetry"))["number"])
        assert numbers == sorted(numbers)
        assert len(numbers) <= QUEUED_FRAMES


class Transport:
    """Notes that it was cut."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


async def test_a_websocket_that_takes_nothing_for_too_long_is_cut() -> None:
    transport = Transport()

    async def application(scope: object, receive: object, send: object) -> None:
        await send({"type": "websocket.send", "text": "x"})  # type: ignore[operator]

    async def never(message: object = None) -> None:
        await asyncio.Event().wait()

    wrapped = cut_stalled(application, seconds=0.05)
    scope = {"type": "websocket", "remlab.transport": transport}
    outcome = await asyncio.gather(wrapped(scope, never, never), return_exceptions=True)
    assert isinstance(outcome[0], TimeoutError)
    assert transport.aborted


async def test_nonsense_on_the_socket_ends_nothing_and_fills_no_log(
    lab: RunningLab, nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    url = "/socket.io/?EIO=4&transport=polling"
    sid = json.loads((await lab.http.get(url)).text[1:])["sid"]
    await lab.http.post(f"{url}&sid={sid}", content="40")
    for nonsense in NONSENSE:
        await lab.http.post(f"{url}&sid={sid}", content=nonsense)
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        await gateway.frame()
        assert (await page.next("telemetry"))["sequence"] == 1
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
