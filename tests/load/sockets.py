"""Long-lived sockets through the front door: two pages' Socket.IO, and a camera's pictures.

Both are spoken here in their few lines of protocol rather than through a client that reconnects by itself, so
that every end of a connection is seen with its code.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import websockets
from websockets.asyncio.client import ClientConnection

from tests.load.front_door import FrontDoor
from tests.load.silence import Close, Source

CONNECT_SECONDS = 10.0
# As a browser's client does: soon, and not all at one moment.
_AGAIN_SECONDS = (0.2, 0.5)
# Engine.IO's server pings each 15 s here; a socket that says nothing for so long is dead.
_DEAD_SECONDS = 45.0

# Engine.IO 4 and Socket.IO 5 packets.
_PING, _PONG, _CLOSE, _CONNECT, _DISCONNECT, _EVENT = "2", "3", "1", "40", "41", "42"

Talk = Callable[[ClientConnection], Awaitable[None]]


async def old_page(door: FrontDoor, state: Source) -> None:
    """A page that knows only `aeropendulo_state`, for ever."""

    async def talk(socket: ClientConnection) -> None:
        await _open_page(socket, auth=None)
        async for packet in _packets(socket):
            if packet.startswith('42["aeropendulo_state"'):
                state.heard(time.time())

    await _keep(door, _PAGE, [state], talk)


async def page(door: FrontDoor, devices: dict[str, Source]) -> None:
    """A page of this project that watches devices (id -> source), for ever."""

    async def talk(socket: ClientConnection) -> None:
        await _open_page(socket, auth={"client": "remlab"})
        for number, device in enumerate(devices):
            await socket.send(f"{_EVENT}{number}{json.dumps(['watch', {'device': device}])}")
        async for packet in _packets(socket):
            # Status and logbook entries come too.
            if packet.startswith('42["telemetry"'):
                devices[json.loads(packet[2:])[1]["device"]].heard(time.time())

    await _keep(door, _PAGE, list(devices.values()), talk)


async def viewer(door: FrontDoor, camera: str, pictures: Source) -> None:
    """A browser that shows a camera, for ever."""

    async def talk(socket: ClientConnection) -> None:
        async for message in socket:
            # Fragments of MP4: "ftyp" opens the stream, each "moof" is a picture.
            if isinstance(message, bytes) and message[4:8] == b"moof":
                pictures.heard(time.time())

    await _keep(door, f"/media/cameras/{camera}/stream", [pictures], talk)


_PAGE = "/socket.io/?EIO=4&transport=websocket"


async def _keep(door: FrontDoor, path: str, sources: list[Source], talk: Talk) -> None:
    """Connect, talk and connect again, for ever; how each connection ended goes to all `sources`."""
    while True:
        address = door.address
        try:
            async with websockets.connect(
                door.socket_url + path,
                host=address.host,
                port=address.port,
                ssl=door.tls,
                server_hostname=door.name if door.tls else None,
                proxy=None,
                max_size=None,
                compression=None,
                open_timeout=CONNECT_SECONDS,
                close_timeout=1,
            ) as socket:
                await talk(socket)
                _ended(sources, socket.close_code, socket.close_reason or "")
        except websockets.ConnectionClosed as error:
            _ended(sources, error.rcvd.code if error.rcvd else None, str(error))
        except TimeoutError:
            _ended(sources, None, "silent for too long")
        except (OSError, websockets.WebSocketException):
            for source in sources:
                source.failed_connects += 1
        await asyncio.sleep(random.uniform(*_AGAIN_SECONDS))


def _ended(sources: list[Source], code: int | None, reason: str) -> None:
    for source in sources:
        source.closes.append(Close(time.time(), code, reason))


async def _open_page(socket: ClientConnection, auth: dict[str, str] | None) -> None:
    async with asyncio.timeout(CONNECT_SECONDS):
        await socket.recv()  # Engine.IO's opening: its session and ping times
        await socket.send(_CONNECT + (json.dumps(auth) if auth else ""))


async def _packets(socket: ClientConnection) -> AsyncIterator[str]:
    """Socket.IO packets; pings are answered. Ends when the server says goodbye or closes."""
    while True:
        async with asyncio.timeout(_DEAD_SECONDS):
            packet = await socket.recv()
        if packet == _PING:
            await socket.send(_PONG)
        elif packet in {_CLOSE, _DISCONNECT}:
            # Its own way of going in good order; the close frame follows.
            await socket.close()
            return
        elif isinstance(packet, str):
            yield packet
