"""A simulated device of this process's own, for a lab whose group simulator is empty."""

import asyncio
import json
import struct
import time

import websockets

from tests.load.silence import Close, Source

_FRAME = struct.Struct("<16f")
_PERIOD_SECONDS = 0.1
# Places in the frame of what a command may set (device protocol, section 1).
_PLACES = {"vel_man": 7, "ctrl_mode": 9, "Kp": 13, "Ki": 14, "Kd": 15}


async def play(url: str, device: str, sent: Source, *, reconnect_seconds: float) -> None:
    """Be a device that stands by and echoes its settings, for ever.

    `sent` hears each frame that was sent: its longest silence is the time without a connection.
    """
    values = [0.0] * 16
    while True:
        try:
            async with websockets.connect(
                f"{url}/{device}?simulated=1",
                subprotocols=["arduino"],  # type: ignore[list-item]
                proxy=None,
                compression=None,
                open_timeout=5,
                close_timeout=1,
            ) as socket:
                obeying = asyncio.create_task(_obey(socket, values))
                try:
                    while True:
                        await socket.send(_FRAME.pack(*values))
                        sent.heard(time.time())
                        await asyncio.sleep(_PERIOD_SECONDS)
                finally:
                    obeying.cancel()
        except websockets.ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else None
            sent.closes.append(Close(time.time(), code, str(error)))
        except (OSError, TimeoutError, websockets.WebSocketException):
            sent.failed_connects += 1
        await asyncio.sleep(reconnect_seconds)


async def _obey(socket: websockets.ClientConnection, values: list[float]) -> None:
    """Take settings over, so that the frames confirm them."""
    try:
        async for message in socket:
            if isinstance(message, str):
                for key, value in json.loads(message).items():
                    if key in _PLACES:
                        values[_PLACES[key]] = float(value)
    except websockets.ConnectionClosed:
        return  # the sender sees it too
