"""A lab of a few lines, which the load can be tried on: it fails where and how a test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, web

PAGE = '<!doctype html><html><link href="/assets/index-abc.css"><script src="/assets/index-abc.js"></script>'
_TICK_SECONDS = 0.02

Fault = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


async def healthy(_request: web.Request) -> web.StreamResponse | None:
    return None


@dataclass
class FakeLab:
    """What it holds, and what a test may change while it runs."""

    url: str = ""
    entries: list[dict[str, str]] = field(default_factory=list)
    """Oldest first."""
    fault: Fault = healthy
    """Answers in place of the lab, or returns None."""
    speaking: bool = True
    """Whether signals and pictures flow."""
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    requests: int = 0

    async def close_sockets(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Send every socket away in good order."""
        await asyncio.gather(*(one.close(code=code) for one in list(self.sockets)))

    def cut_sockets(self) -> None:
        """Cut every socket without a word."""
        for one in self.sockets:
            transport = one.get_extra_info("socket") and one._writer.transport  # type: ignore[union-attr]
            if transport is not None:
                transport.abort()

    @web.middleware
    async def _middleware(self, request: web.Request, handler):  # type: ignore[no-untyped-def]
        self.requests += 1
        return await self.fault(request) or await handler(request)

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _asset(self, _: web.Request) -> web.Response:
        return web.Response(text="a{}", content_type="text/css")

    async def _devices(self, _: web.Request) -> web.Response:
        status = {"connected": True, "age_seconds": 0.0 if self.speaking else 9.0}
        ids = {"real": False, "virtual": True}
        return web.json_response(
            [
                {"id": name, "default": not virtual, "virtual": virtual, "status": status}
                for name, virtual in ids.items()
            ]
        )

    async def _cameras(self, _: web.Request) -> web.Response:
        return web.json_response([{"id": "eye", "status": {"live": True}}])

    async def _put(self, request: web.Request) -> web.Response:
        uuid = request.match_info["uuid"]
        self.entries.append({"uuid": uuid, "text": (await request.json())["text"]})
        return web.json_response({"uuid": uuid}, status=201)

    async def _log(self, request: web.Request) -> web.Response:
        """Pages are numbered by how many older entries there are."""
        limit, before = int(request.query["limit"]), int(request.query.get("before", len(self.entries)))
        first = max(0, before - limit)
        page = self.entries[first:before][::-1]
        return web.json_response({"entries": page, "next": str(first) if first else None})

    async def _socket_io(self, request: web.Request) -> web.StreamResponse:
        async def say(socket: web.WebSocketResponse) -> None:
            if not modern:
                await socket.send_str('42["aeropendulo_state",{"mode":0}]')
            for device in watched:
                await socket.send_str(f'42["telemetry",{json.dumps({"device": device})}]')

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('0{"sid":"x"}')
        opening = await socket.receive_str()
        modern, watched = "remlab" in opening, list[str]()
        listening = asyncio.create_task(_listen(socket, watched))
        return await self._talk(socket, say, listening)

    async def _camera(self, request: web.Request) -> web.StreamResponse:
        async def say(socket: web.WebSocketResponse) -> None:
            await socket.send_bytes(b"\0\0\0\x10moof")

        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('{"type":"init"}')
        return await self._talk(socket, say, asyncio.create_task(_listen(socket, [])))

    async def _talk(
        self,
        socket: web.WebSocketResponse,
        say: Callable[[web.WebSocketResponse], Awaitable[None]],
        listening: asyncio.Task[None],
    ) -> web.StreamResponse:
        self.sockets.add(socket)
        try:
            while not listening.done():
                if self.speaking:
                    await say(socket)
                await asyncio.sleep(_TICK_SECONDS)
        except ConnectionError:
            pass
        finally:
            self.sockets.discard(socket)
            listening.cancel()
        return socket


async def _listen(socket: web.WebSocketResponse, watched: list[str]) -> None:
    async for message in socket:
        if '"watch"' in message.data:
            watched.append(json.loads(message.data[message.data.index("[") :])[1]["device"])


@asynccontextmanager
async def fake_lab() -> AsyncIterator[FakeLab]:
    """A lab on a free port of loopback."""
    lab = FakeLab()
    app = web.Application(middlewares=[lab._middleware])
    app.add_routes(
        [
            web.get("/", lab._page),
            web.get("/assets/{name}", lab._asset),
            web.get("/api/devices", lab._devices),
            web.get("/api/cameras", lab._cameras),
            web.put("/api/devices/{device}/log/{uuid}", lab._put),
            web.get("/api/devices/{device}/log", lab._log),
            web.get("/socket.io/", lab._socket_io),
            web.get("/media/cameras/{name}/stream", lab._camera),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    lab.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield lab
    finally:
        await runner.cleanup()
